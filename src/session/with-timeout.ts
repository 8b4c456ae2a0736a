import type { Clock } from '../internal/clock.js'
import { withDeadline } from '../internal/deadline.js'
import { SessionError } from './error.js'
import type { WaitOptions } from './options.js'

/** Waits for what `start` settles, but no longer than it may take; `start` answers how to let go of what it took. */
export function withTimeout<T>(
  clock: Clock,
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: WaitOptions,
  waitingFor: string,
  start: Parameters<typeof withDeadline<T>>[1],
): Promise<T> {
  const timeoutError = () => new SessionError('TIMEOUT', { waitingFor, timeoutMs })
  return withDeadline<T>({ clock, signal, timeoutMs, timeoutError }, start)
}
