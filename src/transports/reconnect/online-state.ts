import type { Clock } from '../../internal/clock.js'

/** Globals of a page or worker that report network and visibility. */
interface PageGlobals {
  readonly navigator?: { readonly onLine?: boolean }
  readonly document?: EventTarget & { readonly visibilityState?: string }
  readonly addEventListener?: EventTarget['addEventListener']
  readonly removeEventListener?: EventTarget['removeEventListener']
}

/** Returns whether the runtime reports that there is no network. Runtimes without `navigator.onLine` are never offline. */
export function isOffline(): boolean {
  return (globalThis as PageGlobals).navigator?.onLine === false
}

/**
 * Calls `callback` once: after `delayMs`, or earlier when the network returns or the page becomes visible. Returns a function that cancels
 * the call.
 */
export function afterDelayOrReturn(clock: Clock, delayMs: number, callback: () => void): () => void {
  const proceed = () => {
    cancel()
    callback()
  }
  const stopTimer = clock.after(delayMs, proceed)
  const stopListening = onReturn(proceed)
  const cancel = () => {
    stopTimer()
    stopListening()
  }
  return cancel
}

/**
 * Calls `callback` when the network returns, or when the page becomes visible while there is a network. Does nothing outside browsers.
 * Returns an unsubscribe function.
 */
function onReturn(callback: () => void): () => void {
  const page = globalThis as PageGlobals
  // Browsers define this property in pages and workers. Servers do not.
  if (typeof page.navigator?.onLine !== 'boolean') return () => {}
  const { document } = page
  const onVisible = () => {
    if (document?.visibilityState === 'visible' && !isOffline()) callback()
  }
  page.addEventListener?.('online', callback)
  document?.addEventListener?.('visibilitychange', onVisible)
  return () => {
    page.removeEventListener?.('online', callback)
    document?.removeEventListener?.('visibilitychange', onVisible)
  }
}
