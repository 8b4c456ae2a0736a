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
import type { ConnectionSettings } from './connection-options.js'
import { isWaiting, removeWaiting, type SendQueue } from './send-queue.js'
import { areInConflict, hasChange } from './update-acknowledgement.js'

/** The sent events that await a reply, and what was requested and not sent yet. The server replies in the order of sending. */
export interface PendingRequests {
  readonly settings: Pick<ConnectionSettings, 'clock' | 'requestTimeoutMs' | 'transport'>
  readonly queue: SendQueue
  /** By `event_id`, in the order of sending. */
  readonly pending: Map<string, PendingRequest>
}

interface PendingRequest {
  readonly event: AddressedEvent
  /** Absent if no caller waits: the event was sent without a request, or its request was given up. */
  caller: Caller | undefined
  isSent: boolean
  /** Whether a change that was sent later and that sets the same value was acknowledged first. To send this one again would undo that one. */
  isOvertaken?: boolean
}

interface Caller {
  readonly resolve: (acknowledgement: AddressedEvent) => void
  readonly reject: (error: unknown) => void
}

type PendingEntry = readonly [id: string, request: PendingRequest]

const none: readonly never[] = []

/** How many events are kept, for servers that send no acknowledgements. */
const maxEvents = 256

export function createPendingRequests(settings: PendingRequests['settings'], queue: SendQueue): PendingRequests {
  return { settings, queue, pending: new Map() }
}

/**
 * Sends an event by the given function and resolves with its acknowledgement. A request that ends before its event has left removes the event
 * from the queue.
 */
export function requestReply(
  requests: PendingRequests,
  event: AddressedEvent & { readonly event_id: string },
  { signal, timeoutMs = requests.settings.requestTimeoutMs }: RequestOptions,
  send: (event: AddressedEvent) => void,
): Promise<AddressedEvent> {
  const { event_id: id } = event
  const waitingFor = acknowledgementTypes(event.type)?.[0] ?? `a reply to ${event.type}`
  return withTimeout<AddressedEvent>(requests.settings.clock, { signal, timeoutMs }, waitingFor, (resolve, reject) => {
    const request = { event: addressed(event), caller: { resolve, reject }, isSent: false }
    add(requests, id, request)
    try {
      send(request.event)
    } catch (error) {
      reject(error)
    }
    return () => giveUp(requests, id)
  })
}

/** Records an event that is about to be sent without a request, if the session needs to know when it is acknowledged. */
export function recordOutgoing(requests: PendingRequests, event: AddressedEvent): void {
  const { type, event_id: id } = event
  if (id !== undefined && acknowledgedInOrder.has(type) && !requests.pending.has(id))
    add(requests, id, { event, caller: undefined, isSent: false })
}

/** Records that an event has left on the current connection. Only after that can a server event acknowledge it. */
export function recordSent({ pending }: PendingRequests, eventId: string): void {
  const request = pending.get(eventId)
  if (!request) return
  request.isSent = true
  // To the end: the list is in the order of sending.
  pending.delete(eventId)
  pending.set(eventId, request)
}

/**
 * Resolves the oldest request that the server event acknowledges, and returns the oldest event that it acknowledges. Of several updates of the
 * configuration, these are the oldest ones whose values the event has, and the other updates whose values it has are returned too.
 */
export function acknowledge(requests: PendingRequests, event: AddressedEvent): readonly AddressedEvent[] {
  if (requests.pending.size === 0) return none
  const sent = sentEvents(requests, (request) => isAcknowledgement(request, event))
  const inForce = event.type === 'session.updated' ? sent.filter(([, update]) => isInForce(update, event)) : []
  if (inForce.length > 0) recordOvertaken(sent, inForce)
  const settled = inForce.length > 0 ? inForce : sent
  const acknowledged = settleOldest(requests, settled, ({ resolve }) => resolve(event))
  // The server may never acknowledge an earlier update, so this event may be the acknowledgement of any of them.
  return inForce.length > 1 ? inForce.map(([, update]) => update.event) : acknowledged
}

/** Does the same for a server event that cannot be used and may be an acknowledgement: the request is rejected. */
export function rejectUnusableReply(
  requests: PendingRequests,
  type: string,
  event: Readonly<Record<string, unknown>>,
  error: Error,
): readonly AddressedEvent[] {
  const named = type === 'error' ? (event.error as { event_id?: unknown } | null | undefined)?.event_id : undefined
  const sent = sentEvents(requests, (request, id) => id === named || mayAcknowledge(request, type, event))
  return settleOldest(requests, sent, ({ reject }) => reject(error))
}

/** Returns whether an event of this type was sent on the current connection and is not acknowledged. */
export function awaitsReply({ pending }: PendingRequests, type: string): boolean {
  for (const { event, isSent } of pending.values()) if (isSent && event.type === type) return true
  return false
}

/** Rejects the request that a server error names. Returns false when it names none. */
export function refuseRequest({ pending }: PendingRequests, { error }: ServerErrorEvent): boolean {
  const { event_id: id } = error
  const request = typeof id === 'string' ? pending.get(id) : undefined
  if (!request || typeof id !== 'string') return false
  pending.delete(id)
  if (!request.caller) return false
  request.caller.reject(new SessionError('SERVER_ERROR', { error, eventType: request.event.type }))
  return true
}

/** Rejects a request whose event could not be sent. Returns false when there is no such request. */
export function failRequest({ pending }: PendingRequests, eventId: string | undefined, error: unknown): boolean {
  if (eventId === undefined) return false
  const caller = pending.get(eventId)?.caller
  pending.delete(eventId)
  caller?.reject(error)
  return caller !== undefined
}

/**
 * After a lost connection, rejects the requests that cannot be sent again with `CONNECTION_LOST`, and returns the others that have left
 * already. What has not left yet is sent by the queue. Events that left without a request are forgotten.
 */
export function takeUnacknowledged(requests: PendingRequests): readonly AddressedEvent[] {
  const { pending, queue } = requests
  const unacknowledged: AddressedEvent[] = []
  for (const [id, request] of [...pending]) {
    const { event, caller } = request
    if (!caller && request.isSent) pending.delete(id)
    request.isSent = false
    if (!caller) continue
    if (canRepeat(requests, request)) {
      if (!isWaiting(queue, id)) unacknowledged.push(event)
      continue
    }
    pending.delete(id)
    removeWaiting(queue, id)
    caller.reject(new SessionError('CONNECTION_LOST', { eventType: event.type }))
  }
  return unacknowledged
}

/** Returns the requests that were not acknowledged. */
export function unacknowledgedRequests({ pending }: PendingRequests): readonly AddressedEvent[] {
  return [...pending.values()].flatMap(({ event, caller }) => (caller ? [event] : []))
}

export function rejectRequests({ pending }: PendingRequests, error: unknown): void {
  const all = [...pending.values()]
  pending.clear()
  for (const { caller } of all) caller?.reject(error)
}

function canRepeat({ queue, settings }: PendingRequests, { event, isOvertaken }: PendingRequest): boolean {
  const { type, event_id } = event
  // An event that has not left yet only has to make sense on a new connection.
  if (isWaiting(queue, event_id)) return type !== 'session.close'
  if (isOvertaken) return false
  // A joined session continues with the next connection. Others start with a new session of the server.
  return settings.transport.session === 'joined' ? idempotent.has(type) : !unrepeatable.has(type)
}

function add({ pending }: PendingRequests, id: string, request: PendingRequest): void {
  pending.set(id, request)
  if (pending.size <= maxEvents) return
  for (const [oldId, { caller }] of pending)
    if (!caller) {
      pending.delete(oldId)
      return
    }
}

/** Stops waiting for an event. The acknowledgement of one that has left may still change the session. */
function giveUp({ pending, queue }: PendingRequests, id: string): void {
  const request = pending.get(id)
  if (request?.isSent && acknowledgedInOrder.has(request.event.type)) request.caller = undefined
  else pending.delete(id)
  removeWaiting(queue, id)
}

/**
 * Removes and returns the oldest of the events, and settles the oldest caller that waits for one of them. They differ when the oldest event
 * has no caller: the server may never reply to it, and that must not keep a caller waiting.
 */
function settleOldest(
  { pending }: PendingRequests,
  events: readonly PendingEntry[],
  settle: (caller: Caller) => void,
): readonly AddressedEvent[] {
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

function sentEvents(
  { pending }: PendingRequests,
  matches: (event: AddressedEvent, id: string) => boolean,
): readonly PendingEntry[] {
  const found: PendingEntry[] = []
  for (const [id, request] of pending) if (request.isSent && matches(request.event, id)) found.push([id, request])
  return found
}

function isInForce({ event }: PendingRequest, { session }: AddressedEvent): boolean {
  return hasChange(session, event.session)
}

/** Records which of the updates were sent before one that is in force now and that sets one of their values differently. */
function recordOvertaken(sent: readonly PendingEntry[], inForce: readonly PendingEntry[]): void {
  for (const [index, entry] of sent.entries()) {
    if (inForce.includes(entry)) continue
    const [, request] = entry
    const later = sent.slice(index + 1).filter((other) => inForce.includes(other))
    request.isOvertaken ||= later.some(([, { event }]) => areInConflict(request.event.session, event.session))
  }
}
