import type { ServerErrorEvent } from '../protocol/events/error.js'
import { type Addressed, isAnswer, mayAnswer } from './acknowledge.js'
import { SessionError } from './error.js'

/** Requests that wait for their acknowledgement, in the order they were sent. */
export interface Requests<Client extends Addressed, Server> {
  /** Waits for the answer to an event; the result lets go of it. */
  add(id: string, request: Client, resolve: (answer: Server) => void, reject: (error: unknown) => void): () => void
  /** A request has left on the connection that is there; before that nothing can be its answer. */
  noteSent(id: string | undefined): void
  /** Settles the oldest request that an event answers. */
  answer(event: Server & Addressed): void
  /** Rejects the oldest request that an event of this type, which cannot be used, may have answered. */
  spoil(type: string, event: Readonly<Record<string, unknown>>, error: Error): void
  /** Rejects the request that an error names; false when it names none. */
  refuse(event: ServerErrorEvent): boolean
  /** Rejects a request that could not be sent; false when nobody waits for it. */
  fail(id: string | undefined, error: unknown): boolean
  /** On a new connection: takes out the requests that cannot be sent again, rejects them with `error`, and answers the rest in order. */
  keep(canRepeat: (request: Client) => boolean, error: (request: Client) => Error): readonly Client[]
  rejectAll(error: unknown): void
}

interface Pending<Client, Server> {
  readonly request: Client
  readonly resolve: (answer: Server) => void
  readonly reject: (error: unknown) => void
  isSent: boolean
}

export function createRequests<Client extends Addressed, Server>(): Requests<Client, Server> {
  const pending = new Map<string, Pending<Client, Server>>()
  return {
    add(id, request, resolve, reject) {
      pending.set(id, { request, resolve, reject, isSent: false })
      return () => pending.delete(id)
    },
    noteSent(id) {
      const entry = id === undefined ? undefined : pending.get(id)
      if (entry) entry.isSent = true
    },
    answer(event) {
      for (const [id, { request, resolve, isSent }] of pending) {
        if (!isSent || !isAnswer(request, event)) continue
        pending.delete(id)
        resolve(event)
        return
      }
    },
    spoil(type, event, error) {
      const named = type === 'error' ? (event.error as { event_id?: unknown } | null | undefined)?.event_id : undefined
      for (const [id, { request, reject, isSent }] of pending) {
        if (!isSent || !(id === named || mayAnswer(request, type, event))) continue
        pending.delete(id)
        reject(error)
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
    fail(id, error) {
      const entry = id === undefined ? undefined : pending.get(id)
      entry?.reject(error)
      return entry !== undefined
    },
    keep(canRepeat, error) {
      for (const [id, entry] of [...pending]) {
        entry.isSent = false
        if (canRepeat(entry.request)) continue
        pending.delete(id)
        entry.reject(error(entry.request))
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
