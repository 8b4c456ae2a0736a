import type { RealtimeSession } from '../../session/realtime.js'

/** Waits until a response has ended, also by the end of the connection; resolves early when the signal aborts. */
export function responseEnd(session: RealtimeSession, responseId: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const hasEnded = () => session.getState().responses.byId[responseId]?.isDone !== false
    const finish = () => {
      for (const off of undo) off()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const undo = [
      session.on('response.done', ({ response }) => {
        if (response.id === responseId) finish()
      }),
      // A lost connection ends the response.
      session.on('status', () => {
        if (hasEnded()) finish()
      }),
      // A `response.done` that cannot be decoded ends the response too.
      session.on('invalid', ({ type }) => {
        if (type === 'response.done') finish()
      }),
    ]
    signal.addEventListener('abort', finish)
    if (signal.aborted || hasEnded()) finish()
  })
}
