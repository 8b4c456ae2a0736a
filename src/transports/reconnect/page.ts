import type { Clock } from '../../internal/clock.js'

/** The part of a page's or worker's globals that tells of the network and of being looked at. */
interface PageGlobals {
  readonly navigator?: { readonly onLine?: boolean }
  readonly document?: EventTarget & { readonly visibilityState?: string }
  readonly addEventListener?: EventTarget['addEventListener']
  readonly removeEventListener?: EventTarget['removeEventListener']
}

/** Whether the runtime knows that there is no network. Runtimes that cannot tell are never offline. */
export function isOffline(): boolean {
  return (globalThis as PageGlobals).navigator?.onLine === false
}

/** Calls back once: after `delayMs`, or sooner when the page returns. The answer cancels it. */
export function afterOrOnReturn(clock: Clock, delayMs: number, callback: () => void): () => void {
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
 * Calls back when the network returns, or when someone looks at the page again while there is a network; the answer stops that.
 * Outside of browsers nothing happens.
 */
function onReturn(callback: () => void): () => void {
  const page = globalThis as PageGlobals
  // Every browser has this property, in workers too; servers do not.
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
