import type { DeepReadonly, RealtimeSession, TranscriptionSession, TranslationSession } from 'realtime-primitives'
import type {
  ClientEvent,
  ConversationItemAddedEvent,
  ConversationItemCreatedEvent,
  ConversationItemDoneEvent,
  ConversationItemRetrievedEvent,
  InputAudioBufferCommittedEvent,
  ServerEvent,
  SessionClosedEvent,
  SessionUpdatedEvent,
} from 'realtime-primitives/protocol'
import { describe, expectTypeOf, test } from 'vitest'

declare const session: RealtimeSession
declare const transcription: TranscriptionSession
declare const translation: TranslationSession
declare const anyEvent: ClientEvent

describe('request', () => {
  test('resolves with the event that acknowledges the request', async () => {
    const committed = await session.request({ type: 'input_audio_buffer.commit' })
    expectTypeOf(committed).toEqualTypeOf<DeepReadonly<InputAudioBufferCommittedEvent>>()
    expectTypeOf(committed.item_id).toEqualTypeOf<string>()
    const updated = await session.request({ type: 'session.update', session: { type: 'realtime' } })
    expectTypeOf(updated).toEqualTypeOf<DeepReadonly<SessionUpdatedEvent>>()
    const item = await session.request({ type: 'conversation.item.retrieve', item_id: 'i' })
    expectTypeOf(item).toEqualTypeOf<DeepReadonly<ConversationItemRetrievedEvent>>()
  })

  test('resolves with one of several events where servers differ', async () => {
    const created = await session.request({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] },
    })
    expectTypeOf(created).toEqualTypeOf<
      DeepReadonly<ConversationItemAddedEvent | ConversationItemCreatedEvent | ConversationItemDoneEvent>
    >()
  })

  test('resolves with any server event when the request is not known', async () => {
    expectTypeOf(await session.request(anyEvent)).toExtend<DeepReadonly<ServerEvent>>()
  })

  test('is typed in transcription and translation sessions', async () => {
    const committed = await transcription.request({ type: 'input_audio_buffer.commit' })
    expectTypeOf(committed).toEqualTypeOf<DeepReadonly<InputAudioBufferCommittedEvent>>()
    const closed = await translation.request({ type: 'session.close' })
    expectTypeOf(closed).toEqualTypeOf<DeepReadonly<SessionClosedEvent>>()
  })

  test('rejects fields that the event does not have', () => {
    // @ts-expect-error: no such field
    session.request({ type: 'input_audio_buffer.commit', item_id: 'i' })
    // @ts-expect-error: no such event
    session.request({ type: 'input_audio_buffer.burn' })
  })
})
