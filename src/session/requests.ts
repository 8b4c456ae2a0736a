import type { ServerErrorEvent } from '../protocol/events/error.js'
import { type Addressed, isAnswer } from './acknowledge.js'
import { SessionError } from './error.js'

/** Requests that wait for their acknowledgement, in the order they were sent. */
export interface Requests<Client extends Addressed, Server> {
  /** Waits for the answer to an event; the result lets go of it. */
  add(id: string, request: Client, resolve: (answer: Server) => void, reject: (error: unknown) => void): () => void
  /** Settles the oldest request that an event answers. */
  answer(event: Server & Addressed): void
  /** Rejects the request that an error names; false when it names none. */
  refuse(event: ServerErrorEvent): boolean
  /** Takes out the requests that cannot be sent again, rejects them with `error`, and answers the rest in order. */
  keep(canRepeat: (request: Client) => boolean, error: (request: Client) => Error): readonly Client[]
  rejectAll(error: unknown): void
}

export function createRequests<Client extends Addressed, Server>(): Requests<Client, Server> {
  const pending = new Map<string, { request: Client; resolve(answer: Server): void; reject(error: unknown): void }>()
  return {
    add(id, request, resolve, reject) {
      pending.set(id, { request, resolve, reject })
      return () => pending.delete(id)
    },
    answer(event) {
      for (const [id, { request, resolve }] of pending) {
        if (!isAnswer(request, event)) continue
        pending.delete(id)
        resolve(event)
        return
      }
    },
    refuse({ error }) {
      const culprit = error.event_id
      const found = typeof culprit === 'string' ? pending.get(culprit) : undefined
      if (!found || typeof culprit !== 'string') return false
      pending.delete(culprit)
      found.reject(new SessionError('SERVER_ERROR', { error, eventType: found.request.type }))
      return true
    },
    keep(canRepeat, error) {
      for (const [id, { request, reject }] of [...pending]) {
        if (canRepeat(request)) continue
        pending.delete(id)
        reject(error(request))
      }
      return [...pending.values()].map(({ request }) => request)
    },
    rejectAll(error) {
      const all = [...pending.values()]
      pending.clear()
      for (const { reject } of all) reject(error)
    },
  }
}
