import { median } from '../measure.js'
import { runProgram } from '../run-program.js'

/** CPU of a spoken conversation of about a minute, in milliseconds. */
export interface TelemetryMeasure {
  readonly without: readonly number[]
  readonly with: readonly number[]
  /** Median of the differences of the pairs, in percent of the median without. */
  readonly differencePercent: number
  /** Half the distance between the quartiles of the runs without telemetry, in percent of their median. */
  readonly spreadPercent: number
}

/**
 * Measures pairs of runs, one with telemetry and one without, each in a new process. The order within a pair alternates, so that a machine that
 * becomes slower affects both.
 */
export async function measureTelemetry(pairs: number, conversations: number): Promise<TelemetryMeasure> {
  const runs: { readonly without: number; readonly with: number }[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)
    const first = await runOnce(order[0], conversations)
    const second = await runOnce(order[1], conversations)
    runs.push(order[0] === 'with' ? { with: first, without: second } : { with: second, without: first })
    process.stderr.write(`pair ${pair + 1} of ${pairs}: ${first.toFixed(1)} and ${second.toFixed(1)} ms\n`)
  }
  const without = runs.map((run) => run.without)
  const middle = median(without)
  const sorted = [...without].sort((a, b) => a - b)
  const quartile = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN
  return {
    without,
    with: runs.map((run) => run.with),
    differencePercent: (median(runs.map((run) => run.with - run.without)) / middle) * 100,
    spreadPercent: ((quartile(0.75) - quartile(0.25)) / 2 / middle) * 100,
  }
}

async function runOnce(kind: 'with' | 'without', conversations: number): Promise<number> {
  return Number(await runProgram(new URL('run.ts', import.meta.url), [kind, String(conversations)]))
}
