import type { RealtimeSession } from '../../session/realtime.js'

/** Resolves when a response is done or the connection is lost, or when the signal aborts. */
export function waitForResponseEnd(session: RealtimeSession, responseId: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const isDone = () => session.getState().responses.byId[responseId]?.isDone !== false
    const finish = () => {
      for (const off of unsubscribers) off()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const unsubscribers = [
      session.on('response.done', ({ response }) => {
        if (response.id === responseId) finish()
      }),
      // A lost connection ends the response.
      session.on('status', () => {
        if (isDone()) finish()
      }),
      // A `response.done` that cannot be decoded ends the response too.
      session.on('invalid', ({ type }) => {
        if (type === 'response.done') finish()
      }),
    ]
    signal.addEventListener('abort', finish)
    if (signal.aborted || isDone()) finish()
  })
}
