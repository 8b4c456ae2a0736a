import type { LatencyMarks, LatencyTurn } from './latency-turn.js'
import type { SilenceParts } from './silence.js'

/** The distribution of a mark over the turns that had it, in milliseconds. */
export interface Percentiles {
  /** The number of turns. */
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** The last values of a mark, `limit` at most. */
export interface Samples {
  add(value: number): void
  /** Returns the percentiles by the nearest-rank method, or `undefined` without a value. */
  percentiles(): Percentiles | undefined
}

export function createSamples(limit: number): Samples {
  const values: number[] = []
  let next = 0
  return {
    add(value) {
      values[next] = value
      next = (next + 1) % limit
    },
    percentiles() {
      const sorted = [...values].sort((a, b) => a - b)
      const max = sorted.at(-1)
      if (max === undefined) return undefined
      const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? max
      return { count: sorted.length, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max }
    },
  }
}

/** The percentiles of each mark and of each part of the silences, in milliseconds. `undefined` for what no turn had. */
export type LatencySummary = { readonly [Mark in keyof LatencyMarks]: Percentiles | undefined } & {
  readonly silence: { readonly [Part in keyof SilenceParts | 'total']: Percentiles | undefined }
}

/** The values of the last turns. */
export interface LatencySamples {
  add(turn: LatencyTurn): void
  summary(): LatencySummary
}

/** The number of turns for the percentiles: enough for p99, with little memory. */
const keptTurns = 1000

const marks = ['committed', 'created', 'firstDelta', 'firstAudible', 'done', 'tools'] as const
const parts = ['turnDetection', 'queue', 'server', 'tool', 'approval', 'reconnect', 'player', 'total'] as const

export function createLatencySamples(): LatencySamples {
  const ofMarks = samplesOf(marks)
  const ofSilence = samplesOf(parts)
  return {
    add(turn) {
      for (const mark of marks) {
        const ms = turn.marks[mark]
        if (ms !== undefined) ofMarks[mark].add(ms)
      }
      if (!turn.silence) return
      const { startMs, endMs } = turn.silence
      const values = { ...turn.silence.parts, total: endMs - startMs }
      for (const part of parts) ofSilence[part].add(values[part])
    },
    summary: () => ({ ...summaryOf(ofMarks), silence: summaryOf(ofSilence) }),
  }
}

function samplesOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, Samples>> {
  return Object.fromEntries(names.map((name) => [name, createSamples(keptTurns)])) as Record<Name, Samples>
}

function summaryOf<Name extends string>(
  samples: Readonly<Record<Name, Samples>>,
): Record<Name, Percentiles | undefined> {
  const entries = Object.entries<Samples>(samples).map(([name, values]) => [name, values.percentiles()])
  return Object.fromEntries(entries) as Record<Name, Percentiles | undefined>
}
