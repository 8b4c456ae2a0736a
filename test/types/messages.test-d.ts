import type {
  DeepReadonly,
  MessageContent,
  RealtimeSession,
  ResponseHandle,
  TranscriptionSession,
  TranslationSession,
} from 'realtime-primitives'
import type { ServerEvent, TranslationServerEvent, UnknownEvent } from 'realtime-primitives/protocol'
import { describe, expectTypeOf, test } from 'vitest'

declare const session: RealtimeSession
declare const transcription: TranscriptionSession
declare const translation: TranslationSession

describe('sendMessage', () => {
  test('takes text or content, and returns a handle', () => {
    expectTypeOf(session.sendMessage('Hello')).toEqualTypeOf<ResponseHandle>()
    expectTypeOf(session.sendMessage).parameter(0).toEqualTypeOf<string | readonly MessageContent[]>()
    session.sendMessage([{ type: 'input_audio', audio: new Float32Array(8) }])
    // @ts-expect-error: an image has a URL.
    session.sendMessage([{ type: 'input_image' }])
    // @ts-expect-error: the role is always the user.
    session.sendMessage('Hello', { role: 'system' })
  })
})

describe("on('*')", () => {
  test('receives the union of the server events of the session', () => {
    session.on('*', (event) =>
      expectTypeOf(event).toEqualTypeOf<DeepReadonly<ServerEvent> | DeepReadonly<UnknownEvent>>(),
    )
    transcription.on('*', (event) =>
      expectTypeOf(event).toEqualTypeOf<DeepReadonly<ServerEvent> | DeepReadonly<UnknownEvent>>(),
    )
    translation.on('*', (event) =>
      expectTypeOf(event).toEqualTypeOf<DeepReadonly<TranslationServerEvent> | DeepReadonly<UnknownEvent>>(),
    )
  })

  test('narrows the event by its type', () => {
    session.on('*', (event) => {
      if (event.type === 'session.created' && 'session' in event) expectTypeOf(event).not.toBeAny()
    })
  })
})
