import { createHistogram, type Histogram, type HistogramCounts } from './histogram.js'

/** Things that are counted. */
export type CountName = 'calls' | 'turns' | 'bargeIns' | 'drops' | 'gapsOver60Ms' | 'toolCalls'

/** What a process has measured since the last report. */
export interface TallyReport {
  /** Calls in progress. */
  readonly open: number
  readonly counts: Readonly<Record<CountName, number>>
  /** Errors by code. */
  readonly errors: Readonly<Record<string, number>>
  /** Refused calls by reason. */
  readonly refused: Readonly<Record<string, number>>
  readonly longestGapMs: number
  readonly delays: Readonly<Record<DelayName, HistogramCounts>>
}

/**
 * `up`: audio of the caller on its way to the model. `down`: audio of the model on its way to the caller. `response`: from the end of the
 * caller's speech to the first audio.
 */
export type DelayName = 'up' | 'down' | 'response'

/** Collects what a process measures. Different error codes are limited, so that a server cannot fill the memory. */
export interface Tally {
  open: number
  count(name: CountName): void
  error(code: string): void
  refuse(reason: string): void
  gap(ms: number): void
  delay(name: DelayName, ms: number): void
  /** Returns everything since the last call, and starts again. */
  take(): TallyReport
}

const maxCodes = 100
/** A gap that is longer than this is counted. */
export const countedGapMs = 60

export function createTally(): Tally {
  const delays: Record<DelayName, Histogram> = {
    up: createHistogram(),
    down: createHistogram(),
    response: createHistogram(),
  }
  let counts = noCounts()
  let errors: Record<string, number> = {}
  let refused: Record<string, number> = {}
  let longestGapMs = 0

  function add(codes: Record<string, number>, code: string): void {
    const key = Object.hasOwn(codes, code) || Object.keys(codes).length < maxCodes ? code : 'other'
    codes[key] = (codes[key] ?? 0) + 1
  }

  const tally: Tally = {
    open: 0,
    count(name) {
      counts[name] += 1
    },
    error: (code) => add(errors, code),
    refuse: (reason) => add(refused, reason),
    gap(ms) {
      longestGapMs = Math.max(longestGapMs, ms)
      if (ms > countedGapMs) counts.gapsOver60Ms += 1
    },
    delay: (name, ms) => delays[name].add(ms),
    take() {
      const report: TallyReport = {
        open: tally.open,
        counts,
        errors,
        refused,
        longestGapMs,
        delays: { up: delays.up.counts(), down: delays.down.counts(), response: delays.response.counts() },
      }
      counts = noCounts()
      errors = {}
      refused = {}
      longestGapMs = 0
      for (const histogram of Object.values(delays)) histogram.clear()
      return report
    },
  }
  return tally
}

function noCounts(): Record<CountName, number> {
  return { calls: 0, turns: 0, bargeIns: 0, drops: 0, gapsOver60Ms: 0, toolCalls: 0 }
}
