import type { Clock } from '../internal/clock.js'

/** What to do about the time limit that the server sets to a session (60 minutes today). */
export interface LifetimeOptions {
  /**
   * How long before the limit to act, in milliseconds.
   * @default 120_000
   */
  leadMs?: number
  /**
   * `warn` tells listeners of `expiring`. `rotate` does that and goes on in a new session of the server, at the next moment in which nobody
   * speaks, with the configuration and the history restored; sound that is appended meanwhile waits.
   * @default 'warn'
   */
  action?: 'warn' | 'rotate'
}

/** The server will end the session soon. */
export interface ExpiringEvent {
  /** Milliseconds until it does. */
  readonly leftMs: number
}

export interface Lifetime {
  /** Learns when the server ends the session, in seconds since 1970; what it knew before is forgotten. */
  expiresAt(seconds: number | null | undefined): void
  stop(): void
}

/** How often to look for a pause, and how close to the limit to stop waiting for one, in milliseconds. */
const lookMs = 200
const lastMomentMs = 5_000

/** Timers of the platform fire at once beyond this, and a limit weeks away is none. */
const maxTimerMs = 2 ** 31 - 1

export function watchLifetime(options: {
  readonly clock: Clock
  readonly lifetime: LifetimeOptions
  readonly isQuiet: () => boolean
  readonly onExpiring: (event: ExpiringEvent) => void
  readonly rotate: () => void
}): Lifetime {
  const { clock, lifetime, isQuiet } = options
  const { leadMs = 120_000, action = 'warn' } = lifetime
  // Where the clock stands in the world; from here on only the clock counts.
  const originMs = Date.now() - clock.now()
  let cancel = () => {}

  function waitForQuiet(deadline: number): void {
    if (isQuiet() || clock.now() >= deadline) options.rotate()
    else cancel = clock.after(lookMs, () => waitForQuiet(deadline))
  }

  return {
    expiresAt(seconds) {
      cancel()
      // Some answers carry 0 for "not known".
      if (!seconds) return
      const leftMs = seconds * 1000 - (originMs + clock.now())
      // A time that is past is that of a clock that is wrong, here or on the server. Rotating for it would never end.
      if (leftMs <= 0 || leftMs > maxTimerMs) return
      const end = clock.now() + leftMs
      cancel = clock.after(Math.max(0, leftMs - leadMs), () => {
        options.onExpiring({ leftMs: Math.max(0, Math.round(end - clock.now())) })
        if (action === 'rotate') waitForQuiet(end - lastMomentMs)
      })
    },
    stop: () => cancel(),
  }
}
