import { createCodec, realtimeCodec, type ServerEvent, translationCodec } from 'realtime-primitives/protocol'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'

const delta = {
  type: 'response.output_audio.delta',
  event_id: 'event_1',
  response_id: 'resp_1',
  item_id: 'item_1',
  output_index: 0,
  content_index: 0,
  delta: 'AAAA',
}

describe('decode', () => {
  test('returns a known event with all fields', () => {
    const event = { ...delta, latency_of_tomorrow: 3 }
    expect(realtimeCodec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
  })

  test('returns an unknown event with all fields', () => {
    const event = { type: 'response.video.delta', delta: 'AAAA' }
    expect(realtimeCodec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'unknown', event })
  })

  test('returns the error and the frame for an invalid event', () => {
    const frame = JSON.stringify({ ...delta, delta: null })
    const decoded = realtimeCodec.decode(frame)
    expect(decoded).toMatchObject({
      kind: 'invalid',
      event: { type: delta.type, frame, error: { code: 'INVALID_EVENT' } },
    })
  })

  test('returns an error without a type when the type is unknown or missing', () => {
    expect(realtimeCodec.decode('{}')).toMatchObject({ kind: 'invalid', event: { type: undefined, frame: '{}' } })
  })

  test('separates realtime from transcription sessions by type', () => {
    const created = (session: object) =>
      realtimeCodec.decode(JSON.stringify({ type: 'session.created', event_id: 'e', session: { id: 's', ...session } }))
    expect(created({ type: 'realtime', model: 'gpt-realtime-2.1' }).kind).toBe('event')
    expect(created({ type: 'transcription', audio: { input: {} } }).kind).toBe('event')
  })

  test('takes any object for the session of session.created', () => {
    const kindOf = (session: unknown) => realtimeCodec.decode(JSON.stringify({ type: 'session.created', session })).kind
    for (const session of [{}, { type: 'translation' }, { type: 7, id: 7 }, { audio: 'x' }])
      expect(kindOf(session)).toBe('event')
    for (const other of ['x', null, [], undefined]) expect(kindOf(other)).toBe('invalid')
  })

  test('accepts events of other servers without what nothing relies on', () => {
    const place = { response_id: 'r', item_id: 'i', content_index: 0 }
    const events: object[] = [
      { type: 'response.created', response: { id: 'r', output: null } },
      { type: 'response.content_part.done', ...place },
      { type: 'response.output_item.added', response_id: 'r', item: { type: 'message', role: 'assistant', id: 'i' } },
      { type: 'response.output_text.delta', ...place, delta: 'x' },
      { type: 'response.function_call_arguments.delta', ...place, call_id: 'c', delta: '{}' },
      { type: 'input_audio_buffer.speech_started', item_id: 'i' },
      { type: 'input_audio_buffer.speech_stopped', item_id: 'i' },
      { type: 'session.updated', session: {} },
      { type: 'error', error: { code: 'x' } },
    ]
    for (const event of events) expect(realtimeCodec.decode(JSON.stringify(event)).kind).toBe('event')
  })

  test('accepts unknown types of items, tools, and usage, and unknown roles', () => {
    const received: object[] = [
      {
        type: 'conversation.item.added',
        event_id: 'e',
        item: { type: 'message', role: 'developer', id: 'item_1', content: [{ type: 'input_text', text: 'x' }] },
      },
      { type: 'conversation.item.added', event_id: 'e', item: { type: 'web_search_call', id: 'item_1', query: 'x' } },
      {
        type: 'session.updated',
        event_id: 'e',
        session: { type: 'realtime', id: 's', tools: [{ type: 'web_search' }, { type: 'function', name: 'f' }] },
      },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        event_id: 'e',
        item_id: 'item_1',
        content_index: 0,
        transcript: '',
        usage: { type: 'credits', credits: 2 },
      },
    ]
    for (const event of received)
      expect(realtimeCodec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
  })

  test.each([['id'], ['content'], ['object'], ['status']])('checks the %s of a message with an unknown role', (key) => {
    const item = {
      type: 'message',
      role: 'developer',
      id: 'item_1',
      content: [],
      object: 'realtime.item',
      status: 'completed',
    }
    const decoded = realtimeCodec.decode(
      JSON.stringify({ type: 'conversation.item.added', event_id: 'e', item: { ...item, [key]: 1 } }),
    )
    expect(decoded.kind === 'invalid' && decoded.event.error.data).toMatchObject({
      path: `item.${key}`,
      found: 'a number',
    })
  })

  test('decodes translation events only with the translation codec', () => {
    const frame = JSON.stringify({ type: 'session.output_audio.delta', event_id: 'e', delta: 'AAAA' })
    expect(translationCodec.decode(frame).kind).toBe('event')
    expect(realtimeCodec.decode(frame).kind).toBe('unknown')
    expect(translationCodec.decode(JSON.stringify(delta)).kind).toBe('unknown')
  })

  test('returns a server error as an event', () => {
    const error = { type: 'invalid_request_error', code: null, message: 'No.', param: null, event_id: null }
    const event = { type: 'error', event_id: 'e', error }
    expect(realtimeCodec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
    expect(translationCodec.decode(JSON.stringify(event))).toStrictEqual({ kind: 'event', event })
  })
})

describe('encode', () => {
  test('returns the same text as JSON.stringify', () => {
    const event = { type: 'conversation.item.delete', event_id: 'é"\\\n', item_id: 'item_1' } as const
    expect(realtimeCodec.encode(event)).toBe(JSON.stringify(event))
  })

  test('returns the same text as JSON.stringify for audio, with event_id first', () => {
    const event = { type: 'input_audio_buffer.append', event_id: '"é\n', audio: 'AAAA//+=' } as const
    expect(realtimeCodec.encode(event)).toBe(JSON.stringify(event))
    expect(translationCodec.encode({ type: 'session.input_audio_buffer.append', audio: 'AAAA' })).toBe(
      '{"type":"session.input_audio_buffer.append","audio":"AAAA"}',
    )
  })

  test.each(['A', 'AAAAA', 'AAAAA=', 'A==', `${'A'.repeat(960)}B`])('rejects %j as audio', (audio) => {
    const message = ': audio must be base64, but is another string; correct it.'
    const append = 'input_audio_buffer.append'
    expect(() => realtimeCodec.encode({ type: append, audio })).toThrow(`Cannot send ${append}${message}`)
    expect(() => translationCodec.encode({ type: `session.${append}`, audio })).toThrow(
      `Cannot send session.${append}${message}`,
    )
    const content = [{ type: 'input_audio', audio } as const]
    expect(() =>
      realtimeCodec.encode({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } }),
    ).toThrow('item.content[0].audio must be base64')
  })

  test.each(['', 'AA', 'AAA', 'AA==', 'AAA=', 'AAAA', 'AAAA\nAAAA', '[9600 bytes of audio]'])(
    'does not check the base64 of %j',
    (audio) => {
      const event = { type: 'input_audio_buffer.append', audio } as const
      expect(realtimeCodec.encode(event)).toBe(JSON.stringify(event))
    },
  )

  test('omits fields with the value undefined', () => {
    expect(realtimeCodec.encode({ type: 'response.cancel', event_id: undefined, response_id: undefined })).toBe(
      '{"type":"response.cancel"}',
    )
    expect(realtimeCodec.encode({ type: 'input_audio_buffer.append', event_id: undefined, audio: '' })).toBe(
      '{"type":"input_audio_buffer.append","audio":""}',
    )
  })

  test('accepts audio of a class instance and of an object without a prototype', () => {
    class Append {
      type = 'input_audio_buffer.append' as const
      audio = 'AAAA'
    }
    const bare = Object.assign(Object.create(null), new Append()) as Append
    const frame = '{"type":"input_audio_buffer.append","audio":"AAAA"}'
    expect(realtimeCodec.encode(new Append())).toBe(frame)
    expect(realtimeCodec.encode(bare)).toBe(frame)
  })

  test('rejects events of the other kind of session', () => {
    expect(() => translationCodec.encode({ type: 'response.create' } as never)).toThrow(
      'Cannot send an event: type must be "session.update" or "session.input_audio_buffer.append" or "session.close", but is another string; correct it.',
    )
  })
})

describe('a codec for another dialect', () => {
  const codec = createCodec({
    client: {
      'audio.send': z.strictObject({ type: z.literal('audio.send'), audio: z.base64(), gain: z.optional(z.int()) }),
    },
    server: { 'audio.heard': z.object({ type: z.literal('audio.heard'), mood: z.enum(['calm', 'tense']) }) },
  })

  test('accepts only its own events', () => {
    expect(codec.decode('{"type":"audio.heard","mood":"calm"}')).toStrictEqual({
      kind: 'event',
      event: { type: 'audio.heard', mood: 'calm' },
    })
    expect(codec.decode(JSON.stringify(delta)).kind).toBe('unknown')
    expect(codec.encode({ type: 'audio.send', audio: 'AAAA' })).toBe('{"type":"audio.send","audio":"AAAA"}')
  })

  test('accepts schemas of full zod, with less detail in errors', () => {
    const decoded = codec.decode('{"type":"audio.heard","mood":"angry"}')
    expect(decoded.kind === 'invalid' && decoded.event.error.data).toMatchObject({
      path: 'mood',
      expected: 'valid according to its schema',
      found: 'a string',
    })
    expect(() => codec.encode({ type: 'audio.send', audio: '%' })).toThrow(
      'Cannot send audio.send: audio must be valid according to its schema, but is a string; correct it.',
    )
  })

  test('does not treat inherited property names as event types', () => {
    const bare = createCodec({ client: {}, server: {} })
    expect(bare.decode('{"type":"toString"}').kind).toBe('unknown')
    expect(() => bare.encode({ type: 'toString' } as never)).toThrow('Cannot send an event')
  })
})

test('changing a decoded event does not affect the next one', () => {
  const frame = JSON.stringify(delta)
  const first = realtimeCodec.decode(frame)
  if (first.kind === 'event') (first.event as ServerEvent & { delta?: string }).delta = 'changed'
  expect(realtimeCodec.decode(frame)).toStrictEqual({ kind: 'event', event: delta })
})

describe('undocumented server events', () => {
  test.each(['developer', 'tool'])('decode a message with the role %s', (role) => {
    const item = { id: 'item_1', type: 'message', role, content: [{ type: 'input_text', text: 'x' }] }
    const frame = JSON.stringify({ type: 'conversation.item.added', event_id: 'e', previous_item_id: null, item })
    expect(realtimeCodec.decode(frame)).toEqual({ kind: 'event', event: JSON.parse(frame) })
  })

  test('encode: control characters in audio do not break the frame', () => {
    for (const character of ['\t', '\u0001', '"', '\\', '\n', 'ü']) {
      const audio = `${'A'.repeat(300)}${character}AAA`
      let frame = ''
      try {
        frame = realtimeCodec.encode({ type: 'input_audio_buffer.append', audio })
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_EVENT' })
        continue
      }
      expect(JSON.parse(frame)).toEqual({ type: 'input_audio_buffer.append', audio })
    }
  })
})
