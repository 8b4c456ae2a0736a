import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ResponseHandle } from '../../session/responses/handle.js'
import type { ResponseOutcome } from '../../session/responses/outcome.js'

/**
 * How long the server may take to create a response, in milliseconds: longer than the default heartbeat takes to notice a half-open
 * connection (25 s), so that the loss is noticed first.
 */
export const createTimeoutMs = 30_000

/**
 * Calls `retry` when the session is open again after a response was cut off by a lost connection, or got no reply. A response that was
 * created continues on a server that outlives the connection, so it is retried only on another server.
 */
export function retryWhenLost(session: RealtimeSession, handle: ResponseHandle, retry: () => void): void {
  handle.done.then((outcome) => {
    if (!isLost(outcome)) return
    let mustRetry = handle.id === undefined
    const onNewServer = () => {
      mustRetry = true
    }
    onReopen(session, [session.on('session.created', onNewServer)], () => {
      if (mustRetry) retry()
    })
  })
}

/** Deletes an item, also when the connection is lost meanwhile. A refusal by the server needs no action. */
export function deleteItem(session: RealtimeSession, itemId: string): void {
  session.items.delete(itemId, { timeoutMs: Number.POSITIVE_INFINITY }).catch((error: unknown) => {
    if (isConnectionError(error)) onReopen(session, [], () => deleteItem(session, itemId))
  })
}

/** Calls back when the session is open the next time, unless it closes first. */
function onReopen(session: RealtimeSession, subscriptions: (() => void)[], onOpen: () => void): void {
  if (session.getState().status === 'closed') {
    for (const unsubscribe of subscriptions) unsubscribe()
    return
  }
  const offStatus = session.on('status', ({ status }) => {
    if (status !== 'open' && status !== 'closed') return
    offStatus()
    for (const unsubscribe of subscriptions) unsubscribe()
    if (status === 'open') onOpen()
  })
}

function isLost(outcome: ResponseOutcome): boolean {
  if (outcome.status === 'cancelled') return outcome.reason === 'connection_lost'
  return outcome.status === 'rejected' && (isConnectionError(outcome.error) || isSessionError(outcome.error, 'TIMEOUT'))
}

function isConnectionError(error: unknown): boolean {
  return isSessionError(error, 'NOT_CONNECTED') || isSessionError(error, 'CONNECTION_LOST')
}
