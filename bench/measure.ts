import { setTimeout as wait } from 'node:timers/promises'

/** One way to do a job. */
export interface Contender {
  readonly name: string
  /** Sets up, untimed, and answers the work of one round. It answers what can be compared with the others, to show that it was done. */
  prepare(): Promise<() => Promise<number>>
}

export interface Result {
  readonly name: string
  /** Median of the rounds, in microseconds of CPU for one unit of work; garbage collection included. */
  readonly microseconds: number
  /** So many times the first contender: the median of what it was in each round, so that a slow moment counts for both or for none. */
  readonly ratio: number
}

export interface MeasureOptions {
  /** Units of work in a round, such as events. */
  readonly units: number
  readonly rounds: number
  /** What each round must answer. */
  readonly expected?: number
}

/** Collecting garbage goes on in other threads when the call is back; what they use is nobody's of the contenders. */
const sweepMs = 30

/**
 * Measures contenders side by side: in each round every one runs once, in random order, so that whatever slows the machine down slows all of
 * them down. The first rounds only warm up.
 */
export async function measure(contenders: readonly Contender[], options: MeasureOptions): Promise<Result[]> {
  const { units, rounds, expected } = options
  const warmups = Math.max(2, Math.round(rounds / 5))
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  for (let round = -warmups; round < rounds; round++) {
    for (const { name, prepare } of shuffled(contenders)) {
      const work = await prepare()
      collectGarbage()
      await wait(sweepMs)
      const before = process.cpuUsage()
      const answer = await work()
      const { user, system } = process.cpuUsage(before)
      if (expected !== undefined && answer !== expected)
        throw new Error(`${name} answered ${answer}, and ${expected} was expected`)
      if (round >= 0) times.get(name)?.push((user + system) / units)
    }
  }
  const [first] = times.values()
  return contenders.map(({ name }) => {
    const own = times.get(name) ?? []
    const ratios = own.map((time, round) => time / (first?.[round] ?? Number.NaN))
    return { name, microseconds: median(own), ratio: median(ratios) }
  })
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** Collects what others left behind; needs `--expose-gc`. */
export function collectGarbage(): void {
  if (!globalThis.gc) throw new Error('run with --expose-gc, as "npm run bench" does')
  globalThis.gc()
}

/** Lets everything happen that is ready. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value)
}
