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

/** The timer until the time limit of the server session. */
export interface ExpiryTimer {
  readonly clock: Clock
  readonly lifetime: LifetimeOptions
  readonly handlers: ExpiryHandlers<unknown>
  /** What the handlers receive as their last argument. */
  readonly session: unknown
  /** System time in milliseconds at 0 of the session's clock. Only the session's clock is used from here on. */
  readonly originMs: number
  cancel: (() => void) | undefined
}

/** What the timer calls of a session. All sessions share the functions, so they receive the session. */
export interface ExpiryHandlers<Session> {
  /** Whether neither the user nor the model speaks, and nothing is in flight. */
  isQuiet(session: Session): boolean
  onExpiring(event: ExpiringEvent, session: Session): void
  rotate(session: Session): void
}

/** How often to check for a pause, and how long before the limit to stop waiting for one, in milliseconds. */
const checkIntervalMs = 200
const forceRotationMs = 5_000

/** Longer timers fire at once in most runtimes, so a limit that is further away is ignored. */
const maxTimerMs = 2 ** 31 - 1

export function createExpiryTimer<Session>(
  clock: Clock,
  lifetime: LifetimeOptions,
  handlers: ExpiryHandlers<Session>,
  session: Session,
): ExpiryTimer {
  const originMs = Date.now() - clock.now()
  return { clock, lifetime, handlers: handlers as ExpiryHandlers<unknown>, session, originMs, cancel: undefined }
}

/**
 * Sets the time at which the server ends the session, in seconds since 1970, or in milliseconds from now if the server does not report it.
 * Replaces the earlier time.
 */
export function startExpiryTimer(timer: ExpiryTimer, seconds: number | null | undefined, otherwiseMs = 0): void {
  const { clock, lifetime, handlers, session } = timer
  const { leadMs = 120_000, action = 'warn' } = lifetime
  stopExpiryTimer(timer)
  // Some servers send 0 when the time is not known.
  const leftMs = seconds ? seconds * 1000 - (timer.originMs + clock.now()) : otherwiseMs
  // A time in the past means that one of the clocks is wrong. Rotating because of it would repeat forever.
  if (leftMs <= 0 || leftMs > maxTimerMs) return
  const end = clock.now() + leftMs
  timer.cancel = clock.after(Math.max(0, leftMs - leadMs), () => {
    handlers.onExpiring({ leftMs: Math.max(0, Math.round(end - clock.now())) }, session)
    if (action === 'rotate') waitForQuiet(timer, end - forceRotationMs)
  })
}

export function stopExpiryTimer(timer: ExpiryTimer): void {
  timer.cancel?.()
}

function waitForQuiet(timer: ExpiryTimer, deadline: number): void {
  const { clock, handlers, session } = timer
  if (handlers.isQuiet(session) || clock.now() >= deadline) handlers.rotate(session)
  else timer.cancel = clock.after(checkIntervalMs, () => waitForQuiet(timer, deadline))
}
