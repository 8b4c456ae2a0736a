import type { Clock } from '../internal/clock.js'

/** What to do before the server's time limit for a session, currently 60 minutes. */
export interface LifetimeOptions {
  /**
   * How long before the limit `expiring` is emitted, in milliseconds.
   * @defaultValue 120_000
   */
  leadMs?: number
  /**
   * `warn` emits `expiring`. `rotate` also continues in a new server session at the next pause, when neither the user nor the model is
   * speaking, with the configuration and the history restored. Audio that is appended in the meantime is sent afterwards.
   * @defaultValue 'warn'
   */
  action?: 'warn' | 'rotate'
}

/** The server will end the session at its time limit. */
export interface ExpiringEvent {
  /** Time until then, in milliseconds. */
  readonly leftMs: number
}

export interface ExpiryTimer {
  /**
   * Sets the time at which the server ends the session, in seconds since 1970, or in milliseconds from now if the server does not report it.
   * Replaces the earlier time.
   */
  expiresAt(seconds: number | null | undefined, otherwiseMs?: number): void
  stop(): void
}

/** How often to check for a pause, and how long before the limit to stop waiting for one, in milliseconds. */
const checkIntervalMs = 200
const forceRotationMs = 5_000

/** Longer timers fire at once in most runtimes, so a limit that is further away is ignored. */
const maxTimerMs = 2 ** 31 - 1

export function createExpiryTimer(options: {
  readonly clock: Clock
  readonly lifetime: LifetimeOptions
  readonly isQuiet: () => boolean
  readonly onExpiring: (event: ExpiringEvent) => void
  readonly rotate: () => void
}): ExpiryTimer {
  const { clock, lifetime, isQuiet } = options
  const { leadMs = 120_000, action = 'warn' } = lifetime
  // Wall-clock time at 0 of the session's clock. Only the session's clock is used from here on.
  const originMs = Date.now() - clock.now()
  let cancel = () => {}

  function waitForQuiet(deadline: number): void {
    if (isQuiet() || clock.now() >= deadline) options.rotate()
    else cancel = clock.after(checkIntervalMs, () => waitForQuiet(deadline))
  }

  return {
    expiresAt(seconds, otherwiseMs = 0) {
      cancel()
      // Some servers send 0 when the time is not known.
      const leftMs = seconds ? seconds * 1000 - (originMs + clock.now()) : otherwiseMs
      // A time in the past means that one of the clocks is wrong. Rotating because of it would repeat forever.
      if (leftMs <= 0 || leftMs > maxTimerMs) return
      const end = clock.now() + leftMs
      cancel = clock.after(Math.max(0, leftMs - leadMs), () => {
        options.onExpiring({ leftMs: Math.max(0, Math.round(end - clock.now())) })
        if (action === 'rotate') waitForQuiet(end - forceRotationMs)
      })
    },
    stop: () => cancel(),
  }
}
