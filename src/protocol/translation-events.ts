import { ServerErrorEvent } from './events/error.js'
import {
  SessionClosedEvent,
  SessionCloseEvent,
  SessionInputAudioBufferAppendEvent,
  SessionInputTranscriptDeltaEvent,
  SessionOutputAudioDeltaEvent,
  SessionOutputTranscriptDeltaEvent,
  TranslationSessionCreatedEvent,
  TranslationSessionUpdatedEvent,
  TranslationSessionUpdateEvent,
} from './events/translation.js'
import type { Schema } from './open.js'

/** Every event that a server sends in a translation session, by its type. */
export interface TranslationServerEventMap {
  error: ServerErrorEvent
  'session.created': TranslationSessionCreatedEvent
  'session.updated': TranslationSessionUpdatedEvent
  'session.closed': SessionClosedEvent
  'session.input_transcript.delta': SessionInputTranscriptDeltaEvent
  'session.output_transcript.delta': SessionOutputTranscriptDeltaEvent
  'session.output_audio.delta': SessionOutputAudioDeltaEvent
}

/** Every event that a client sends in a translation session, by its type. */
export interface TranslationClientEventMap {
  'session.update': TranslationSessionUpdateEvent
  'session.input_audio_buffer.append': SessionInputAudioBufferAppendEvent
  'session.close': SessionCloseEvent
}

/** The type of an event that a server sends in a translation session. */
export type TranslationServerEventType = keyof TranslationServerEventMap

/** The type of an event that a client sends in a translation session. */
export type TranslationClientEventType = keyof TranslationClientEventMap

/** An event that a server sends in a translation session. */
export type TranslationServerEvent = TranslationServerEventMap[TranslationServerEventType]

/** An event that a client sends in a translation session. */
export type TranslationClientEvent = TranslationClientEventMap[TranslationClientEventType]

/** The event of one type that a server sends in a translation session. */
export type TranslationServerEventOf<Type extends TranslationServerEventType> = TranslationServerEventMap[Type]

/** The event of one type that a client sends in a translation session. */
export type TranslationClientEventOf<Type extends TranslationClientEventType> = TranslationClientEventMap[Type]

/** The types of all events that a server sends in a translation session. */
export const translationServerEventTypes = [
  'error',
  'session.created',
  'session.updated',
  'session.closed',
  'session.input_transcript.delta',
  'session.output_transcript.delta',
  'session.output_audio.delta',
] as const satisfies readonly TranslationServerEventType[]

/** The types of all events that a client sends in a translation session. */
export const translationClientEventTypes = [
  'session.update',
  'session.input_audio_buffer.append',
  'session.close',
] as const satisfies readonly TranslationClientEventType[]

/** The schemas of all events that a server sends in a translation session, by type. */
export const translationServerEventSchemas: {
  readonly [Type in (typeof translationServerEventTypes)[number]]: Schema<TranslationServerEventMap[Type]>
} = {
  error: ServerErrorEvent,
  'session.created': TranslationSessionCreatedEvent,
  'session.updated': TranslationSessionUpdatedEvent,
  'session.closed': SessionClosedEvent,
  'session.input_transcript.delta': SessionInputTranscriptDeltaEvent,
  'session.output_transcript.delta': SessionOutputTranscriptDeltaEvent,
  'session.output_audio.delta': SessionOutputAudioDeltaEvent,
} satisfies Record<TranslationServerEventType, unknown>

/** The schemas of all events that a client sends in a translation session, by type. */
export const translationClientEventSchemas: {
  readonly [Type in (typeof translationClientEventTypes)[number]]: Schema<TranslationClientEventMap[Type]>
} = {
  'session.update': TranslationSessionUpdateEvent,
  'session.input_audio_buffer.append': SessionInputAudioBufferAppendEvent,
  'session.close': SessionCloseEvent,
} satisfies Record<TranslationClientEventType, unknown>
