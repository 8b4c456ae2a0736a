import { isEventOf } from './event-map.js'
import {
  ConversationItemCreateEvent,
  ConversationItemDeleteEvent,
  ConversationItemRetrieveEvent,
  ConversationItemTruncateEvent,
} from './events/conversation.js'
import {
  InputAudioBufferAppendEvent,
  InputAudioBufferClearEvent,
  InputAudioBufferCommitEvent,
} from './events/input-audio.js'
import { OutputAudioBufferClearEvent } from './events/output-audio.js'
import { ResponseCancelEvent, ResponseCreateEvent } from './events/response.js'
import { SessionUpdateEvent } from './events/session.js'
import type { Schema } from './open.js'

/** Every event that a client sends in a realtime or transcription session, by its type. */
export interface ClientEventMap {
  'session.update': SessionUpdateEvent
  'conversation.item.create': ConversationItemCreateEvent
  'conversation.item.retrieve': ConversationItemRetrieveEvent
  'conversation.item.truncate': ConversationItemTruncateEvent
  'conversation.item.delete': ConversationItemDeleteEvent
  'input_audio_buffer.append': InputAudioBufferAppendEvent
  'input_audio_buffer.commit': InputAudioBufferCommitEvent
  'input_audio_buffer.clear': InputAudioBufferClearEvent
  'response.create': ResponseCreateEvent
  'response.cancel': ResponseCancelEvent
  'output_audio_buffer.clear': OutputAudioBufferClearEvent
}

/** The type of an event that a client sends in a realtime or transcription session. */
export type ClientEventType = keyof ClientEventMap

/** An event that a client sends in a realtime or transcription session. */
export type ClientEvent = ClientEventMap[ClientEventType]

/** The event of one type that a client sends, such as `ClientEventOf<'response.create'>`. */
export type ClientEventOf<Type extends ClientEventType> = ClientEventMap[Type]

/** The types of all events that a client sends in a realtime or transcription session. */
export const clientEventTypes = [
  'session.update',
  'conversation.item.create',
  'conversation.item.retrieve',
  'conversation.item.truncate',
  'conversation.item.delete',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'response.create',
  'response.cancel',
  'output_audio_buffer.clear',
] as const satisfies readonly ClientEventType[]

/** The schemas of all events that a client sends in a realtime or transcription session, by type. */
export const clientEventSchemas: {
  readonly [Type in (typeof clientEventTypes)[number]]: Schema<ClientEventMap[Type]>
} = {
  'session.update': SessionUpdateEvent,
  'conversation.item.create': ConversationItemCreateEvent,
  'conversation.item.retrieve': ConversationItemRetrieveEvent,
  'conversation.item.truncate': ConversationItemTruncateEvent,
  'conversation.item.delete': ConversationItemDeleteEvent,
  'input_audio_buffer.append': InputAudioBufferAppendEvent,
  'input_audio_buffer.commit': InputAudioBufferCommitEvent,
  'input_audio_buffer.clear': InputAudioBufferClearEvent,
  'response.create': ResponseCreateEvent,
  'response.cancel': ResponseCancelEvent,
  'output_audio_buffer.clear': OutputAudioBufferClearEvent,
} satisfies Record<ClientEventType, unknown>

/**
 * Whether a value is an event that a client may send in a realtime or transcription session, and when given, of that type.
 *
 * @example
 * ```ts
 * if (isClientEvent(value, 'session.update')) console.log(value.session)
 * ```
 */
export function isClientEvent<Type extends ClientEventType = ClientEventType>(
  value: unknown,
  type?: Type,
): value is ClientEventOf<Type> {
  return isEventOf(clientEventSchemas, value, type)
}
