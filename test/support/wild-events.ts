import fc from 'fast-check'
import type { Json } from './peer.js'

/** Generates server events of a few responses and items in random order, most of them invalid. */
const responseId = fc.constantFrom('r1', 'r2', 'r3')
const itemId = fc.constantFrom('i1', 'i2', 'i3', 'i4')
const anyText = fc.string({ maxLength: 5 })
const index = fc.nat({ max: 2 })

const item = fc.oneof(
  fc.record({
    id: itemId,
    type: fc.constant('message'),
    role: fc.constant('assistant'),
    status: fc.constantFrom('in_progress', 'completed', 'incomplete'),
    content: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('output_text'), text: anyText }),
        fc.record({ type: fc.constant('output_audio'), transcript: fc.option(anyText) }),
      ),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    id: itemId,
    type: fc.constant('message'),
    role: fc.constant('user'),
    content: fc.array(fc.record({ type: fc.constant('input_audio'), transcript: fc.option(anyText) }), {
      maxLength: 1,
    }),
  }),
  fc.record({
    id: itemId,
    type: fc.constant('function_call'),
    call_id: fc.constantFrom('c1', 'c2'),
    name: fc.constant('f'),
    arguments: anyText,
  }),
  fc.record({ id: itemId, type: fc.constant('something_new') }),
)

const response = fc.record({
  id: responseId,
  object: fc.constant('realtime.response'),
  status: fc.constantFrom('in_progress', 'completed', 'cancelled', 'failed', 'incomplete', 'odd'),
  output: fc.constant([]),
  conversation_id: fc.constantFrom('conv', null),
  status_details: fc.constantFrom(null, 'text', { reason: 'turn_detected' }),
})

const place = { response_id: responseId, item_id: itemId, output_index: index, content_index: index }

function of(type: string, fields: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<Json> {
  return fc.record({ type: fc.constant(type), ...fields }) as fc.Arbitrary<Json>
}

export const wildEvent: fc.Arbitrary<Json> = fc.oneof(
  of('response.created', { response }),
  of('response.done', { response }),
  of('response.output_item.added', { response_id: responseId, output_index: index, item }),
  of('response.output_item.done', { response_id: responseId, output_index: index, item }),
  of('response.content_part.added', { ...place, part: fc.constant({ type: 'audio', transcript: '' }) }),
  of('response.output_text.delta', { ...place, delta: anyText }),
  of('response.output_audio_transcript.delta', { ...place, delta: anyText }),
  of('response.output_audio_transcript.done', { ...place, transcript: anyText }),
  of('response.output_audio.delta', { ...place, delta: fc.constantFrom('', 'AAAA', '!') }),
  of('response.output_audio.done', place),
  of('conversation.item.added', { previous_item_id: fc.option(itemId), item }),
  of('conversation.item.done', { previous_item_id: fc.option(itemId), item }),
  of('conversation.item.deleted', { item_id: itemId }),
  of('conversation.item.truncated', { item_id: itemId, content_index: index, audio_end_ms: fc.nat({ max: 1000 }) }),
  of('conversation.item.input_audio_transcription.delta', { item_id: itemId, content_index: index, delta: anyText }),
  of('conversation.item.input_audio_transcription.completed', {
    item_id: itemId,
    content_index: index,
    transcript: anyText,
  }),
  of('input_audio_buffer.speech_started', { item_id: itemId, audio_start_ms: fc.nat({ max: 1000 }) }),
  of('input_audio_buffer.speech_stopped', { item_id: itemId, audio_end_ms: fc.nat({ max: 1000 }) }),
  of('input_audio_buffer.committed', { item_id: itemId, previous_item_id: fc.option(itemId) }),
  of('error', {
    error: fc.record({
      type: fc.constant('invalid_request_error'),
      code: fc.constantFrom(null, 'conversation_already_has_active_response', 'response_cancel_not_active', 'other'),
      message: anyText,
      param: fc.constant(null),
      event_id: fc.constantFrom(null, 'unknown'),
    }),
  }),
  of('future.event'),
  of('response.done', { response: fc.constant('broken') }),
)
