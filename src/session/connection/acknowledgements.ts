import { createId } from '../../internal/id.js'

/** The server events that acknowledge each client event. A client event that is not in the list is never acknowledged. */
const acknowledgements = {
  'session.update': ['session.updated'],
  'session.close': ['session.closed'],
  // Older servers send `created` instead of `added`. The server has an item that is `done`, also when its `added` event was lost.
  'conversation.item.create': ['conversation.item.added', 'conversation.item.created', 'conversation.item.done'],
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
  readonly session?: unknown
}

/** Events that refer to state of the connection they were sent on. On another connection they would do something else. */
export const unrepeatable = new Set([
  'session.close',
  'conversation.item.truncate',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'output_audio_buffer.clear',
])

/**
 * Events whose acknowledgement changes the session, also when no caller waits for it. It names neither the event nor an item, so it belongs to
 * the oldest event of its type.
 */
export const acknowledgedInOrder = new Set(['session.update', 'input_audio_buffer.commit'])

/** Events that can be sent to the same server twice without an effect. */
export const idempotent = new Set(['session.update', 'conversation.item.retrieve'])

/** Returns the event with an id for the item that it creates, by which its acknowledgement is found. */
export function addressed<Event extends AddressedEvent>(event: Event): Event {
  if (event.type !== 'conversation.item.create' || !event.item || event.item.id !== undefined) return event
  return { ...event, item: { ...event.item, id: createId('item') } }
}

/** Returns the server event types that acknowledge a client event, or undefined when the service never acknowledges it. */
export function acknowledgementTypes(type: string): readonly string[] | undefined {
  return Object.hasOwn(acknowledgements, type) ? acknowledgements[type as keyof Acknowledgements] : undefined
}

/** Whether a server event acknowledges a client event. */
export function isAcknowledgement(request: AddressedEvent, event: AddressedEvent): boolean {
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
export function mayAcknowledge(
  request: AddressedEvent,
  type: string,
  event: Readonly<Record<string, unknown>>,
): boolean {
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
