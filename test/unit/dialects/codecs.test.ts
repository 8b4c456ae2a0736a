import { azureVoiceLive, beta, type Dialect, inworld, lenient, xai } from 'realtime-primitives/dialects'
import type { ClientEvent, ServerEvent } from 'realtime-primitives/protocol'
import { describe, expect, it } from 'vitest'

function codecOf(dialect: object, unaccepted: 'refuse' | 'leave out' = 'refuse') {
  const reports: string[] = []
  const dispatched: ServerEvent[] = []
  const codec = (dialect as Dialect).createCodec?.({
    report: (subject) => reports.push(subject),
    dispatch: (event) => dispatched.push(event),
    unaccepted,
  })
  if (!codec) throw new Error('the dialect has no codec')
  return {
    reports,
    dispatched,
    encode: (event: object) => JSON.parse(codec.encode(event as ClientEvent)),
    decode: (event: object) => (codec.decodeAll?.(JSON.stringify(event)) ?? []).map((decoded) => decoded.event),
  }
}

const update = (session: object) => ({ type: 'session.update', session })

describe('xai', () => {
  it('moves voice and turn detection to the top level, without a type', () => {
    const { encode } = codecOf(xai)
    const session = {
      type: 'realtime',
      instructions: 'x',
      audio: { input: { turn_detection: { type: 'server_vad' } }, output: { voice: 'ara' } },
    }
    expect(encode(update(session)).session).toEqual({
      instructions: 'x',
      turn_detection: { type: 'server_vad' },
      voice: 'ara',
    })
    const off = {
      type: 'realtime',
      audio: { input: { turn_detection: null, format: { type: 'audio/pcm', rate: 24000 } } },
    }
    expect(encode(update(off)).session).toEqual({
      turn_detection: { type: null },
      audio: { input: { format: { type: 'audio/pcm', rate: 24000 } } },
    })
  })

  it('sends its own settings, tools, rates, and events as they are', () => {
    const { encode, reports } = codecOf(xai)
    const session = {
      voice: 'eve',
      resumption: { enabled: true },
      reasoning: { effort: 'none' },
      tools: [{ type: 'x_search', allowed_x_handles: ['a'] }, { type: 'function', name: 'f' }, { type: 'web_search' }],
      audio: { input: { format: { type: 'audio/pcm', rate: 16000 } } },
    }
    expect(encode(update(session)).session).toEqual(session)
    const force = { type: 'conversation.item.create', item: { type: 'force_message', text: 'Hi' } }
    expect(encode(force)).toEqual(force)
    expect(reports).toEqual([])
  })

  it('refuses an unknown field, a wrong value, and an event that xAI lacks', () => {
    const { encode } = codecOf(xai)
    expect(() => encode(update({ instruction: 'x' }))).toThrow('session.instruction must be left out')
    expect(() => encode(update({ audio: { input: { format: { type: 'audio/pcm', rate: 4000 } } } }))).toThrow('rate')
    expect(() => encode(update({ tools: [{ type: 'z_search' }] }))).toThrow('session.tools[0].type')
    const truncate = { type: 'conversation.item.truncate', item_id: 'i', content_index: 0, audio_end_ms: 0 }
    expect(() => encode(truncate)).toThrow('session.lacks()')
  })

  it('reports text output, which xAI lacks', () => {
    const { encode, reports } = codecOf(xai)
    expect(encode(update({ output_modalities: ['text'] })).session).toEqual({})
    expect(encode({ type: 'response.create', response: { output_modalities: ['text'] } })).toEqual({
      type: 'response.create',
    })
    expect(reports).toEqual(['text_output', 'text_output'])
  })

  it('returns sessions, usage, and growing transcripts in the shape of GA', () => {
    const { decode } = codecOf(xai)
    const [created] = decode({
      type: 'session.created',
      session: { voice: 'ara', turn_detection: { type: null }, modalities: ['audio'] },
    })
    expect(created).toMatchObject({
      session: {
        type: 'realtime',
        output_modalities: ['audio'],
        audio: { input: { turn_detection: null }, output: { voice: 'ara' } },
      },
    })
    const [done] = decode({
      type: 'response.done',
      response: { id: 'r', status: 'completed', output: [], usage: {}, status_details: 'unimplemented' },
      usage: { total_tokens: 5 },
    })
    expect(done).toMatchObject({ response: { usage: { total_tokens: 5 } } })
    const updated = (transcript: string) => ({
      type: 'conversation.item.input_audio_transcription.updated',
      item_id: 'i',
      transcript,
    })
    expect(decode(updated('He'))).toMatchObject([{ delta: 'He' }])
    expect(decode(updated('Hello'))).toMatchObject([{ delta: 'llo' }])
    expect(decode(updated('Help'))).toMatchObject([{ type: updated('').type }])
  })
})

describe('azureVoiceLive', () => {
  it('sends GA settings flat, and its own settings as they are', () => {
    const { encode } = codecOf(azureVoiceLive)
    const own = {
      turn_detection: { type: 'azure_semantic_vad', remove_filler_words: true },
      input_audio_noise_reduction: { type: 'azure_deep_noise_suppression' },
      input_audio_echo_cancellation: { type: 'server_echo_cancellation' },
      voice: { type: 'azure-standard', name: 'en-US-Ava:DragonHDLatestNeural' },
      input_audio_sampling_rate: 24000,
    }
    expect(
      encode(update({ type: 'realtime', instructions: 'x', output_modalities: ['audio'], ...own })).session,
    ).toEqual({
      instructions: 'x',
      modalities: ['audio', 'text'],
      ...own,
    })
    const voiceOf = (voice: string) => encode(update({ type: 'realtime', audio: { output: { voice } } })).session.voice
    expect(voiceOf('alloy')).toEqual({ type: 'openai', name: 'alloy' })
    expect(voiceOf('en-US-AvaNeural')).toEqual({ type: 'azure-standard', name: 'en-US-AvaNeural' })
  })

  it('returns events of the beta in the shape of GA', () => {
    const { decode } = codecOf(azureVoiceLive)
    const place = { response_id: 'r', item_id: 'i', output_index: 0, content_index: 0 }
    expect(decode({ type: 'response.audio_transcript.delta', ...place, delta: 'x' })).toMatchObject([
      { type: 'response.output_audio_transcript.delta', delta: 'x' },
    ])
    const [created] = decode({ type: 'session.created', session: { voice: { type: 'openai', name: 'alloy' } } })
    expect(created).toMatchObject({ session: { type: 'realtime', audio: { output: { voice: 'alloy' } } } })
  })
})

describe('beta', () => {
  it('reports settings that the beta does not have', () => {
    const { encode, reports } = codecOf(beta)
    const session = { type: 'realtime', instructions: 'x', temperature: 0.7, truncation: 'auto' }
    expect(encode(update(session)).session).toEqual({ instructions: 'x', temperature: 0.7 })
    expect(reports).toEqual(['session.truncation'])
  })
})

describe('inworld', () => {
  it('sends both kinds of output, and a speech model', () => {
    const { encode } = codecOf(inworld)
    const session = {
      type: 'realtime',
      output_modalities: ['audio'],
      temperature: 1,
      audio: { output: { model: 'tts' } },
    }
    expect(encode(update(session)).session).toEqual({ ...session, output_modalities: ['audio', 'text'] })
  })
})

describe('lenient', () => {
  it('sends anything, and acknowledges the configuration by itself', async () => {
    const { encode, decode, dispatched } = codecOf(lenient)
    decode({ type: 'session.created', session: { id: 's' } })
    expect(encode(update({ anything: [1], extra: { more: true } })).session).toEqual({ anything: [1], more: true })
    expect(encode({ type: 'x.y', z: 1 })).toEqual({ type: 'x.y', z: 1 })
    await Promise.resolve()
    expect(dispatched).toMatchObject([{ type: 'session.updated', session: { id: 's', anything: [1] } }])
  })
})

describe('a codec that leaves out what its server does not accept', () => {
  it('keeps the rest, and reports the path of each field', () => {
    const { encode, reports } = codecOf(xai, 'leave out')
    const session = {
      instructions: 'x',
      temperature: 1,
      unknown: 1,
      tools: [{ type: 'mystery' }, { type: 'x_search' }, { type: 'function', name: 'f' }],
    }
    expect(encode(update(session)).session).toEqual({
      instructions: 'x',
      temperature: 1,
      tools: [{ type: 'x_search' }, { type: 'function', name: 'f' }],
    })
    expect(reports.sort()).toEqual(['session.tools[0]', 'session.unknown'])
  })
})
