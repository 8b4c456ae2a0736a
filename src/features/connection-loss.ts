import type { RealtimeSession } from '../session/realtime.js'

/**
 * Subscribes to each loss of the connection. A connection can also be lost while the session is restored, when the status does not change. A
 * joined session receives events during its restore. The listener may be called more than once for a loss. Returns an unsubscribe function.
 */
export function onConnectionLoss(session: Pick<RealtimeSession, 'on'>, listener: () => void): () => void {
  const subscriptions = [
    // A rotation has no `reconnecting` event.
    session.on('status', ({ status }) => {
      if (status === 'reconnecting') listener()
    }),
    session.on('reconnecting', listener),
  ]
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe()
  }
}
