import { isMigrationError, toBeta } from 'realtime-primitives/migrate'
import { describe, expect, it } from 'vitest'

function one(event: unknown) {
  const migration = toBeta(event)
  if (migration.kind !== 'events') throw migration.error
  expect(migration.events).toHaveLength(1)
  return { ...migration, event: migration.events[0] }
}

describe('toBeta: client events', () => {
  it('session.update is flat and contains only beta fields', () => {
    const { event, dropped } = one({
      type: 'session.update',
      session: {
        type: 'realtime',
        output_modalities: ['audio'],
        audio: {
          input: {
            format: { type: 'audio/pcm', rate: 24000 },
            transcription: { model: 'whisper-1', delay: 'low' },
            turn_detection: { type: 'server_vad', idle_timeout_ms: 5000 },
          },
          output: { voice: { id: 'voice_1' }, speed: 1 },
        },
        max_output_tokens: 100,
        truncation: 'auto',
        tools: [
          { type: 'function', name: 'a' },
          { type: 'mcp', server_label: 'b' },
        ],
      },
    })
    expect(event).toEqual({
      type: 'session.update',
      session: {
        modalities: ['audio', 'text'],
        speed: 1,
        input_audio_format: 'pcm16',
        input_audio_transcription: { model: 'whisper-1' },
        turn_detection: { type: 'server_vad' },
        max_response_output_tokens: 100,
        tools: [{ type: 'function', name: 'a' }],
      },
    })
    expect(dropped.map(({ path }) => path).sort()).toEqual([
      'session.audio.input.transcription.delay',
      'session.audio.input.turn_detection.idle_timeout_ms',
      'session.audio.output.voice',
      'session.tools[1]',
      'session.truncation',
    ])
  })

  it('session.update of a transcription session has its own type', () => {
    expect(
      one({ type: 'session.update', session: { type: 'transcription', audio: { input: { turn_detection: null } } } })
        .event,
    ).toEqual({
      type: 'transcription_session.update',
      session: { turn_detection: null },
    })
  })

  it('assistant audio becomes text', () => {
    const item = {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_audio', transcript: 'Hi', audio: 'AAAA' }],
    }
    expect(one({ type: 'conversation.item.create', item })).toMatchObject({
      event: { item: { content: [{ type: 'text', text: 'Hi' }] } },
      dropped: [{ path: 'item.content[0]', value: { type: 'output_audio', transcript: 'Hi', audio: 'AAAA' } }],
    })
  })

  it('images are omitted, and MCP items are not sent', () => {
    const item = { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'data:' }] }
    expect(one({ type: 'conversation.item.create', item })).toMatchObject({
      event: { item: { content: [] } },
      dropped: [{ path: 'item.content[0]' }],
    })
    expect(toBeta({ type: 'conversation.item.create', item: { type: 'mcp_approval_response' } }).kind).toBe('none')
  })
})

describe('toBeta: server events', () => {
  it('keep fields that beta does not know', () => {
    expect(
      one({
        type: 'session.updated',
        event_id: 'e',
        session: {
          type: 'realtime',
          id: 's',
          truncation: 'auto',
          audio: { input: { format: { type: 'audio/pcm', rate: 8000 } }, output: { voice: { id: 'v' }, pitch: 1 } },
        },
      }),
    ).toMatchObject({
      event: {
        type: 'session.updated',
        session: {
          id: 's',
          truncation: 'auto',
          input_audio_format: 'pcm16_8000hz',
          custom_voice_id: 'v',
          audio: { output: { pitch: 1 } },
        },
      },
      dropped: [],
    })
  })

  it('of a transcription session have their own names', () => {
    expect(one({ type: 'session.created', event_id: 'e', session: { type: 'transcription', id: 's' } }).event).toEqual({
      type: 'transcription_session.created',
      event_id: 'e',
      session: { id: 's' },
    })
  })

  it('without a beta equivalent are reported with the reason', () => {
    const migration = toBeta({ type: 'conversation.item.done', event_id: 'e', item: { id: 'i' } })
    if (migration.kind !== 'none') throw new Error(migration.kind)
    expect(isMigrationError(migration.error, 'NO_EQUIVALENT')).toBe(true)
    expect(migration.error.shortMessage).toBe(
      'The event "conversation.item.done" has no equivalent in the beta: the beta reports an item once, with conversation.item.created, and its completion with response.output_item.done.',
    )
  })
})
