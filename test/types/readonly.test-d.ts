import type {
  DeepReadonly,
  RealtimeSession,
  SessionEvents,
  SessionState,
  TranscriptionSession,
  TranscriptionState,
  TranslationSession,
} from 'realtime-primitives'
import type { ResponseDoneEvent, ServerEvent, SessionConfig, UnknownVariant } from 'realtime-primitives/protocol'
import { describe, expectTypeOf, test } from 'vitest'

declare const session: RealtimeSession
declare const scribe: TranscriptionSession
declare const interpreter: TranslationSession
declare const state: SessionState

describe('events', () => {
  test('cannot be changed by a listener, at any depth', () => {
    session.on('response.done', (event) => {
      expectTypeOf(event).toEqualTypeOf<DeepReadonly<ResponseDoneEvent>>()
      // @ts-expect-error: readonly
      event.event_id = 'x'
      // @ts-expect-error: readonly
      event.response.status = 'failed'
      // @ts-expect-error: a readonly array has no push
      event.response.output.push({})
      const [item] = event.response.output
      // @ts-expect-error: readonly
      if (item?.type === 'message' && item.role === 'assistant') item.content[0] = { type: 'output_text', text: '' }
    })
    scribe.on('conversation.item.input_audio_transcription.completed', (event) => {
      // @ts-expect-error: readonly
      event.transcript = ''
    })
    interpreter.on('session.output_transcript.delta', (event) => {
      // @ts-expect-error: readonly
      event.delta = ''
    })
    session.on('unknown', (event) => {
      // @ts-expect-error: readonly
      event.field = ''
    })
  })

  test('are readonly from events(), waitFor() and request() too', async () => {
    for await (const event of session.events()) {
      // @ts-expect-error: readonly
      if (event.type === 'response.done') event.response.output = []
    }
    const done = await session.waitFor('response.done')
    // @ts-expect-error: readonly
    done.response.output = []
    const answer = await scribe.request({ type: 'input_audio_buffer.commit' })
    // @ts-expect-error: readonly
    answer.event_id = ''
  })

  test('still narrow by their type', () => {
    const narrow = (event: DeepReadonly<ServerEvent>) =>
      event.type === 'response.output_audio.delta' ? event.delta : undefined
    expectTypeOf(narrow).returns.toEqualTypeOf<string | undefined>()
  })

  test('keep open strings and unknown values', () => {
    expectTypeOf<DeepReadonly<UnknownVariant>['anything']>().toEqualTypeOf<unknown>()
    expectTypeOf<SessionEvents['response.done']['response']['status']>().toEqualTypeOf<
      ResponseDoneEvent['response']['status']
    >()
  })

  test('are accepted by a function that takes the plain event without arrays', () => {
    const show = (event: { delta: string }) => event.delta
    session.on('response.output_text.delta', show)
  })
})

describe('state', () => {
  test('cannot be changed, at any depth', () => {
    // @ts-expect-error: readonly
    state.status = 'open'
    // @ts-expect-error: readonly
    if (state.session?.type === 'realtime') state.session.audio = null
    // @ts-expect-error: a readonly array has no push
    state.config?.output_modalities?.push('text')
    // @ts-expect-error: readonly
    if (state.responses.byId.x) state.responses.byId.x.response.output = []
    // @ts-expect-error: readonly
    if (state.rateLimits[0]) state.rateLimits[0].name = ''
    expectTypeOf<TranscriptionState['session']>().not.toBeAny()
    // @ts-expect-error: readonly
    scribe.getState().segments[0][0].logprobs[0][0].token = ''
    // @ts-expect-error: readonly
    interpreter.getState().session.model = ''
  })

  test('has a configuration that a session accepts', () => {
    if (state.config) void session.update(state.config)
    const fixed = { output_modalities: ['text'] } as const satisfies Partial<DeepReadonly<SessionConfig>>
    void session.update(fixed)
  })
})
