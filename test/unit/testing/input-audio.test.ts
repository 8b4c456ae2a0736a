import { describe, expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from '../../../src/audio/base64.js'
import { decodeMuLaw, encodeMuLaw } from '../../../src/audio/g711.js'
import { fail, reply } from '../../../src/testing/index.js'
import { connectTo, inputConfig, type TestClient } from './client.js'
import { joined, rate, room, speechLike } from './speech.js'

const vad = (detection: object = {}) =>
  inputConfig({ turn_detection: { type: 'server_vad', silence_duration_ms: 500, ...detection } })

function echoOf(client: TestClient): Int16Array {
  const bytes = client.all('response.output_audio.delta').map(({ delta }) => new Int16Array(decodeBase64(delta).buffer))
  return joined(...bytes)
}

describe('a spoken turn', () => {
  test('has its events in the order of real traffic', async () => {
    const client = await connectTo()
    await client.send(vad())
    client.fresh()
    await client.speak(joined(room(1000), speechLike(1500), room(900)))
    expect(client.fresh()).toEqual([
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
    ])
    const { item_id, audio_start_ms } = client.last('input_audio_buffer.speech_started')
    expect(client.last('input_audio_buffer.speech_stopped').item_id).toBe(item_id)
    expect(client.last('input_audio_buffer.committed')).toMatchObject({ item_id, previous_item_id: null })
    expect(client.last('conversation.item.done').item).toEqual({
      id: item_id,
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    })
    // 300 ms of prefix padding before a start at 1000 ms.
    expect(audio_start_ms).toBeGreaterThanOrEqual(660)
    expect(audio_start_ms).toBeLessThanOrEqual(720)
  })

  test('is returned as echo, sample for sample', async () => {
    const client = await connectTo()
    await client.send(vad())
    const said = joined(room(1000, { noiseDb: -70 }), speechLike(1500), room(2000, { noiseDb: -70 }))
    await client.speak(said)
    await client.clock.advance(5000)
    const from = (Number(client.last('input_audio_buffer.speech_started').audio_start_ms) * rate) / 1000
    const to = (Number(client.last('input_audio_buffer.speech_stopped').audio_end_ms) * rate) / 1000
    expect(echoOf(client)).toEqual(said.slice(from, to))
    expect(client.last('response.output_audio_transcript.done').transcript).toBe(
      `[${((to - from) / rate).toFixed(1)} s of speech]`,
    )
  })

  test('has the configured padding', async () => {
    for (const prefix_padding_ms of [0, 100, 600]) {
      const client = await connectTo()
      await client.send(vad({ prefix_padding_ms }))
      await client.speak(joined(room(1000), speechLike(800)))
      const { audio_start_ms } = client.last('input_audio_buffer.speech_started')
      expect(Math.abs((audio_start_ms ?? -1) - (1000 - prefix_padding_ms))).toBeLessThanOrEqual(40)
    }
  })

  test('continues when the turn detection changes, and stops after the new silence', async () => {
    const client = await connectTo()
    await client.send(vad({ silence_duration_ms: 1000 }))
    await client.speak(speechLike(800))
    await client.send(vad({ silence_duration_ms: 200, threshold: 0.9, create_response: false }))
    await client.speak(room(400))
    const { item_id } = client.last('input_audio_buffer.speech_started')
    expect(client.all('input_audio_buffer.speech_stopped').map((event) => event.item_id)).toEqual([item_id])
    await client.speak(joined(speechLike(800), room(400)))
    expect(client.all('input_audio_buffer.speech_stopped')).toHaveLength(2)
  })

  test('never starts before the end of the previous one', async () => {
    const client = await connectTo()
    await client.send(vad({ silence_duration_ms: 200, create_response: false }))
    await client.speak(joined(speechLike(800), room(260), speechLike(800), room(800)))
    const [, second] = client.all('input_audio_buffer.speech_started')
    const [first] = client.all('input_audio_buffer.speech_stopped')
    expect(second?.audio_start_ms).toBe(first?.audio_end_ms)
    expect(client.all('input_audio_buffer.committed').map(({ previous_item_id }) => previous_item_id)).toEqual([
      null,
      first?.item_id,
    ])
  })

  test('starts no response when create_response is off', async () => {
    const client = await connectTo()
    await client.send(vad({ create_response: false }))
    await client.speak(joined(speechLike(800), room(800)))
    expect(client.all('input_audio_buffer.committed')).toHaveLength(1)
    expect(client.all('response.created')).toHaveLength(0)
  })

  test('ends the response it interrupts before it is committed', async () => {
    const client = await connectTo({ script: [reply('A story.', { audio: room(8000) })] })
    await client.send(vad())
    await client.send({ type: 'response.create' })
    await client.clock.advance(500)
    client.fresh()
    await client.speak(joined(speechLike(800), room(800)))
    const types = client.fresh()
    expect(types[0]).toBe('input_audio_buffer.speech_started')
    expect(types.indexOf('response.done')).toBeLessThan(types.indexOf('input_audio_buffer.speech_stopped'))
    expect(client.last('response.done').response.status_details).toEqual({ type: 'cancelled', reason: 'turn_detected' })
  })

  test('interrupts nothing when interrupt_response is off, and may then find a response active', async () => {
    const client = await connectTo({ script: [reply('A story.', { audio: room(8000) })] })
    await client.send(vad({ interrupt_response: false }))
    await client.send({ type: 'response.create' })
    await client.clock.advance(500)
    await client.speak(joined(speechLike(800), room(800)))
    expect(client.all('response.done')).toHaveLength(0)
    expect(client.last('error').error).toMatchObject({
      code: 'conversation_already_has_active_response',
      event_id: null,
    })
  })

  test('continues after an update that does not change its detection', async () => {
    const client = await connectTo()
    await client.send(vad())
    await client.speak(speechLike(600))
    await client.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief.' } })
    await client.send(vad())
    await client.speak(joined(speechLike(400), room(700)))
    expect(client.all('input_audio_buffer.committed')).toHaveLength(1)
  })

  test('waits longer with a less eager semantic detection', async () => {
    for (const [eagerness, turns] of [
      ['high', 2],
      ['auto', 1],
      ['low', 1],
    ] as const) {
      const client = await connectTo()
      await client.send(inputConfig({ turn_detection: { type: 'semantic_vad', eagerness, create_response: false } }))
      await client.speak(joined(speechLike(800), room(600), speechLike(800), room(2000)))
      expect(client.all('input_audio_buffer.committed'), eagerness).toHaveLength(turns)
    }
  })
})

describe('the input buffer without turn detection', () => {
  test('is committed completely, without a response', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ turn_detection: null }))
    const said = speechLike(700)
    await client.speak(said)
    client.fresh()
    await client.send({ type: 'input_audio_buffer.commit' })
    expect(client.fresh()).toEqual([
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
    ])
    await client.send({ type: 'response.create' })
    await client.clock.advance(2000)
    expect(echoOf(client)).toEqual(said)
  })

  test('rejects a commit below 100 ms with the buffered duration', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ turn_detection: null }))
    await client.speak(room(99))
    await client.send({ type: 'input_audio_buffer.commit' })
    expect(client.last('error').error.message).toContain('only has 99.00ms of audio')
    await client.speak(room(1))
    await client.send({ type: 'input_audio_buffer.commit' })
    expect(client.all('input_audio_buffer.committed')).toHaveLength(1)
  })

  test('is empty after a clear', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ turn_detection: null }))
    await client.speak(room(500))
    await client.send({ type: 'input_audio_buffer.clear' })
    expect(client.all('input_audio_buffer.cleared')).toHaveLength(1)
    await client.send({ type: 'input_audio_buffer.commit' })
    expect(client.last('error').error.code).toBe('input_audio_buffer_commit_empty')
  })

  test('joins samples that are split between chunks', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ turn_detection: null }))
    const said = speechLike(300)
    const bytes = new Uint8Array(said.buffer)
    for (const [from, to] of [
      [0, 7],
      [7, 8],
      [8, 9001],
      [9001, bytes.length],
    ]) {
      await client.send({ type: 'input_audio_buffer.append', audio: encodeBase64(bytes.slice(from, to)) })
    }
    await client.send({ type: 'input_audio_buffer.commit' })
    await client.send({ type: 'response.create' })
    await client.clock.advance(1000)
    expect(echoOf(client)).toEqual(said)
  })

  test('holds no more than 15 minutes', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ turn_detection: null, format: { type: 'audio/pcmu' } }))
    const audio = encodeBase64(new Uint8Array(8_000 * 60).fill(0xff))
    for (let minute = 0; minute < 15; minute++) await client.send({ type: 'input_audio_buffer.append', audio })
    expect(client.all('error')).toEqual([])
    await client.send({ type: 'input_audio_buffer.append', audio })
    expect(client.last('error').error.code).toBe('input_audio_buffer_full')
  })
})

describe('a commit by the client during speech', () => {
  test('uses the announced identifier and sends no speech_stopped', async () => {
    const client = await connectTo()
    await client.send(vad())
    await client.speak(joined(room(500), speechLike(800)))
    await client.send({ type: 'input_audio_buffer.commit' })
    const { item_id } = client.last('input_audio_buffer.speech_started')
    expect(client.last('input_audio_buffer.committed').item_id).toBe(item_id)
    await client.speak(room(2000))
    expect(client.all('input_audio_buffer.speech_stopped')).toHaveLength(0)
  })
})

describe('telephone formats', () => {
  test('mu-law is returned as the same bytes', async () => {
    const client = await connectTo()
    await client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        audio: {
          input: { format: { type: 'audio/pcmu' }, turn_detection: null },
          output: { format: { type: 'audio/pcmu' } },
        },
      },
    })
    const bytes = encodeMuLaw(speechLike(800, { rate: 8_000 }))
    await client.send({ type: 'input_audio_buffer.append', audio: encodeBase64(bytes) })
    await client.send({ type: 'input_audio_buffer.commit' })
    await client.send({ type: 'response.create' })
    await client.clock.advance(2000)
    const echoed = client.all('response.output_audio.delta').map(({ delta }) => decodeMuLaw(decodeBase64(delta)))
    expect(joined(...echoed)).toEqual(decodeMuLaw(bytes))
    expect(client.last('response.created').response.audio?.output?.format).toEqual({ type: 'audio/pcmu' })
  })

  test('A-law input gives PCM output of the same length', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ format: { type: 'audio/pcma' }, turn_detection: null }))
    await client.send({ type: 'input_audio_buffer.append', audio: encodeBase64(new Uint8Array(4000).fill(0xd5)) })
    await client.send({ type: 'input_audio_buffer.commit' })
    await client.send({ type: 'response.create' })
    await client.clock.advance(2000)
    expect(echoOf(client)).toHaveLength(12_000)
  })

  test('a change of format does not reset the milliseconds', async () => {
    const client = await connectTo()
    await client.send(vad({ prefix_padding_ms: 0 }))
    await client.speak(room(2000))
    await client.send(inputConfig({ format: { type: 'audio/pcmu' } }))
    const bytes = encodeMuLaw(joined(room(500, { rate: 8_000 }), speechLike(800, { rate: 8_000 })))
    await client.send({ type: 'input_audio_buffer.append', audio: encodeBase64(bytes) })
    expect(
      Math.abs(Number(client.last('input_audio_buffer.speech_started').audio_start_ms) - 2500),
    ).toBeLessThanOrEqual(40)
  })
})

describe('the idle timeout', () => {
  test('commits the silence after a played response and starts a response', async () => {
    const client = await connectTo({
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      script: [reply('Hello.', { audio: room(2000) })],
    })
    await client.send(vad({ idle_timeout_ms: 5000, create_response: false }))
    await client.send({ type: 'response.create' })
    await client.speak(room(6900))
    expect(client.all('input_audio_buffer.timeout_triggered')).toHaveLength(0)
    client.fresh()
    await client.speak(room(200))
    expect(client.fresh().slice(0, 5)).toEqual([
      'input_audio_buffer.timeout_triggered',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
    ])
    expect(client.last('input_audio_buffer.timeout_triggered')).toMatchObject({
      audio_start_ms: 2000,
      audio_end_ms: 7000,
    })
  })

  test('is cancelled by speech', async () => {
    const client = await connectTo({
      pace: Number.POSITIVE_INFINITY,
      latencyMs: 0,
      script: [reply('Hello.', { audio: room(100) })],
    })
    await client.send(vad({ idle_timeout_ms: 5000, create_response: false }))
    await client.send({ type: 'response.create' })
    await client.speak(joined(room(3000), speechLike(600), room(9000)))
    expect(client.all('input_audio_buffer.timeout_triggered')).toHaveLength(0)
  })
})

describe('the transcript of a turn', () => {
  const transcribed = (model: string, rest: object = {}) => ({
    type: 'session.update',
    session: {
      type: 'realtime',
      ...rest,
      audio: { input: { transcription: { model }, turn_detection: { type: 'server_vad', silence_duration_ms: 500 } } },
    },
  })
  const turn = joined(room(500), speechLike(1000), room(700))

  test('is streamed after the response has started, with its own usage', async () => {
    const client = await connectTo({ hear: () => 'Good morning, dear.' })
    await client.send(transcribed('gpt-4o-transcribe'))
    await client.speak(turn)
    const itemId = client.last('input_audio_buffer.committed').item_id
    expect(client.all('conversation.item.input_audio_transcription.delta')).toHaveLength(0)
    await client.clock.advance(3000)
    const types = client.events.map(({ type }) => type)
    expect(types.indexOf('conversation.item.input_audio_transcription.delta')).toBeGreaterThan(
      types.indexOf('response.output_item.added'),
    )
    const deltas = client.all('conversation.item.input_audio_transcription.delta')
    expect(deltas.map(({ delta }) => delta)).toEqual(['Good', ' morning', ',', ' dear', '.'])
    const completed = client.last('conversation.item.input_audio_transcription.completed')
    expect(completed).toMatchObject({ item_id: itemId, content_index: 0, transcript: 'Good morning, dear.' })
    expect(completed.usage).toMatchObject({ type: 'tokens', output_tokens: 5 })
    await client.send({ type: 'conversation.item.retrieve', item_id: itemId })
    expect(client.last('conversation.item.retrieved').item).toMatchObject({
      content: [{ transcript: 'Good morning, dear.' }],
    })
  })

  test('is streamed during the speech with gpt-realtime-whisper, and completed after the commit', async () => {
    const calls: string[] = []
    const client = await connectTo({
      hear: ({ itemId }) => {
        calls.push(itemId)
        return 'one two three four five'
      },
    })
    await client.send(transcribed('gpt-realtime-whisper'))
    client.fresh()
    await client.speak(turn)
    expect(client.fresh()).toEqual([
      'input_audio_buffer.speech_started',
      ...Array(3).fill('conversation.item.input_audio_transcription.delta'),
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
    ])
    await client.clock.advance(3000)
    const itemId = client.last('input_audio_buffer.committed').item_id
    const deltas = client.all('conversation.item.input_audio_transcription.delta')
    expect(deltas.map(({ delta }) => delta).join('')).toBe('one two three four five')
    expect(new Set(deltas.map(({ item_id }) => item_id))).toEqual(new Set([itemId]))
    expect(client.all('conversation.item.input_audio_transcription.completed')).toMatchObject([
      { item_id: itemId, transcript: 'one two three four five' },
    ])
    expect(calls).toEqual([itemId])
  })

  test('fails once with gpt-realtime-whisper when transcribe returns a failure', async () => {
    const client = await connectTo({ hear: () => fail({ code: 'audio_unintelligible' }) })
    await client.send(transcribed('gpt-realtime-whisper'))
    await client.speak(turn)
    await client.clock.advance(3000)
    expect(client.all('conversation.item.input_audio_transcription.delta')).toEqual([])
    expect(client.all('conversation.item.input_audio_transcription.failed')).toHaveLength(1)
  })

  test('is sent for audio that a client puts into the conversation', async () => {
    const client = await connectTo({ hear: () => 'What is the time?' })
    await client.send(transcribed('gpt-4o-transcribe'))
    const audio = encodeBase64(new Uint8Array(48_000))
    const content = [{ type: 'input_audio', audio }]
    await client.send({ type: 'conversation.item.create', item: { id: 'a', type: 'message', role: 'user', content } })
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    expect(client.all('conversation.item.input_audio_transcription.completed')).toMatchObject([
      { item_id: 'a', transcript: 'What is the time?' },
    ])
    expect(client.last('response.output_audio_transcript.done').transcript).toBe('What is the time?')
  })

  test('is not sent for created audio that has a transcript', async () => {
    const client = await connectTo({ hear: () => 'Wrong.' })
    await client.send(transcribed('gpt-4o-transcribe'))
    const content = [{ type: 'input_audio', audio: encodeBase64(new Uint8Array(48_000)), transcript: 'Known.' }]
    await client.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } })
    await client.send({ type: 'response.create' })
    await client.clock.advance(5000)
    expect(client.events.filter(({ type }) => type.includes('transcription'))).toEqual([])
    expect(client.last('response.output_audio_transcript.done').transcript).toBe('Known.')
  })

  test('has usage in seconds with whisper, and logprobs on request', async () => {
    const client = await connectTo({ hear: () => 'Yes.' })
    await client.send(transcribed('gpt-realtime-whisper', { include: ['item.input_audio_transcription.logprobs'] }))
    await client.speak(turn)
    await client.clock.advance(3000)
    const completed = client.last('conversation.item.input_audio_transcription.completed')
    expect(completed.usage).toEqual({ type: 'duration', seconds: 2 })
    expect(completed.logprobs).toHaveLength(2)
  })

  test('fails when transcribe returns a failure, and the session continues', async () => {
    const client = await connectTo({
      hear: () => fail({ type: 'transcription_error', code: 'audio_unintelligible', message: 'What?' }),
    })
    await client.send(transcribed('whisper-1'))
    await client.speak(turn)
    await client.clock.advance(3000)
    expect(client.last('conversation.item.input_audio_transcription.failed').error).toEqual({
      type: 'transcription_error',
      code: 'audio_unintelligible',
      message: 'What?',
      param: null,
    })
    expect(client.last('response.done').response.status).toBe('completed')
  })

  test('is not sent for a deleted item', async () => {
    const client = await connectTo({ hear: () => 'Never mind.' })
    await client.send(transcribed('whisper-1'))
    await client.speak(turn)
    await client.send({
      type: 'conversation.item.delete',
      item_id: client.last('input_audio_buffer.committed').item_id,
    })
    await client.clock.advance(3000)
    expect(client.all('conversation.item.input_audio_transcription.completed')).toHaveLength(0)
  })

  test('is passed to the script without transcription enabled', async () => {
    const heard: string[] = []
    const client = await connectTo({
      hear: ({ durationMs }) => `about ${Math.round(durationMs / 1000)} seconds`,
      script: ({ text }) => {
        heard.push(text)
        return reply('I see.')
      },
    })
    await client.send(vad())
    await client.speak(turn)
    expect(heard).toEqual(['about 2 seconds'])
  })
})
