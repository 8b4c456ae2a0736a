import type { Clock } from '../../internal/clock.js'

/** The timers of one session. All of them can be cancelled at once. */
export interface Timers {
  /** Returns the time of the clock in milliseconds. */
  now(): number
  /** Calls `callback` once after `delayMs`. Returns a function that cancels it. An infinite delay never fires. */
  after(delayMs: number, callback: () => void): () => void
  /** Cancels all timers. */
  clear(): void
}

/** Creates an empty set of timers. */
export function createTimers(clock: Clock): Timers {
  const planned = new Set<() => void>()
  return {
    now: () => clock.now(),
    after(delayMs, callback) {
      if (delayMs === Number.POSITIVE_INFINITY) return () => {}
      const cancel = clock.after(Math.max(0, delayMs), () => {
        planned.delete(drop)
        callback()
      })
      const drop = () => {
        planned.delete(drop)
        cancel()
      }
      planned.add(drop)
      return drop
    },
    clear() {
      for (const drop of [...planned]) drop()
    },
  }
}
