import {
  type ClientEvent,
  type ClientEventMap,
  type ClientEventOf,
  type ClientEventType,
  type Codec,
  type ConversationItem,
  type ConversationItemInput,
  clientEventTypes,
  createCodec,
  type Decoded,
  isClientEvent,
  isProtocolError,
  isServerEvent,
  type ProtocolError,
  type RealtimeModel,
  type Response,
  type ResponseCreateParams,
  type ResponseDoneEvent,
  ResponseDoneEvent as ResponseDoneSchema,
  realtimeCodec,
  type ServerEvent,
  type ServerEventMap,
  type ServerEventOf,
  type ServerEventType,
  type Session,
  type SessionConfig,
  serverEventTypes,
  type Tool,
  type TranscriptionSession,
  type TranscriptUsage,
  type TranslationClientEvent,
  type TranslationClientEventType,
  type TranslationServerEvent,
  type TranslationServerEventOf,
  type TranslationServerEventType,
  translationClientEventTypes,
  translationCodec,
  translationServerEventTypes,
  type UnknownEvent,
  type VoiceName,
} from 'realtime-primitives/protocol'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod/mini'

describe('events by type', () => {
  test('ServerEventOf and ClientEventOf select one event', () => {
    expectTypeOf<ServerEventOf<'response.done'>>().toEqualTypeOf<ResponseDoneEvent>()
    expectTypeOf<ServerEventOf<'response.output_audio.delta'>['delta']>().toEqualTypeOf<string>()
    expectTypeOf<ClientEventOf<'conversation.item.truncate'>['audio_end_ms']>().toEqualTypeOf<number>()
    expectTypeOf<TranslationServerEventOf<'session.closed'>['type']>().toEqualTypeOf<'session.closed'>()
    // @ts-expect-error: a name of the beta
    expectTypeOf<ServerEventOf<'response.audio.delta'>>().toBeObject()
    // @ts-expect-error: a client event
    expectTypeOf<ServerEventOf<'response.create'>>().toBeObject()
    // @ts-expect-error: an event of translation
    expectTypeOf<ServerEventOf<'session.closed'>>().toBeObject()
  })

  test('the key of each event in a map is its type', () => {
    expectTypeOf<{ [Type in ServerEventType]: ServerEventMap[Type]['type'] }>().toEqualTypeOf<{
      [Type in ServerEventType]: Type
    }>()
    expectTypeOf<{ [Type in ClientEventType]: ClientEventMap[Type]['type'] }>().toEqualTypeOf<{
      [Type in ClientEventType]: Type
    }>()
  })

  test('the runtime lists contain exactly the event types', () => {
    expectTypeOf<(typeof serverEventTypes)[number]>().toEqualTypeOf<ServerEventType>()
    expectTypeOf<(typeof serverEventTypes)[number]>().toEqualTypeOf<ServerEvent['type']>()
    expectTypeOf<(typeof clientEventTypes)[number]>().toEqualTypeOf<ClientEventType>()
    expectTypeOf<(typeof clientEventTypes)[number]>().toEqualTypeOf<ClientEvent['type']>()
    expectTypeOf<(typeof translationServerEventTypes)[number]>().toEqualTypeOf<TranslationServerEventType>()
    expectTypeOf<(typeof translationClientEventTypes)[number]>().toEqualTypeOf<TranslationClientEventType>()
    expectTypeOf(serverEventTypes.length).toEqualTypeOf<46>()
    expectTypeOf(clientEventTypes.length).toEqualTypeOf<11>()
    expectTypeOf(translationServerEventTypes.length).toEqualTypeOf<7>()
    expectTypeOf(translationClientEventTypes.length).toEqualTypeOf<3>()
  })
})

describe('narrowing', () => {
  test('a switch over the type narrows, although unknown events are part of the union', () => {
    const handle = (event: ServerEvent | UnknownEvent) => {
      switch (event.type) {
        case 'response.output_audio.delta':
          expectTypeOf(event).toEqualTypeOf<ServerEventOf<'response.output_audio.delta'>>()
          return event.delta
        case 'error':
          expectTypeOf(event.error.message).toEqualTypeOf<string>()
          return event.error.message
        default:
          expectTypeOf(event).toExtend<{ type: string }>()
          return event.type
      }
    }
    expectTypeOf(handle).returns.toEqualTypeOf<ReturnType<typeof handle>>()
  })

  test('an exhaustive switch leaves only the unknown event', () => {
    const handle = (event: TranslationServerEvent | UnknownEvent): string => {
      switch (event.type) {
        case 'error':
        case 'session.created':
        case 'session.updated':
        case 'session.closed':
        case 'session.input_transcript.delta':
        case 'session.output_transcript.delta':
        case 'session.output_audio.delta':
          return String(event.event_id)
        default:
          expectTypeOf(event).toEqualTypeOf<UnknownEvent>()
          expectTypeOf(event.anything).toEqualTypeOf<unknown>()
          return event.type
      }
    }
    expectTypeOf(handle).returns.toBeString()
  })

  test('an exhaustive switch over the known events leaves nothing', () => {
    const handle = (event: TranslationClientEvent): string => {
      switch (event.type) {
        case 'session.update':
        case 'session.input_audio_buffer.append':
        case 'session.close':
          return event.type
        default:
          expectTypeOf(event).toEqualTypeOf<never>()
          return event
      }
    }
    expectTypeOf(handle).returns.toBeString()
  })

  test('a decoded frame narrows by its kind', () => {
    const handle = (decoded: Decoded<ServerEvent>) => {
      if (decoded.kind === 'event') expectTypeOf(decoded.event).toEqualTypeOf<ServerEvent>()
      if (decoded.kind === 'unknown') expectTypeOf(decoded.event.type).toExtend<string>()
      if (decoded.kind === 'invalid') {
        expectTypeOf(decoded.event.error).toEqualTypeOf<ProtocolError>()
        expectTypeOf(decoded.event.frame).toEqualTypeOf<string>()
      }
    }
    expectTypeOf(handle).toBeFunction()
  })

  test('items, tools and usages narrow, although unknown ones are part of the union', () => {
    const item = {} as ConversationItem
    if (item.type === 'function_call') expectTypeOf(item.arguments).toEqualTypeOf<string>()
    if (item.type === 'message' && item.role === 'assistant')
      expectTypeOf(item.phase).toExtend<string | null | undefined>()
    const calls = [item].filter((each) => each.type === 'function_call')
    expectTypeOf(calls[0]?.call_id).toEqualTypeOf<string | undefined>()
    const tool = {} as Tool
    if (tool.type === 'mcp') expectTypeOf(tool.server_label).toEqualTypeOf<string>()
    const usage = {} as TranscriptUsage
    if (usage.type === 'duration') expectTypeOf(usage.seconds).toEqualTypeOf<number>()
  })

  test('a realtime and a transcription session narrow by type', () => {
    const { session } = {} as ServerEventOf<'session.updated'>
    if (session.type === 'realtime') expectTypeOf(session).toEqualTypeOf<Session>()
    else expectTypeOf(session).toEqualTypeOf<TranscriptionSession>()
  })

  test('guards narrow to the event, and to the code of an error with its data', () => {
    const value = {} as unknown
    if (isServerEvent(value)) expectTypeOf(value).toEqualTypeOf<ServerEvent>()
    if (isServerEvent(value, 'response.done')) expectTypeOf(value.response).toEqualTypeOf<Response>()
    if (isClientEvent(value, 'response.cancel')) expectTypeOf(value.response_id).toEqualTypeOf<string | undefined>()
    if (isProtocolError(value, 'INVALID_JSON')) expectTypeOf(value.data).toEqualTypeOf<{ length: number }>()
    if (isProtocolError(value) && value.code === 'INVALID_EVENT') expectTypeOf(value.data.path).toEqualTypeOf<string>()
    // @ts-expect-error: no such event
    isServerEvent(value, 'response.audio.delta')
    // @ts-expect-error: no such code
    isProtocolError(value, 'CLOSED')
    // @ts-expect-error: the data of the other code
    if (isProtocolError(value, 'INVALID_JSON')) value.data.path
  })
})

describe('open enumerations', () => {
  test('accept known and unknown names', () => {
    expectTypeOf<'gpt-realtime-2.1'>().toExtend<RealtimeModel>()
    expectTypeOf<'gpt-realtime-9'>().toExtend<RealtimeModel>()
    expectTypeOf<RealtimeModel>().toExtend<string>()
    expectTypeOf<'vesper'>().toExtend<VoiceName>()
    // @ts-expect-error: still text
    expectTypeOf<9>().toExtend<VoiceName>()
  })

  test('keep their known names for completion', () => {
    // A plain string would swallow them.
    expectTypeOf<string>().toExtend<VoiceName>()
    expectTypeOf<VoiceName>().not.toEqualTypeOf<string>()
    expectTypeOf<RealtimeModel>().not.toEqualTypeOf<string>()
  })
})

describe('received events', () => {
  test('have no undeclared fields', () => {
    const event = {} as ResponseDoneEvent
    // @ts-expect-error: misspelt
    event.respnse
    // @ts-expect-error: a name of the beta
    event.response.modalities
    expectTypeOf(event.response.usage?.output_token_details?.reasoning_tokens).toEqualTypeOf<
      number | null | undefined
    >()
  })

  test('have optional fields that can be undefined', () => {
    const event = {} as ResponseDoneEvent
    // @ts-expect-error: usage may be null
    event.response.usage.total_tokens
    // @ts-expect-error: the details may be bare text
    event.response.status_details?.reason
  })

  test('have a schema whose output is their type', () => {
    expectTypeOf<z.infer<typeof ResponseDoneSchema>>().toExtend<ResponseDoneEvent>()
    expectTypeOf(z.parse(ResponseDoneSchema, {})).toExtend<ResponseDoneEvent>()
  })
})

describe('sent events', () => {
  test('reject unknown fields', () => {
    const config: SessionConfig = {
      type: 'realtime',
      // @ts-expect-error: gone since the beta
      temperature: 0.8,
    }
    const params: ResponseCreateParams = {
      // @ts-expect-error: renamed since the beta
      modalities: ['text'],
    }
    expectTypeOf(config).toBeObject()
    expectTypeOf(params).toBeObject()
  })

  test('require the fields that the server requires', () => {
    // @ts-expect-error: session.type is required in every update
    const update: ClientEventOf<'session.update'> = { type: 'session.update', session: { instructions: '' } }
    // @ts-expect-error: an empty tool
    const tools: SessionConfig['tools'] = [{}]
    // @ts-expect-error: a part without its text
    const item: ConversationItemInput = { type: 'message', role: 'user', content: [{ type: 'input_text' }] }
    // @ts-expect-error: a reference, which only a response takes
    const reference: ConversationItemInput = { type: 'item_reference', id: 'item_1' }
    const input: ResponseCreateParams['input'] = [{ type: 'item_reference', id: 'item_1' }]
    expectTypeOf({ update, tools, item, reference, input }).toBeObject()
  })

  test('accept only known values of closed enumerations', () => {
    const audio: SessionConfig['audio'] = {
      input: {
        // @ts-expect-error: only server_vad has an idle timeout
        turn_detection: { type: 'semantic_vad', idle_timeout_ms: 6000 },
        // @ts-expect-error: no other rate
        format: { type: 'audio/pcm', rate: 16000 },
      },
    }
    // @ts-expect-error: no such modality
    const modalities: SessionConfig['output_modalities'] = ['video']
    expectTypeOf({ audio, modalities }).toBeObject()
  })

  test('accept undefined for optional fields', () => {
    const cancel: ClientEventOf<'response.cancel'> = { type: 'response.cancel', response_id: undefined }
    expectTypeOf(cancel).toExtend<ClientEvent>()
  })
})

describe('a codec', () => {
  test('encodes and decodes the events of its dialect', () => {
    expectTypeOf(realtimeCodec).toEqualTypeOf<Codec<ClientEvent, ServerEvent>>()
    expectTypeOf(translationCodec).toEqualTypeOf<Codec<TranslationClientEvent, TranslationServerEvent>>()
    // @ts-expect-error: a server event
    const wrongWay = () => realtimeCodec.encode({ type: 'conversation.item.deleted', event_id: 'e', item_id: 'i' })
    // @ts-expect-error: an event of another dialect
    const otherDialect = () => translationCodec.encode({ type: 'response.create' })
    expectTypeOf([wrongWay, otherDialect]).toBeArray()
  })

  test('is created from maps of schemas', () => {
    const ping = z.strictObject({ type: z.literal('ping'), at: z.number() })
    const codec = createCodec({ client: { ping }, server: { pong: z.object({ type: z.literal('pong') }) } })
    expectTypeOf(codec).toEqualTypeOf<Codec<{ type: 'ping'; at: number }, { type: 'pong' }>>()
    // @ts-expect-error: a schema of something without a type
    createCodec({ client: { ping: z.object({ at: z.number() }) }, server: {} })
  })
})
