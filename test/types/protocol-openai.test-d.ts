import type {
  RealtimeClientEvent,
  RealtimeServerEvent,
  RealtimeTranslationClientEvent,
  RealtimeTranslationServerEvent,
} from 'openai/resources/realtime/realtime'
import type {
  ClientEvent,
  ServerEvent,
  TranslationClientEvent,
  TranslationServerEvent,
} from 'realtime-primitives/protocol'
import { describe, expectTypeOf, test } from 'vitest'

// Every table below names each difference that is meant, with its reason; one that is missing, or no longer differs, does not compile.

interface Typed {
  type: string
}

/** The event of one type. */
type Of<Event extends Typed, Type> = Extract<Event, { type: Type }>

/** The same, with `undefined` taken out of what may be absent: the official types allow no field that is there and undefined. */
type Defined<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer Element)[]
    ? Defined<Element>[]
    : T extends object
      ? { [Key in keyof T]: Defined<Exclude<T[Key], undefined>> }
      : T

/** The types of events of `From` that `To` does not take. */
type Refused<From extends Typed, To extends Typed> = {
  [Type in From['type']]: Defined<Of<From, Type>> extends Defined<Of<To, Type>> ? never : Type
}[From['type']]

/** The fields of events that `From` has and `To` has not, as `type/field`. */
type Lacking<From extends Typed, To extends Typed> = {
  [Type in From['type']]: `${Type}/${Exclude<keyof Of<From, Type> & string, keyof Of<To, Type>>}`
}[From['type']]

describe('the types of the openai package', () => {
  test('contain the same events', () => {
    expectTypeOf<ServerEvent['type']>().toEqualTypeOf<RealtimeServerEvent['type']>()
    expectTypeOf<ClientEvent['type']>().toEqualTypeOf<RealtimeClientEvent['type']>()
    expectTypeOf<TranslationServerEvent['type']>().toEqualTypeOf<RealtimeTranslationServerEvent['type']>()
    expectTypeOf<TranslationClientEvent['type']>().toEqualTypeOf<RealtimeTranslationClientEvent['type']>()
  })

  test('have no event field that ours lack', () => {
    expectTypeOf<Lacking<RealtimeServerEvent, ServerEvent>>().toEqualTypeOf<never>()
    expectTypeOf<Lacking<RealtimeClientEvent, ClientEvent>>().toEqualTypeOf<never>()
    expectTypeOf<Lacking<RealtimeTranslationServerEvent, TranslationServerEvent>>().toEqualTypeOf<never>()
    expectTypeOf<Lacking<RealtimeTranslationClientEvent, TranslationClientEvent>>().toEqualTypeOf<never>()
  })

  test('lack fields of ours that real traffic has', () => {
    expectTypeOf<Lacking<ServerEvent, RealtimeServerEvent>>().toEqualTypeOf<
      // Noise on every delta that bears text.
      | 'conversation.item.input_audio_transcription.delta/obfuscation'
      | 'response.function_call_arguments.delta/obfuscation'
      | 'response.output_audio_transcript.delta/obfuscation'
      | 'response.output_text.delta/obfuscation'
      // Azure sends the part twice.
      | 'response.content_part.added/content'
      | 'response.content_part.done/content'
      // Every other event has one; it may come.
      | 'input_audio_buffer.dtmf_event_received/event_id'
    >()
    expectTypeOf<Lacking<ClientEvent, RealtimeClientEvent>>().toEqualTypeOf<never>()
    expectTypeOf<Lacking<TranslationServerEvent, RealtimeTranslationServerEvent>>().toEqualTypeOf<never>()
    expectTypeOf<Lacking<TranslationClientEvent, RealtimeTranslationClientEvent>>().toEqualTypeOf<never>()
  })

  test('allow values in received events that ours exclude', () => {
    expectTypeOf<Refused<RealtimeServerEvent, ServerEvent>>().toEqualTypeOf<
      // Items without an identifier.
      | 'conversation.item.added'
      | 'conversation.item.created'
      | 'conversation.item.done'
      | 'conversation.item.retrieved'
      | 'response.output_item.added'
      | 'response.output_item.done'
      // Parts without a type.
      | 'response.content_part.added'
      | 'response.content_part.done'
      // Responses without an identifier, a status, or output.
      | 'response.created'
      | 'response.done'
      // Their session is the one that is asked for: it has no identifier.
      | 'session.created'
      | 'session.updated'
    >()
    expectTypeOf<Refused<RealtimeTranslationServerEvent, TranslationServerEvent>>().toEqualTypeOf<never>()
  })

  test('reject some client events that ours allow', () => {
    expectTypeOf<Refused<ClientEvent, RealtimeClientEvent>>().toEqualTypeOf<
      // References to items, which the prose and an example have.
      | 'response.create'
      // Null for transcription and noise reduction, which the prose has.
      | 'session.update'
    >()
    expectTypeOf<Refused<TranslationClientEvent, RealtimeTranslationClientEvent>>().toEqualTypeOf<never>()
  })

  test('allow some client events that ours reject', () => {
    expectTypeOf<Refused<RealtimeClientEvent, ClientEvent>>().toEqualTypeOf<
      // Parts without a type.
      | 'conversation.item.create'
      // Tools without a type or a name: `tools: [{}]`.
      | 'response.create'
      | 'session.update'
    >()
    expectTypeOf<Refused<RealtimeTranslationClientEvent, TranslationClientEvent>>().toEqualTypeOf<never>()
  })
})
