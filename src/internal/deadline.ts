import { abortReason } from './abort.js'
import type { Clock } from './clock.js'

/** Options for a wait with a deadline. */
export interface DeadlineOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Creates the error for a timeout. */
  readonly timeoutError: () => Error
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until `start` calls `resolve` or `reject`, the deadline passes, or the signal aborts. `start` returns a function that releases its
 * resources. It is called exactly once.
 */
export function withDeadline<T>(
  options: DeadlineOptions,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  const { clock, timeoutMs, timeoutError, signal } = options
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal))
      return
    }
    let release: (() => void) | undefined
    let finished = false
    const finish = (settle: () => void) => {
      if (finished) return
      finished = true
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
      release?.()
      settle()
    }
    const onAbort = () => finish(() => reject(abortReason(signal)))
    const cancelTimer = Number.isFinite(timeoutMs)
      ? clock.after(timeoutMs, () => finish(() => reject(timeoutError())))
      : () => {}
    signal?.addEventListener('abort', onAbort, { once: true })
    release = start(
      (value) => finish(() => resolve(value)),
      (error) => finish(() => reject(error)),
    )
    if (finished) release()
  })
}
