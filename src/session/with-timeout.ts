import type { Clock } from '../internal/clock.js'
import { withDeadline } from '../internal/deadline.js'
import { SessionError } from './error.js'
import type { WaitOptions } from './options.js'

/**
 * Waits until `start` resolves or rejects. `start` returns a function that releases its resources.
 * @throws {SessionError} `TIMEOUT` after `timeoutMs`.
 */
export function withTimeout<T>(
  clock: Clock,
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: WaitOptions,
  waitingFor: string,
  start: Parameters<typeof withDeadline<T>>[1],
): Promise<T> {
  const timeoutError = () => new SessionError('TIMEOUT', { waitingFor, timeoutMs })
  return withDeadline<T>({ clock, signal, timeoutMs, timeoutError }, start)
}
