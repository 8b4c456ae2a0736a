import { abortReason } from '../internal/abort.js'
import { closedError } from './graceful-close.js'
import type { RealtimeSession } from './realtime.js'

/**
 * Calls `act` when the session is open: at once, or in the tick in which it opens. What `act` sends precedes what listeners to `status` send
 * and the responses that wait for the connection. The returned promise settles like that of `act`; ignoring its rejection is safe.
 * @throws {SessionError} `CLOSED` when the session closes first. @throws the reason of the signal when it aborts first.
 */
export function whenOpen<T>(session: RealtimeSession, act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const acted = new Promise<T>((resolve, reject) => {
    const check = () => {
      const { status } = session.getState()
      if (status !== 'open' && status !== 'closed') return
      release()
      if (status === 'open') act().then(resolve, reject)
      else session.closed.then((close) => reject(closedError(close)))
    }
    const onAbort = () => {
      release()
      reject(abortReason(signal))
    }
    const release = () => {
      unsubscribe()
      signal?.removeEventListener('abort', onAbort)
    }
    // Subscribers to the state are called before listeners to `status`.
    const unsubscribe = session.subscribe(check)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    else check()
  })
  acted.catch(() => {})
  return acted
}
