import type { Clock } from '../../src/internal/clock.js'
import { createManualClock } from '../../src/testing/clock.js'

/** Virtual time of one simulated session. All parts share it: the client, the network, and the server. */
export interface VirtualClock extends Clock {
  /** System time of the machine, in milliseconds since 1970. */
  dateNow(): number
  /** Changes the system time without changing the monotonic time, like a correction by NTP. */
  changeDate(byMs: number): void
  /** Stops the process: time passes, and the timers that were due meanwhile run late. */
  freeze(ms: number): Promise<void>
  advance(ms: number): Promise<void>
  /** Milliseconds by which `freeze` may have delayed timers so far. */
  readonly frozenMs: number
  /** Returns the same clock, with a count of its own pending timers. */
  countTimers(): CountingClock
}

export interface CountingClock extends Clock {
  readonly pending: number
}

const startOfDates = Date.UTC(2026, 0, 1)

export function createVirtualClock(): VirtualClock {
  const base = createManualClock()
  let wakesAt = 0
  let frozenMs = 0
  let dateOffset = startOfDates

  const now = () => Math.max(base.now(), wakesAt)
  function after(delayMs: number, callback: () => void): () => void {
    return base.after(now() - base.now() + Math.max(0, delayMs), callback)
  }

  return {
    now,
    after,
    dateNow: () => Math.floor(dateOffset + now()),
    changeDate(byMs) {
      dateOffset += byMs
    },
    async freeze(ms) {
      wakesAt = base.now() + ms
      frozenMs += ms
      await base.advance(ms)
    },
    advance: (ms) => base.advance(ms),
    get frozenMs() {
      return frozenMs
    },
    countTimers() {
      let pending = 0
      return {
        now,
        after(delayMs, callback) {
          let isPending = true
          pending += 1
          const settle = () => {
            if (isPending) pending -= 1
            isPending = false
          }
          const cancel = after(delayMs, () => {
            settle()
            callback()
          })
          return () => {
            settle()
            cancel()
          }
        },
        get pending() {
          return pending
        },
      }
    },
  }
}
