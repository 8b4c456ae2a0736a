/*
 * The AbortController of React Native implements an early version of the standard. Its signals have no `reason` and no `throwIfAborted`. These
 * functions work with both versions.
 */

/** Returns the reason of an aborted signal, or an `AbortError` in runtimes that keep no reason. */
export function abortReason(signal: AbortSignal | undefined): unknown {
  if (signal?.reason !== undefined) return signal.reason
  const message = 'This operation was aborted'
  if (typeof DOMException === 'function') return new DOMException(message, 'AbortError')
  return Object.assign(new Error(message), { name: 'AbortError' })
}

/** Throws the reason of a signal that is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal)
}

/** Aborts a controller with a reason that {@link abortReason} returns in every runtime. */
export function abortWith(controller: AbortController | undefined, reason: unknown): void {
  if (!controller) return
  const { signal } = controller
  if (!signal.aborted && !('reason' in signal)) Object.defineProperty(signal, 'reason', { value: reason })
  controller.abort(reason)
}
