import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Measures the heap after forced collections, to see whether something stays of each session. */
export interface HeapGauge {
  /** Collects, and returns the size of the heap in megabytes. */
  measure(): number
  /** Compares the measurements of the last third with those of the second. The first third warms up the caches of the runtime. */
  growth(): { readonly isTooMuch: boolean; readonly description: string }
}

/** Growth between two thirds of a run that the runtime itself may cause, in megabytes. */
const allowedMegabytes = 1

export function createHeapGauge(): HeapGauge {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const measured: number[] = []
  return {
    measure() {
      collect()
      const megabytes = process.memoryUsage().heapUsed / 2 ** 20
      measured.push(megabytes)
      return megabytes
    },
    growth() {
      const third = Math.floor(measured.length / 3)
      if (third === 0) return { isTooMuch: true, description: 'too few sessions to measure it' }
      const before = medianOf(measured.slice(third, 2 * third))
      const after = medianOf(measured.slice(2 * third))
      return {
        isTooMuch: after - before > allowedMegabytes,
        description: `${before.toFixed(1)} MB in the second third of the run, ${after.toFixed(1)} MB in the last`,
      }
    },
  }
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
