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
      session.subscribe(() => {
        if (hasEnded()) finish()
      }),
      // An end that cannot be read is one all the same.
      session.on('invalid', ({ type }) => {
        if (type === 'response.done') finish()
      }),
    ]
    signal.addEventListener('abort', finish)
    if (signal.aborted || hasEnded()) finish()
  })
}
