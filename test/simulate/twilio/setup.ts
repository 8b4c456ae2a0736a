import type { Random } from '../random.js'

/** Options of the bridge of one simulated call. */
export interface BridgeSetup {
  readonly onStop: 'close' | 'keep'
  readonly sendAheadMs: number
  readonly markEveryMs: number
  readonly maxPrebufferMs: number
  readonly maxWaitingMs: number
  readonly highWaterMark: number
  readonly inactivityTimeoutMs: number
  readonly padAfterMs: number
  readonly maxPaddingMs: number
}

export function createBridgeSetup(random: Random, onStop: 'close' | 'keep'): BridgeSetup {
  return {
    onStop,
    sendAheadMs: random.pick([200, 200, 60, 1_000]),
    markEveryMs: random.pick([100, 100, 40, 400]),
    maxPrebufferMs: random.pick([30_000, 30_000, 300]),
    maxWaitingMs: random.pick([600_000, 600_000, 1_500]),
    highWaterMark: 65_536,
    inactivityTimeoutMs: random.pick([60_000, 4_000]),
    padAfterMs: random.pick([400, 100, Number.POSITIVE_INFINITY]),
    maxPaddingMs: random.pick([10_000, 700, 0]),
  }
}
