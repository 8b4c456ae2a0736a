import type { Clock } from '../internal/clock.js'

/** Calls back when nothing was received for a time. */
export interface InactivityTimer {
  /** Records activity. */
  reset(): void
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
  let lastAt = clock.now()
  let cancel = () => {}

  // The timer is re-armed when it fires. Re-arming it for each message would cost more than handling the message.
  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      const leftMs = lastAt + timeoutMs - clock.now()
      if (leftMs > 0) wait(leftMs)
      else onTimeout()
    })
  }
  if (Number.isFinite(timeoutMs)) wait(timeoutMs)

  return {
    reset() {
      lastAt = clock.now()
    },
    stop: () => cancel(),
  }
}
