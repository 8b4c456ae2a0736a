import { type Clock, systemClock } from '../internal/clock.js'

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Callbacks that wait for their time. */
  readonly pending: number
  /**
   * Moves time forward by `ms` and runs every callback that comes due on the way, in order of time, each at its own time. After each
   * one, and once before the first, whatever promises and microtasks were ready have run.
   */
  advance(ms: number): Promise<void>
}

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

/** A clock for tests: time passes only in `advance`. It starts at 0 ms. */
export function createManualClock(): ManualClock {
  let now = 0
  // Sorted by time; alarms of the same time in the order they were set.
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
 * A clock on which time passes `rate` times as fast as on another.
 * @param base defaults to the system clock
 */
export function scaledClock(rate: number, base: Clock = systemClock): Clock {
  return {
    now: () => base.now() * rate,
    after: (delayMs, callback) => base.after(delayMs / rate, callback),
  }
}

/** A turn of the event loop: every microtask that is ready, and every one that those make ready, has run when it resolves. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
