import { type Clock, systemClock } from '../internal/clock.js'

/** A clock that moves only when the test advances it. */
export interface ManualClock extends Clock {
  /** Number of scheduled callbacks that have not run yet. */
  readonly pending: number
  /**
   * Moves time forward by `ms` and runs the callbacks that become due, in order of time, each at its own time.
   * Ready promises and microtasks run before the first callback and after each one.
   */
  advance(ms: number): Promise<void>
}

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

/**
 * Creates a clock for tests. It starts at 0 ms, and time passes only in `advance`.
 * @example
 * ```ts
 * const clock = createManualClock()
 * const session = createSession({ transport: emulator.connect(), clock })
 * await clock.advance(5_000) // runs every timer of the next 5 s
 * ```
 */
export function createManualClock(): ManualClock {
  let now = 0
  // Sorted by time. Alarms with the same time keep the order in which they were set.
  const alarms: Alarm[] = []

  return {
    now: () => now,
    after(delayMs, callback) {
      const alarm: Alarm = { at: now + Math.max(0, delayMs), callback }
      let index = alarms.length
      while (index > 0 && (alarms[index - 1]?.at ?? 0) > alarm.at) index--
      alarms.splice(index, 0, alarm)
      return () => {
        const found = alarms.indexOf(alarm)
        if (found >= 0) alarms.splice(found, 1)
      }
    },
    get pending() {
      return alarms.length
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (let next = alarms[0]; next && next.at <= end; next = alarms[0]) {
        alarms.shift()
        now = Math.max(now, next.at)
        next.callback()
        await settle()
      }
      now = end
    },
  }
}

/**
 * Returns a clock that runs `rate` times as fast as `base`.
 * @param base - Defaults to the system clock.
 */
export function scaledClock(rate: number, base: Clock = systemClock): Clock {
  return {
    now: () => base.now() * rate,
    after: (delayMs, callback) => base.after(delayMs / rate, callback),
  }
}

/** Resolves after one turn of the event loop, when all ready microtasks and the ones they queue have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
