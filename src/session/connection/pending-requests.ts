import type { Clock } from '../../internal/clock.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import { SessionError } from '../error.js'
import type { RequestOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import {
  type AddressedEvent,
  acknowledgementTypes,
  idempotent,
  isAcknowledgement,
  mayAcknowledge,
  unrepeatable,
} from './acknowledgements.js'
import type { SendQueue } from './send-queue.js'
import { hasChange } from './update-acknowledgement.js'

/** Requests that wait for their acknowledgement, in the order they were sent. */
export interface PendingRequests<Client, Server> {
  /**
   * Sends an event by the given function and resolves with its acknowledgement. A request that ends before its event has left removes the
   * event from the queue.
   */
  request(send: (event: Client) => void, event: Client, wait: RequestOptions): Promise<Server>
  /** Records that an event has left on the current connection. Only after that can a server event acknowledge it. */
  recordSent(eventId: string | undefined): void
  /**
   * Resolves the oldest request that the event acknowledges. Of several updates of the configuration, it is the oldest whose values the
   * event has.
   */
  acknowledge(event: Server & AddressedEvent): void
  /** Rejects the oldest request that an event of this type, which cannot be used, may have acknowledged. */
  rejectUnusable(type: string, event: Readonly<Record<string, unknown>>, error: Error): void
  /** Rejects the request that a server error names. Returns false when it names none. */
  refuse(event: ServerErrorEvent): boolean
  /** Rejects a request whose event could not be sent. Returns false when there is no such request. */
  fail(eventId: string | undefined, error: unknown): boolean
  /**
   * After a lost connection, rejects the requests that cannot be sent again with `CONNECTION_LOST`, and returns the others that have left
   * already. What has not left yet is sent by the queue.
   */
  takeUnacknowledged(): readonly Client[]
  /** Returns the requests that were not acknowledged. */
  unacknowledged(): readonly Client[]
  rejectAll(error: unknown): void
}

interface PendingRequest<Client, Server> {
  readonly event: Client
  readonly resolve: (acknowledgement: Server) => void
  readonly reject: (error: unknown) => void
  isSent: boolean
}

/** How many updates are remembered after their deadline, for acknowledgements that come late. */
const maxExpired = 16

export function createPendingRequests<Client extends AddressedEvent, Server>(options: {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly queue: Pick<SendQueue<Client>, 'has' | 'remove'>
  readonly nextEventId: () => string
  /** Returns whether the next connection leads to a new session of the server, or to the same one. */
  readonly nextSession: () => 'own' | 'joined'
}): PendingRequests<Client, Server> {
  const { clock, queue } = options
  const pending = new Map<string, PendingRequest<Client, Server>>()
  /** Updates that were sent and given up. Their acknowledgement can still arrive, and is not that of a later update. */
  let expired: readonly Client[] = []

  function canRepeat({ type, event_id }: Client): boolean {
    // An event that has not left yet only has to make sense on a new connection.
    if (queue.has(event_id)) return type !== 'session.close'
    return options.nextSession() === 'joined' ? idempotent.has(type) : !unrepeatable.has(type)
  }

  /** Returns the id of the request that an event acknowledges. */
  function acknowledgedBy(event: AddressedEvent): string | undefined {
    let oldest: string | undefined
    for (const [id, { isSent, event: request }] of pending) {
      if (!isSent || !isAcknowledgement(request, event)) continue
      if (event.type !== 'session.updated' || hasChange(event.session, request.session)) return id
      oldest ??= id
    }
    const late = event.type === 'session.updated' && expired.find(({ session }) => hasChange(event.session, session))
    if (!late) return oldest
    expired = expired.filter((update) => update !== late)
    return undefined
  }

  return {
    request(send, event, { signal, timeoutMs = options.requestTimeoutMs }) {
      const id = event.event_id ?? options.nextEventId()
      const waitingFor = acknowledgementTypes(event.type)?.[0] ?? `a reply to ${event.type}`
      return withTimeout<Server>(clock, { signal, timeoutMs }, waitingFor, (resolve, reject) => {
        const named = { ...event, event_id: id }
        pending.set(id, { event: named, resolve, reject, isSent: false })
        try {
          send(named)
        } catch (error) {
          reject(error)
        }
        return () => {
          if (pending.get(id)?.isSent && event.type === 'session.update')
            expired = [...expired, named].slice(-maxExpired)
          pending.delete(id)
          queue.remove(id)
        }
      })
    },
    recordSent(eventId) {
      if (pending.size === 0 || eventId === undefined) return
      const request = pending.get(eventId)
      if (request) request.isSent = true
    },
    acknowledge(event) {
      if (pending.size === 0 && expired.length === 0) return
      const id = acknowledgedBy(event)
      const request = id === undefined ? undefined : pending.get(id)
      if (!request || id === undefined) return
      pending.delete(id)
      request.resolve(event)
    },
    rejectUnusable(type, event, error) {
      const named = type === 'error' ? (event.error as { event_id?: unknown } | null | undefined)?.event_id : undefined
      for (const [id, request] of pending) {
        if (!request.isSent || !(id === named || mayAcknowledge(request.event, type, event))) continue
        pending.delete(id)
        request.reject(error)
        return
      }
    },
    refuse({ error }) {
      const { event_id: id } = error
      const request = typeof id === 'string' ? pending.get(id) : undefined
      if (!request || typeof id !== 'string') return false
      pending.delete(id)
      request.reject(new SessionError('SERVER_ERROR', { error, eventType: request.event.type }))
      return true
    },
    fail(eventId, error) {
      const request = eventId === undefined ? undefined : pending.get(eventId)
      request?.reject(error)
      return request !== undefined
    },
    takeUnacknowledged() {
      const unacknowledged: Client[] = []
      expired = []
      for (const [id, request] of [...pending]) {
        const { event } = request
        request.isSent = false
        if (canRepeat(event)) {
          if (!queue.has(id)) unacknowledged.push(event)
          continue
        }
        pending.delete(id)
        queue.remove(id)
        request.reject(new SessionError('CONNECTION_LOST', { eventType: event.type }))
      }
      return unacknowledged
    },
    unacknowledged: () => [...pending.values()].map(({ event }) => event),
    rejectAll(error) {
      const all = [...pending.values()]
      pending.clear()
      for (const { reject } of all) reject(error)
    },
  }
}
