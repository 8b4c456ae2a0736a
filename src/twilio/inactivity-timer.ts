import type { Clock } from '../internal/clock.js'

/** Calls back when nothing was received for a time. */
export interface InactivityTimer {
  /** Records activity at a time of the clock. */
  reset(now: number): void
  stop(): void
}

/** Options of {@link startInactivityTimer}. */
export interface InactivityTimerOptions {
  readonly clock: Clock
  /** In milliseconds. `Infinity` disables the timer. */
  readonly timeoutMs: number
  readonly onTimeout: () => void
}

export function startInactivityTimer({ clock, timeoutMs, onTimeout }: InactivityTimerOptions): InactivityTimer {
  // A field of an object, because a variable of a closure takes new memory for each number that is not a small integer.
  const activity = { lastAt: clock.now() }
  let cancel = () => {}

  // The timer is re-armed when it fires. Re-arming it for each message would cost more than handling the message.
  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      const leftMs = activity.lastAt + timeoutMs - clock.now()
      if (leftMs > 0) wait(leftMs)
      else onTimeout()
    })
  }
  if (Number.isFinite(timeoutMs)) wait(timeoutMs)

  return {
    reset(now) {
      activity.lastAt = now
    },
    stop: () => cancel(),
  }
}
