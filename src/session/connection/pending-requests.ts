import type { Clock } from '../../internal/clock.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import { SessionError } from '../error.js'
import type { RequestOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import type { SendQueue } from './send-queue.js'

/** The server events that acknowledge each client event. A client event that is not in the list is never acknowledged. */
const acknowledgements = {
  'session.update': ['session.updated'],
  'session.close': ['session.closed'],
  // Older servers send `created` instead of `added`.
  'conversation.item.create': ['conversation.item.added', 'conversation.item.created'],
  'conversation.item.retrieve': ['conversation.item.retrieved'],
  'conversation.item.delete': ['conversation.item.deleted'],
  'conversation.item.truncate': ['conversation.item.truncated'],
  'input_audio_buffer.commit': ['input_audio_buffer.committed'],
  'input_audio_buffer.clear': ['input_audio_buffer.cleared'],
  'output_audio_buffer.clear': ['output_audio_buffer.cleared'],
} as const satisfies Readonly<Record<string, readonly string[]>>

type Acknowledgements = typeof acknowledgements

/** The server event that acknowledges a client event of the given type. For types without an acknowledgement, it is any server event. */
export type AcknowledgementOf<
  Type extends string,
  Server extends { type: string },
> = Type extends keyof Acknowledgements ? Extract<Server, { type: Acknowledgements[Type][number] }> : Server

/** The fields of an event that relate a request to its acknowledgement. */
export interface AddressedEvent {
  readonly type: string
  readonly event_id?: string | undefined
  readonly item_id?: unknown
  readonly content_index?: unknown
  readonly item?: { readonly id?: unknown } | undefined
}

/** Events that refer to state of the connection they were sent on. On another connection they would do something else. */
const unrepeatable = new Set([
  'session.close',
  'conversation.item.truncate',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'output_audio_buffer.clear',
])

/** Events that can be sent to the same server twice without an effect. */
const idempotent = new Set(['session.update', 'conversation.item.retrieve'])

/** Returns the server event types that acknowledge a client event, or undefined when the service never acknowledges it. */
export function acknowledgementTypes(type: string): readonly string[] | undefined {
  return Object.hasOwn(acknowledgements, type) ? acknowledgements[type as keyof Acknowledgements] : undefined
}

/** Whether a server event acknowledges a client event. */
function isAcknowledgement(request: AddressedEvent, event: AddressedEvent): boolean {
  if (!acknowledgementTypes(request.type)?.includes(event.type)) return false
  switch (request.type) {
    case 'conversation.item.create':
      return request.item?.id === event.item?.id
    case 'conversation.item.retrieve':
      return request.item_id === event.item?.id
    case 'conversation.item.delete':
      return request.item_id === event.item_id
    case 'conversation.item.truncate':
      return request.item_id === event.item_id && request.content_index === event.content_index
    default:
      return true
  }
}

/** Whether an event that cannot be used may be an acknowledgement: its type is right, and its address is the same or cannot be read. */
function mayAcknowledge(request: AddressedEvent, type: string, event: Readonly<Record<string, unknown>>): boolean {
  if (!acknowledgementTypes(request.type)?.includes(type)) return false
  const itemId = event.item_id ?? (event.item as AddressedEvent['item'] | null)?.id
  return (
    isSameOrUnreadable(request.item_id ?? request.item?.id, itemId) &&
    isSameOrUnreadable(request.content_index, event.content_index)
  )
}

function isSameOrUnreadable(requested: unknown, received: unknown): boolean {
  return requested === undefined || requested === received || typeof requested !== typeof received
}

/** Requests that wait for their acknowledgement, in the order they were sent. */
export interface PendingRequests<Client, Server> {
  /**
   * Sends an event by the given function and resolves with its acknowledgement. A request that ends before its event has left removes the
   * event from the queue.
   */
  request(send: (event: Client) => void, event: Client, wait: RequestOptions): Promise<Server>
  /** Records that an event has left on the current connection. Only after that can a server event acknowledge it. */
  recordSent(eventId: string | undefined): void
  /** Resolves the oldest request that the event acknowledges. */
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
  rejectAll(error: unknown): void
}

interface PendingRequest<Client, Server> {
  readonly event: Client
  readonly resolve: (acknowledgement: Server) => void
  readonly reject: (error: unknown) => void
  isSent: boolean
}

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

  function canRepeat({ type, event_id }: Client): boolean {
    // An event that has not left yet only has to make sense on a new connection.
    if (queue.has(event_id)) return type !== 'session.close'
    return options.nextSession() === 'joined' ? idempotent.has(type) : !unrepeatable.has(type)
  }

  return {
    request(send, event, { signal, timeoutMs = options.requestTimeoutMs }) {
      const id = event.event_id ?? options.nextEventId()
      const waitingFor = acknowledgementTypes(event.type)?.[0] ?? `an answer to ${event.type}`
      return withTimeout<Server>(clock, { signal, timeoutMs }, waitingFor, (resolve, reject) => {
        const named = { ...event, event_id: id }
        pending.set(id, { event: named, resolve, reject, isSent: false })
        try {
          send(named)
        } catch (error) {
          reject(error)
        }
        return () => {
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
      if (pending.size === 0) return
      for (const [id, request] of pending) {
        if (!request.isSent || !isAcknowledgement(request.event, event)) continue
        pending.delete(id)
        request.resolve(event)
        return
      }
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
    rejectAll(error) {
      const all = [...pending.values()]
      pending.clear()
      for (const { reject } of all) reject(error)
    },
  }
}
