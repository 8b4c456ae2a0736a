import { toGA } from 'realtime-primitives/migrate'
import { describe, expect, it } from 'vitest'

/** The one event that another became. */
function one(event: unknown) {
  const migration = toGA(event)
  if (migration.kind !== 'events') throw migration.error
  expect(migration.events).toHaveLength(1)
  return { ...migration, event: migration.events[0] }
}

describe('toGA: session.update', () => {
  it('is nested under audio, and has a type', () => {
    const { event, dropped, assumed } = one({
      type: 'session.update',
      event_id: 'mine',
      session: {
        modalities: ['text', 'audio'],
        instructions: 'Be brief.',
        voice: 'alloy',
        speed: 1.2,
        input_audio_format: 'g711_ulaw',
        output_audio_format: 'pcm16',
        input_audio_transcription: { model: 'whisper-1' },
        input_audio_noise_reduction: { type: 'near_field' },
        turn_detection: null,
        tools: [{ type: 'function', name: 'weather', parameters: {} }],
        tool_choice: 'auto',
        max_response_output_tokens: 'inf',
        tracing: 'auto',
      },
    })
    expect(event).toEqual({
      type: 'session.update',
      event_id: 'mine',
      session: {
        type: 'realtime',
        instructions: 'Be brief.',
        output_modalities: ['audio'],
        audio: {
          input: {
            format: { type: 'audio/pcmu' },
            transcription: { model: 'whisper-1' },
            noise_reduction: { type: 'near_field' },
            turn_detection: null,
          },
          output: { voice: 'alloy', speed: 1.2, format: { type: 'audio/pcm', rate: 24000 } },
        },
        tools: [{ type: 'function', name: 'weather', parameters: {} }],
        tool_choice: 'auto',
        max_output_tokens: 'inf',
        tracing: 'auto',
      },
    })
    expect({ dropped, assumed }).toEqual({ dropped: [], assumed: [] })
  })

  it('loses its temperature with a report', () => {
    expect(one({ type: 'session.update', session: { temperature: 0.8 } })).toMatchObject({
      event: { type: 'session.update', session: { type: 'realtime' } },
      dropped: [{ path: 'session.temperature', value: 0.8, reason: 'The temperature can no longer be set.' }],
    })
  })

  it('loses fields that GA rejects', () => {
    const { event, dropped } = one({
      type: 'session.update',
      session: { input_audio_transcription: { enabled: true, model: 'whisper-1', language: null }, speed: 9, mine: 1 },
    })
    expect(event).toEqual({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { transcription: { model: 'whisper-1' } }, output: {} } },
    })
    expect(dropped.map(({ path, value }) => [path, value])).toEqual([
      ['session.audio.input.transcription.language', null],
      ['session.audio.input.transcription.enabled', true],
      ['session.audio.output.speed', 9],
      ['session.mine', 1],
    ])
  })

  it('has the default turn detection type of beta', () => {
    expect(one({ type: 'session.update', session: { turn_detection: { threshold: 0.4 } } })).toMatchObject({
      event: { session: { audio: { input: { turn_detection: { type: 'server_vad', threshold: 0.4 } } } } },
      assumed: [{ path: 'session.turn_detection.type', value: 'server_vad' }],
    })
  })

  it('keeps the GA field when both exist', () => {
    expect(
      one({
        type: 'session.update',
        session: { type: 'realtime', output_modalities: ['text'], modalities: ['audio'] },
      }),
    ).toMatchObject({
      event: { session: { output_modalities: ['text'] } },
      dropped: [{ path: 'session.modalities', value: ['audio'], reason: '"output_modalities" is present too.' }],
    })
  })

  it('of a transcription session has its type, for any position of its settings', () => {
    const settings = { input_audio_format: 'pcm16', input_audio_transcription: { model: 'gpt-4o-transcribe' } }
    const upgraded = {
      type: 'session.update',
      session: {
        type: 'transcription',
        audio: {
          input: { format: { type: 'audio/pcm', rate: 24000 }, transcription: { model: 'gpt-4o-transcribe' } },
        },
      },
    }
    expect(one({ type: 'transcription_session.update', session: settings }).event).toEqual(upgraded)
    expect(one({ type: 'transcription_session.update', ...settings }).event).toEqual(upgraded)
  })
})

describe('toGA: a session of the server', () => {
  it('has a type, and keeps unknown fields', () => {
    const { event, dropped } = one({
      type: 'session.created',
      event_id: 'event_1',
      session: {
        id: 'sess_1',
        object: 'realtime.session',
        expires_at: 0,
        modalities: ['audio', 'text'],
        turn_detection: null,
        voice: 'alloy',
        custom_voice_id: null,
        client_secret: null,
        temperature: 0.8,
        animation: null,
      },
    })
    expect(event).toEqual({
      type: 'session.created',
      event_id: 'event_1',
      session: {
        type: 'realtime',
        id: 'sess_1',
        object: 'realtime.session',
        expires_at: 0,
        output_modalities: ['audio'],
        audio: { input: { turn_detection: null }, output: { voice: 'alloy' } },
        animation: null,
      },
    })
    expect(dropped.map(({ path }) => path)).toEqual([
      'session.custom_voice_id',
      'session.temperature',
      'session.client_secret',
    ])
  })

  it('keeps a custom voice', () => {
    const { event, dropped } = one({
      type: 'session.updated',
      event_id: 'event_1',
      session: { id: 'sess_1', voice: 'alloy', custom_voice_id: 'voice_1' },
    })
    expect(event).toMatchObject({ session: { audio: { output: { voice: { id: 'voice_1' } } } } })
    expect(dropped).toMatchObject([{ path: 'session.voice', value: 'alloy' }])
  })
})

describe('toGA: an item', () => {
  const user = {
    id: 'item_1',
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio', transcript: null }],
  }

  it('that is completed becomes added and done events', () => {
    const migration = toGA({
      type: 'conversation.item.created',
      event_id: 'event_1',
      previous_item_id: null,
      item: user,
    })
    expect(migration).toEqual({
      kind: 'events',
      events: [
        { type: 'conversation.item.added', event_id: 'event_1', previous_item_id: null, item: user },
        { type: 'conversation.item.done', event_id: 'event_1_done', previous_item_id: null, item: user },
      ],
      dropped: [],
      assumed: [],
    })
  })

  it('that is in progress becomes an added event', () => {
    const item = { ...user, role: 'assistant', status: 'in_progress', content: [] }
    expect(one({ type: 'conversation.item.created', event_id: 'event_1', item }).event).toEqual({
      type: 'conversation.item.added',
      event_id: 'event_1',
      item,
    })
  })

  it('of the assistant has output content types, and its streaming parts do not', () => {
    const item = {
      id: 'item_1',
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'audio', transcript: 'Hi' },
        { type: 'text', text: 'Hi' },
      ],
    }
    expect(
      one({ type: 'response.output_item.done', event_id: 'e', response_id: 'r', output_index: 0, item }).event,
    ).toMatchObject({
      item: {
        content: [
          { type: 'output_audio', transcript: 'Hi' },
          { type: 'output_text', text: 'Hi' },
        ],
      },
    })
    const part = {
      type: 'response.content_part.added',
      event_id: 'e',
      response_id: 'r',
      item_id: 'i',
      output_index: 0,
      content_index: 0,
      part: { type: 'audio' },
    }
    expect(one(part).event).toBe(part)
  })

  it('of a video track has an image without a URL', () => {
    const content = [{ type: 'input_image' }]
    const event = { type: 'conversation.item.retrieved', event_id: 'e', item: { ...user, content } }
    expect(one(event).event).toEqual(event)
  })
})

describe('toGA: other events', () => {
  it.each([
    ['response.text.delta', 'response.output_text.delta', { delta: 'a' }],
    ['response.audio_transcript.done', 'response.output_audio_transcript.done', { transcript: 'a' }],
  ])('%s becomes %s', (from, to, rest) => {
    const fields = { event_id: 'e', response_id: 'r', item_id: 'i', output_index: 0, content_index: 0, ...rest }
    expect(one({ type: from, ...fields }).event).toEqual({ type: to, ...fields })
  })

  it.each(['started', 'stopped', 'cleared'])('output_audio_buffer.audio_%s loses its prefix', (name) => {
    expect(one({ type: `output_audio_buffer.audio_${name}`, event_id: 'e', response_id: 'r' }).event).toEqual({
      type: `output_audio_buffer.${name}`,
      event_id: 'e',
      response_id: 'r',
    })
  })

  it('audio_end_ms is rounded to whole milliseconds', () => {
    expect(
      one({ type: 'conversation.item.truncate', item_id: 'i', content_index: 0, audio_end_ms: 1234.5 }),
    ).toMatchObject({
      event: { audio_end_ms: 1234 },
      dropped: [{ path: 'audio_end_ms', value: 1234.5 }],
    })
  })

  it('response.create is nested like a session, and can force a tool', () => {
    const { event } = one({
      type: 'response.create',
      response: {
        modalities: ['text'],
        voice: 'ash',
        output_audio_format: 'g711_alaw',
        max_response_output_tokens: 9,
        tool_choice: 'weather',
      },
    })
    expect(event).toEqual({
      type: 'response.create',
      response: {
        output_modalities: ['text'],
        audio: { output: { voice: 'ash', format: { type: 'audio/pcma' } } },
        max_output_tokens: 9,
        tool_choice: { type: 'function', name: 'weather' },
      },
    })
  })

  it('an event of an unknown type is unchanged', () => {
    const event = { type: 'response.sung', voice: 'alloy' }
    expect(one(event).event).toBe(event)
  })

  it('an append without audio becomes an empty append', () => {
    expect(one({ type: 'input_audio_buffer.append' })).toMatchObject({
      event: { type: 'input_audio_buffer.append', audio: '' },
      assumed: [{ path: 'audio', value: '' }],
    })
  })
})

describe('toGA: an event without a GA equivalent', () => {
  it('is reported with the reason', () => {
    const migration = toGA({ type: 'conversation.item.create' })
    if (migration.kind !== 'none') throw new Error(migration.kind)
    expect(migration.error.shortMessage).toBe(
      'The event "conversation.item.create" has no equivalent in GA: its item must be an object, but is missing.',
    )
    expect(migration.error.data.dialect).toBe('ga')
  })

  it.each([
    [null, 'null'],
    [[], 'an array'],
    ['text', 'a string'],
    [{}, 'an object without a type'],
    [{ type: 1 }, 'an object without a type'],
  ])('%j is not an event', (value, found) => {
    const migration = toGA(value)
    if (migration.kind !== 'invalid') throw new Error(migration.kind)
    expect(migration.error.shortMessage).toBe(
      `Expected an event, which is an object with a "type", but found ${found}. Pass a parsed event.`,
    )
  })
})
