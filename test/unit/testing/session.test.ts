import { describe, expect, test } from 'vitest'
import { createEmulator, createManualClock, silence } from '../../../src/testing/index.js'
import type { Transport } from '../../../src/transports/transport.js'
import { connectTo, inputConfig, said } from './client.js'
import { joined, room, speechLike } from './speech.js'

describe('a session', () => {
  test('is created with the whole resource, nulls included', async () => {
    const client = await connectTo({}, { model: 'gpt-realtime' })
    expect(client.events).toHaveLength(1)
    const { session } = client.last('session.created')
    expect(session).toEqual({
      type: 'realtime',
      object: 'realtime.session',
      id: expect.stringMatching(/^sess_\w+$/),
      model: 'gpt-realtime',
      output_modalities: ['audio'],
      instructions: expect.any(String),
      tools: [],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
      tracing: null,
      truncation: 'auto',
      prompt: null,
      expires_at: expect.any(Number),
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24000 },
          transcription: null,
          noise_reduction: null,
          turn_detection: {
            type: 'server_vad',
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 200,
            idle_timeout_ms: null,
            create_response: true,
            interrupt_response: true,
          },
        },
        output: { format: { type: 'audio/pcm', rate: 24000 }, voice: 'alloy', speed: 1 },
      },
      include: null,
    })
    const minutes = ((session.expires_at ?? 0) - Date.now() / 1000) / 60
    expect(minutes).toBeGreaterThan(58)
    expect(minutes).toBeLessThanOrEqual(60)
  })

  test('keeps omitted fields of an update, and disables features that are null', async () => {
    const client = await connectTo()
    await client.send(
      inputConfig({ transcription: { model: 'whisper-1', language: 'en' }, noise_reduction: { type: 'far_field' } }),
    )
    await client.send(inputConfig({ turn_detection: { type: 'server_vad', threshold: 0.7 } }))
    expect(client.last('session.updated').session.audio?.input).toEqual({
      format: { type: 'audio/pcm', rate: 24000 },
      transcription: { model: 'whisper-1', language: 'en', prompt: null },
      noise_reduction: { type: 'far_field' },
      turn_detection: {
        type: 'server_vad',
        threshold: 0.7,
        prefix_padding_ms: 300,
        silence_duration_ms: 500,
        idle_timeout_ms: null,
        create_response: true,
        interrupt_response: true,
      },
    })
    await client.send(inputConfig({ transcription: null, noise_reduction: null, turn_detection: null }))
    expect(client.last('session.updated').session.audio?.input).toEqual({
      format: { type: 'audio/pcm', rate: 24000 },
      transcription: null,
      noise_reduction: null,
      turn_detection: null,
    })
  })

  test('ignores a model in an update, and reports tools without a description', async () => {
    const client = await connectTo({}, { model: 'gpt-realtime' })
    await client.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        model: 'gpt-realtime-mini',
        tools: [{ type: 'function', name: 'f', parameters: {} }],
      },
    })
    expect(client.last('session.updated').session).toMatchObject({
      model: 'gpt-realtime',
      tools: [{ type: 'function', name: 'f', description: null, parameters: {} }],
    })
  })

  test('restores the default instructions for empty ones', async () => {
    const client = await connectTo()
    const { session } = client.last('session.created')
    await client.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Sing.' } })
    await client.send({ type: 'session.update', session: { type: 'realtime', instructions: '' } })
    expect(client.last('session.updated').session).toEqual(session)
  })

  test('ends after 60 minutes with an error and a clean close, and leaves no timer', async () => {
    const client = await connectTo({ script: [silence(Number.POSITIVE_INFINITY)] })
    await client.clock.advance(59 * 60_000)
    await client.send({ type: 'response.create' })
    expect(client.closes).toEqual([])
    await client.clock.advance(60_000)
    expect(client.events.at(-1)).toMatchObject({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'session_expired',
        message: 'Your session hit the maximum duration of 60 minutes.',
      },
    })
    expect(client.closes).toEqual([
      { code: 1001, reason: 'Your session hit the maximum duration of 60 minutes.', wasClean: true },
    ])
    expect(client.clock.pending).toBe(0)
  })

  test('leaves no timer after the client disconnects', async () => {
    const client = await connectTo()
    await client.send(inputConfig({ transcription: { model: 'whisper-1' } }))
    await client.speak(joined(room(500), speechLike(1000), room(700)))
    await client.clock.advance(200)
    expect(client.clock.pending).toBeGreaterThan(2)
    await client.close()
    await client.clock.advance(0)
    expect(client.clock.pending).toBe(0)
    const before = client.events.length
    await client.clock.advance(10_000)
    expect(client.events).toHaveLength(before)
  })
})

describe('a transcription session', () => {
  const configure = (input: object) => ({
    type: 'session.update',
    session: { type: 'transcription', audio: { input } },
  })

  test('is a resource of its own', async () => {
    const client = await connectTo({}, { intent: 'transcription' })
    expect(client.last('session.created').session).toEqual({
      type: 'transcription',
      object: 'realtime.transcription_session',
      id: expect.any(String),
      expires_at: expect.any(Number),
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24000 },
          transcription: null,
          noise_reduction: null,
          turn_detection: { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 },
        },
      },
      include: null,
    })
  })

  test('transcribes every turn and starts no response', async () => {
    const client = await connectTo({ hear: () => 'Words.' }, { intent: 'transcription' })
    await client.send(
      configure({
        transcription: { model: 'gpt-4o-transcribe' },
        turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
      }),
    )
    await client.speak(joined(room(500), speechLike(800), room(700), speechLike(800), room(700)))
    await client.clock.advance(3000)
    expect(
      client.all('conversation.item.input_audio_transcription.completed').map(({ transcript }) => transcript),
    ).toEqual(['Words.', 'Words.'])
    expect(client.all('response.created')).toEqual([])
  })

  test('refuses responses, the fields of a conversation, and detection with models that have none', async () => {
    const client = await connectTo({}, { intent: 'transcription' })
    const codeFor = async (event: object) => {
      await client.send(event)
      const { code, param } = client.last('error').error
      return [code, param]
    }
    expect(await codeFor({ type: 'response.create' })).toEqual(['invalid_value', 'type'])
    expect(await codeFor({ type: 'session.update', session: { type: 'realtime' } })).toEqual([
      'invalid_parameter',
      null,
    ])
    expect(await codeFor(configure({ turn_detection: { type: 'server_vad', create_response: false } }))).toEqual([
      'unknown_parameter',
      'session.audio.input.turn_detection.create_response',
    ])
    expect(
      await codeFor(
        configure({
          transcription: { model: 'gpt-realtime-whisper' },
          turn_detection: { type: 'server_vad' },
        }),
      ),
    ).toEqual(['invalid_value', 'session.audio.input.turn_detection'])
    expect(client.all('session.updated')).toEqual([])
  })
})

test('a transcription session: turns detection off when an update with gpt-realtime-whisper leaves it out', async () => {
  const client = await connectTo({}, { intent: 'transcription' })
  const input = { transcription: { model: 'gpt-realtime-whisper' } }
  await client.send({ type: 'session.update', session: { type: 'transcription', audio: { input } } })
  expect(client.all('error')).toEqual([])
  expect(client.last('session.updated').session.audio?.input?.turn_detection).toBeNull()
})

describe('model defaults', () => {
  test.each([
    ['gpt-realtime', 'alloy', 200],
    ['gpt-realtime-mini', 'alloy', 200],
    ['gpt-realtime-2.1', 'marin', 500],
    ['gpt-realtime-2.1-mini', 'marin', 500],
  ])('%s: has the voice %s and a silence of %i ms', async (model, voice, silence_duration_ms) => {
    const { session } = (await connectTo({}, { model })).last('session.created')
    expect(session).toMatchObject({
      audio: { output: { voice }, input: { turn_detection: { silence_duration_ms } } },
    })
  })

  test('turn detection that is enabled again gets the defaults of the model', async () => {
    const client = await connectTo({}, { model: 'gpt-realtime-2.1' })
    await client.send(inputConfig({ turn_detection: null }))
    await client.send(inputConfig({ turn_detection: { type: 'server_vad' } }))
    expect(client.last('session.updated').session.audio?.input?.turn_detection).toMatchObject({
      silence_duration_ms: 500,
    })
  })
})

describe('authentication', () => {
  async function knock(
    options: Parameters<typeof createEmulator>[0],
    request: Parameters<ReturnType<typeof createEmulator>['connect']>[0],
  ) {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, ...options })
    const transport = emulator.connect(request)
    const frames: string[] = []
    const codes: number[] = []
    transport.on('message', (frame) => frames.push(frame))
    transport.on('close', ({ code }) => codes.push(code))
    await transport.open()
    await clock.advance(0)
    const [first] = frames.map((frame) => JSON.parse(frame))
    return [first.type === 'error' ? first.error.code : first.type, ...codes]
  }

  test('rejects with an error event and a close', async () => {
    expect(await knock({ apiKey: 'sk-good' }, { model: 'gpt-realtime' })).toEqual(['invalid_api_key', 3000])
    expect(await knock({ apiKey: 'sk-good' }, { model: 'gpt-realtime', apiKey: 'sk-bad' })).toEqual([
      'invalid_api_key',
      3000,
    ])
    expect(await knock({ apiKey: 'sk-good' }, { model: 'gpt-realtime', apiKey: 'ek_unknown' })).toEqual([
      'invalid_api_key',
      3000,
    ])
    expect(await knock({}, {})).toEqual(['missing_model', 4000])
    expect(await knock({}, { model: 'gpt-4o-transcribe' })).toEqual(['invalid_model', 4000])
    expect(await knock({ models: ['gpt-realtime'] }, { model: 'gpt-realtime-9' })).toEqual(['invalid_model', 4000])
    expect(await knock({}, { model: 'gpt-realtime', intent: 'transcription' })).toEqual(['invalid_request_error', 4000])
    expect(await knock({}, { intent: 'chat' })).toEqual(['invalid_value', 4000])
    expect(await knock({}, { callId: 'rtc_1' })).toEqual(['call_id_not_found', 4000])
    expect(await knock({}, { model: 'gpt-realtime', asksForBeta: true })).toEqual(['beta_api_shape_disabled', 4000])
    expect(await knock({ apiKey: 'sk-good' }, { model: 'gpt-realtime', apiKey: 'sk-good' })).toEqual([
      'session.created',
    ])
  })

  test('accepts a client secret with its session until it expires', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, apiKey: 'sk-good' })
    const secret = emulator.mintClientSecret({
      expires_after: { anchor: 'created_at', seconds: 30 },
      session: { type: 'realtime', model: 'gpt-realtime-mini', instructions: 'Whisper.' },
    })
    if ('message' in secret) throw new Error(secret.message)
    expect(secret.value).toMatch(/^ek_\w{21}$/)
    expect(secret.session.expires_at).toBe(0)
    const events: { type: string; session?: object; error?: object }[] = []
    const connect = async (): Promise<Transport> => {
      const transport = emulator.connect({ apiKey: secret.value })
      transport.on('message', (frame) => events.push(JSON.parse(frame)))
      await transport.open()
      await clock.advance(0)
      return transport
    }
    await connect()
    expect(events.at(-1)).toMatchObject({
      type: 'session.created',
      session: { model: 'gpt-realtime-mini', instructions: 'Whisper.' },
    })
    await clock.advance(31_000)
    await connect()
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'invalid_api_key' } })
    await emulator.close()
  })

  test('starts a new session when a transport is opened again', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock })
    const transport = emulator.connect()
    const ids: string[] = []
    transport.on('message', (frame) => ids.push(JSON.parse(frame).session.id))
    for (const _ of [1, 2, 3]) {
      await transport.open()
      await clock.advance(0)
      expect(emulator.sessionCount).toBe(1)
      await transport.close()
      await clock.advance(0)
      expect(emulator.sessionCount).toBe(0)
    }
    expect(new Set(ids).size).toBe(3)
    expect(clock.pending).toBe(0)
  })

  test('closing the emulator closes every session with 1001', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock })
    const codes: number[] = []
    for (const _ of [1, 2]) {
      const transport = emulator.connect()
      transport.on('close', ({ code }) => codes.push(code))
      await transport.open()
    }
    await emulator.close()
    await clock.advance(0)
    expect(codes).toEqual([1001, 1001])
    expect(clock.pending).toBe(0)
  })
})

test('sessions of one emulator share its script and nothing else', async () => {
  const clock = createManualClock()
  const emulator = createEmulator({ clock })
  const transports = [emulator.connect(), emulator.connect()]
  const logs = transports.map((transport) => {
    const types: string[] = []
    transport.on('message', (frame) => types.push(JSON.parse(frame).type))
    return types
  })
  await Promise.all(transports.map((transport) => transport.open()))
  transports[0]?.send(JSON.stringify(said('only here')))
  await clock.advance(0)
  expect(logs).toEqual([['session.created', 'conversation.item.added', 'conversation.item.done'], ['session.created']])
})
