import type { Clock } from '../../internal/clock.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import { SessionError } from '../error.js'
import type { RequestOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import {
  type AddressedEvent,
  acknowledgedInOrder,
  acknowledgementTypes,
  addressed,
  idempotent,
  isAcknowledgement,
  mayAcknowledge,
  unrepeatable,
} from './acknowledgements.js'
import type { SendQueue } from './send-queue.js'
import { areInConflict, hasChange } from './update-acknowledgement.js'

/** The sent events that await a reply, and what was requested and not sent yet. The server replies in the order of sending. */
export interface PendingRequests<Client, Server> {
  /**
   * Sends an event by the given function and resolves with its acknowledgement. A request that ends before its event has left removes the
   * event from the queue.
   */
  request(send: (event: Client) => void, event: Client, wait: RequestOptions): Promise<Server>
  /** Records an event that is about to be sent without a request, if the session needs to know when it is acknowledged. */
  record(event: Client): void
  /** Records that an event has left on the current connection. Only after that can a server event acknowledge it. */
  recordSent(eventId: string | undefined): void
  /**
   * Resolves the oldest request that the server event acknowledges, and returns the oldest event that it acknowledges. Of several updates of
   * the configuration, these are the oldest ones whose values the event has, and the other updates whose values it has are returned too.
   */
  acknowledge(event: Server & AddressedEvent): readonly Client[]
  /** Does the same for a server event that cannot be used and may be an acknowledgement: the request is rejected. */
  rejectUnusable(type: string, event: Readonly<Record<string, unknown>>, error: Error): readonly Client[]
  /** Returns whether an event of this type was sent on the current connection and is not acknowledged. */
  awaitsReply(type: string): boolean
  /** Rejects the request that a server error names. Returns false when it names none. */
  refuse(event: ServerErrorEvent): boolean
  /** Rejects a request whose event could not be sent. Returns false when there is no such request. */
  fail(eventId: string | undefined, error: unknown): boolean
  /**
   * After a lost connection, rejects the requests that cannot be sent again with `CONNECTION_LOST`, and returns the others that have left
   * already. What has not left yet is sent by the queue. Events that left without a request are forgotten.
   */
  takeUnacknowledged(): readonly Client[]
  /** Returns the requests that were not acknowledged. */
  unacknowledged(): readonly Client[]
  rejectAll(error: unknown): void
}

interface PendingRequest<Client, Server> {
  readonly event: Client
  /** Absent if no caller waits: the event was sent without a request, or its request was given up. */
  caller: Caller<Server> | undefined
  isSent: boolean
  /** Whether a change that was sent later and that sets the same value was acknowledged first. To send this one again would undo that one. */
  isOvertaken?: boolean
}

interface Caller<Server> {
  readonly resolve: (acknowledgement: Server) => void
  readonly reject: (error: unknown) => void
}

const none: readonly never[] = []

/** How many events are kept, for servers that send no acknowledgements. */
const maxEvents = 256

export function createPendingRequests<Client extends AddressedEvent, Server>(options: {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly queue: Pick<SendQueue<Client>, 'has' | 'remove'>
  readonly nextEventId: () => string
  /** Returns whether the next connection leads to a new session of the server, or to the same one. */
  readonly nextSession: () => 'own' | 'joined'
}): PendingRequests<Client, Server> {
  const { clock, queue } = options
  type PendingEntry = readonly [id: string, request: PendingRequest<Client, Server>]
  const pending = new Map<string, PendingRequest<Client, Server>>()

  function canRepeat({ event: { type, event_id }, isOvertaken }: PendingRequest<Client, Server>): boolean {
    // An event that has not left yet only has to make sense on a new connection.
    if (queue.has(event_id)) return type !== 'session.close'
    if (isOvertaken) return false
    return options.nextSession() === 'joined' ? idempotent.has(type) : !unrepeatable.has(type)
  }

  function add(id: string, request: PendingRequest<Client, Server>): void {
    pending.set(id, request)
    if (pending.size <= maxEvents) return
    for (const [oldId, { caller }] of pending)
      if (!caller) {
        pending.delete(oldId)
        return
      }
  }

  /** Stops waiting for an event. The acknowledgement of one that has left may still change the session. */
  function giveUp(id: string): void {
    const request = pending.get(id)
    if (request?.isSent && acknowledgedInOrder.has(request.event.type)) request.caller = undefined
    else pending.delete(id)
    queue.remove(id)
  }

  /**
   * Removes and returns the oldest of the events, and settles the oldest caller that waits for one of them. They differ when the oldest event
   * has no caller: the server may never reply to it, and that must not keep a caller waiting.
   */
  function settleOldest(events: readonly PendingEntry[], settle: (caller: Caller<Server>) => void): readonly Client[] {
    const [oldest] = events
    if (!oldest) return none
    pending.delete(oldest[0])
    const request = events.find(([, { caller }]) => caller)?.[1]
    const caller = request?.caller
    if (caller) {
      request.caller = undefined
      settle(caller)
    }
    return [oldest[1].event]
  }

  function sentEvents(matches: (event: Client, id: string) => boolean): readonly PendingEntry[] {
    const found: PendingEntry[] = []
    for (const [id, request] of pending) if (request.isSent && matches(request.event, id)) found.push([id, request])
    return found
  }

  function isInForce({ event }: PendingRequest<Client, Server>, { session }: AddressedEvent): boolean {
    return hasChange(session, event.session)
  }

  /** Records which of the updates were sent before one that is in force now, and set the same value. */
  function recordOvertaken(sent: readonly PendingEntry[], inForce: readonly PendingEntry[]): void {
    const newest = inForce.at(-1)
    if (!newest) return
    for (const entry of sent.slice(0, sent.indexOf(newest))) {
      const [, request] = entry
      if (!inForce.includes(entry))
        request.isOvertaken ||= areInConflict(request.event.session, newest[1].event.session)
    }
  }

  return {
    request(send, event, { signal, timeoutMs = options.requestTimeoutMs }) {
      const id = event.event_id ?? options.nextEventId()
      const waitingFor = acknowledgementTypes(event.type)?.[0] ?? `a reply to ${event.type}`
      return withTimeout<Server>(clock, { signal, timeoutMs }, waitingFor, (resolve, reject) => {
        const named = { ...addressed(event), event_id: id }
        add(id, { event: named, caller: { resolve, reject }, isSent: false })
        try {
          send(named)
        } catch (error) {
          reject(error)
        }
        return () => giveUp(id)
      })
    },
    record(event) {
      const { type, event_id: id } = event
      if (id !== undefined && acknowledgedInOrder.has(type) && !pending.has(id))
        add(id, { event, caller: undefined, isSent: false })
    },
    recordSent(eventId) {
      if (pending.size === 0 || eventId === undefined) return
      const request = pending.get(eventId)
      if (!request) return
      request.isSent = true
      // To the end: the list is in the order of sending.
      pending.delete(eventId)
      pending.set(eventId, request)
    },
    acknowledge(event) {
      if (pending.size === 0) return none
      const sent = sentEvents((request) => isAcknowledgement(request, event))
      const inForce = event.type === 'session.updated' ? sent.filter(([, update]) => isInForce(update, event)) : []
      recordOvertaken(sent, inForce)
      const acknowledged = settleOldest(inForce.length > 0 ? inForce : sent, ({ resolve }) => resolve(event))
      // The server may never acknowledge an earlier update, so this event may be the acknowledgement of any of them.
      return inForce.length > 1 ? inForce.map(([, update]) => update.event) : acknowledged
    },
    rejectUnusable(type, event, error) {
      const named = type === 'error' ? (event.error as { event_id?: unknown } | null | undefined)?.event_id : undefined
      const sent = sentEvents((request, id) => id === named || mayAcknowledge(request, type, event))
      return settleOldest(sent, ({ reject }) => reject(error))
    },
    awaitsReply(type) {
      for (const { event, isSent } of pending.values()) if (isSent && event.type === type) return true
      return false
    },
    refuse({ error }) {
      const { event_id: id } = error
      const request = typeof id === 'string' ? pending.get(id) : undefined
      if (!request || typeof id !== 'string') return false
      pending.delete(id)
      if (!request.caller) return false
      request.caller.reject(new SessionError('SERVER_ERROR', { error, eventType: request.event.type }))
      return true
    },
    fail(eventId, error) {
      if (eventId === undefined) return false
      const caller = pending.get(eventId)?.caller
      pending.delete(eventId)
      caller?.reject(error)
      return caller !== undefined
    },
    takeUnacknowledged() {
      const unacknowledged: Client[] = []
      for (const [id, request] of [...pending]) {
        const { event, caller } = request
        if (!caller && request.isSent) pending.delete(id)
        request.isSent = false
        if (!caller) continue
        if (canRepeat(request)) {
          if (!queue.has(id)) unacknowledged.push(event)
          continue
        }
        pending.delete(id)
        queue.remove(id)
        caller.reject(new SessionError('CONNECTION_LOST', { eventType: event.type }))
      }
      return unacknowledged
    },
    unacknowledged: () => [...pending.values()].flatMap(({ event, caller }) => (caller ? [event] : [])),
    rejectAll(error) {
      const all = [...pending.values()]
      pending.clear()
      for (const { caller } of all) caller?.reject(error)
    },
  }
}
