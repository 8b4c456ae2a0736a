import { abortReason } from './abort.js'
import type { Clock } from './clock.js'

/** What may end a wait early. */
export interface DeadlineOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Makes the error of a wait that took too long. */
  readonly timeoutError: () => Error
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits for what `start` settles, but no longer than the deadline and the signal allow. `start` answers how to let go of whatever it
 * took; that runs exactly once, however the wait ends.
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
