import {
  createTranscriptionSession,
  createTranslationSession,
  memoryPair,
  type TranscriptionOptions,
} from 'realtime-primitives'
import { createEmulator, createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { type Droppable, droppable } from '../../support/droppable.js'
import { type Json, settle } from '../../support/peer.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'

const vad = { transcription: { model: 'gpt-transcribe' }, turn_detection: { type: 'server_vad' as const } }
const pushToTalk = { transcription: { model: 'gpt-realtime-whisper' }, turn_detection: null }
type Input = typeof vad | typeof pushToTalk

const resourceOf = (input: Input | object) => ({
  type: 'transcription',
  id: 'sess_1',
  object: 'realtime.transcription_session',
  audio: { input },
})

/** A transcription session whose server is played by the test. */
function scripted(input: Input, options: Partial<TranscriptionOptions> = {}) {
  const server = droppable()
  const clock = createManualClock()
  const session = createTranscriptionSession({
    transport: server.transport,
    clock,
    config: { audio: { input } },
    ...options,
  })
  return { server, clock, session, last: () => server.connections.at(-1) ?? [] }
}

async function greet({ sendEvents }: Droppable, input: Input | object): Promise<void> {
  await settle()
  sendEvents({ type: 'session.created', session: resourceOf({}) })
  await settle()
  sendEvents({ type: 'session.updated', session: resourceOf(input) })
  await settle()
}

async function connected(input: Input, options: Partial<TranscriptionOptions> = {}) {
  const peer = scripted(input, options)
  const connecting = peer.session.connect()
  await greet(peer.server, input)
  await connecting
  return peer
}

async function reconnected(peer: Awaited<ReturnType<typeof connected>>, input: Input): Promise<void> {
  peer.server.restore()
  await greet(peer.server, input)
}

const committed = (item_id: string): Json => ({ type: 'input_audio_buffer.committed', item_id, previous_item_id: null })
const transcribed = (item_id: string, transcript: string): Json => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id,
  content_index: 0,
  transcript,
})
const stopped = (item_id: string, audio_end_ms: number): Json => ({
  type: 'input_audio_buffer.speech_stopped',
  item_id,
  audio_end_ms,
})
const updated: Json = { type: 'session.updated', session: resourceOf(vad) }
const emptyBuffer = (request: Json | undefined): Json => ({
  type: 'error',
  error: {
    type: 'invalid_request_error',
    code: 'input_audio_buffer_commit_empty',
    message: 'The buffer is too small.',
    param: null,
    event_id: request?.event_id,
  },
})
const typesOf = (events: readonly Json[]) => events.map(({ type }) => type)
const commits = (events: readonly Json[]) => typesOf(events).filter((type) => type === 'input_audio_buffer.commit')
const outcomeOf = (promise: Promise<unknown>) => {
  const outcome: { value?: unknown; code?: unknown } = {}
  promise.then(
    (value) => Object.assign(outcome, { value }),
    (error) => Object.assign(outcome, { code: error.code }),
  )
  return outcome
}

describe('finish of a transcription session', () => {
  it.each([0, 30, 100, 400])(
    'transcribes every sentence of a file that was sent at once, at %i ms of latency',
    async (latencyMs) => {
      const clock = createManualClock()
      let sentences = 0
      const emulator = createEmulator({ clock, latencyMs, hear: () => `sentence ${++sentences}` })
      const session = createTranscriptionSession({
        transport: emulator.connect({ intent: 'transcription' }),
        clock,
        config: { audio: { input: vad } },
      })
      const connecting = session.connect()
      await clock.advance(5_000)
      await connecting
      const file = joined(vowel(1500), silentSamples(900), vowel(1200), silentSamples(900), vowel(1700))
      for (let at = 0; at < file.length; at += 9_600) session.audio.append(file.subarray(at, at + 9_600))
      const finishing = session.finish()
      await clock.advance(20_000)
      expect((await finishing).map(({ text, status }) => [text, status])).toEqual([
        ['sentence 1', 'completed'],
        ['sentence 2', 'completed'],
        ['sentence 3', 'completed'],
      ])
      expect(clock.pending).toBe(0)
    },
  )

  it('makes no turn of silence that the server has yet to read', async () => {
    const clock = createManualClock()
    const session = createTranscriptionSession({
      transport: createEmulator({ clock, latencyMs: 80, hear: () => 'words' }).connect({ intent: 'transcription' }),
      clock,
      config: { audio: { input: vad } },
    })
    const connecting = session.connect()
    await clock.advance(1_000)
    await connecting
    session.audio.append(joined(vowel(900), silentSamples(2_000)))
    const finishing = session.finish()
    await clock.advance(20_000)
    expect((await finishing).map(({ text }) => text)).toEqual(['words'])
  })

  it('commits loud audio in which the server detected no turn', async () => {
    const peer = await connected(vad)
    peer.session.audio.append(vowel(300))
    const finishing = peer.session.finish()
    peer.server.sendEvents(updated)
    await settle()
    expect(peer.last().at(-1)?.type).toBe('input_audio_buffer.commit')
    peer.server.sendEvents(committed('a'), transcribed('a', 'no'))
    expect((await finishing).map(({ text }) => text)).toEqual(['no'])
  })

  it.each([
    ['bytes', (pcm: Int16Array) => new Uint8Array(pcm.buffer)],
    ['base64', (pcm: Int16Array) => Buffer.from(pcm.buffer).toString('base64')],
    ['floats', (pcm: Int16Array) => Float32Array.from(pcm, (sample) => sample / 32_768)],
  ])('commits no silence appended as %s', async (_, encode) => {
    const peer = await connected(vad)
    peer.session.audio.append(encode(Int16Array.from({ length: 12_000 }, (_value, at) => (at % 2 ? 90 : -90))))
    const finishing = peer.session.finish()
    peer.server.sendEvents(updated)
    await settle()
    expect(commits(peer.last())).toEqual([])
    expect(await finishing).toEqual([])
  })

  it.each([
    ['audio/pcmu', 0xff, 0x80],
    ['audio/pcma', 0xd5, 0xaa],
  ])('tells silence from loud audio in %s', async (type, quiet, loud) => {
    for (const [byte, expected] of [
      [quiet, []],
      [loud, ['input_audio_buffer.commit']],
    ] as const) {
      const input = { ...vad, format: { type } } as typeof vad
      const peer = await connected(input)
      peer.session.audio.append(new Uint8Array(1_600).fill(byte))
      const finishing = peer.session.finish()
      peer.server.sendEvents({ type: 'session.updated', session: resourceOf(input) })
      await settle()
      expect(commits(peer.last())).toEqual(expected)
      peer.server.sendEvents(emptyBuffer(peer.last().at(-1)))
      await finishing
    }
  })

  it('waits for a turn that the server announced and has yet to commit', async () => {
    const peer = await connected(vad)
    peer.session.audio.append(silentSamples(200))
    const finishing = peer.session.finish()
    const outcome = outcomeOf(finishing)
    peer.server.sendEvents(stopped('a', 200), updated)
    await settle()
    expect(outcome).toEqual({})
    peer.server.sendEvents(committed('a'))
    await settle()
    expect(outcome).toEqual({})
    peer.server.sendEvents(transcribed('a', 'late'))
    expect((await finishing).map(({ text }) => text)).toEqual(['late'])
  })

  it('ends when the server has nothing to commit of speech it announced', async () => {
    const peer = await connected(vad)
    peer.session.audio.append(vowel(60))
    peer.server.sendEvents({ type: 'input_audio_buffer.speech_started', item_id: 'a', audio_start_ms: 0 })
    const finishing = peer.session.finish()
    peer.server.sendEvents(updated)
    await settle()
    peer.server.sendEvents(emptyBuffer(peer.last().at(-1)))
    expect(await finishing).toEqual([])
  })

  it('synchronizes by a refusal as well as by an acknowledgement', async () => {
    const peer = await connected(vad)
    const finishing = peer.session.finish()
    const request = peer.last().at(-1)
    expect(request).toMatchObject({ type: 'session.update', session: { type: 'transcription' } })
    peer.server.sendEvents({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'no', event_id: request?.event_id },
    })
    expect(await finishing).toEqual([])
  })

  it('does not wait for transcripts when transcription is off', async () => {
    const peer = await connected({ ...pushToTalk, transcription: null } as never)
    peer.session.audio.append(vowel(300))
    const finishing = peer.session.finish()
    peer.server.sendEvents(committed('a'))
    expect((await finishing).map(({ status }) => status)).toEqual(['committed'])
  })

  it('commits after the handshake when it is called during the handshake', async () => {
    const { server, session, last } = scripted(pushToTalk)
    const connecting = session.connect()
    await settle()
    session.audio.append(vowel(300))
    const finishing = session.finish()
    // Until its configuration is acknowledged, the server reports its own turn detection.
    server.sendEvents({ type: 'session.created', session: resourceOf({ turn_detection: { type: 'server_vad' } }) })
    await settle()
    expect(commits(last())).toEqual([])
    server.sendEvents({ type: 'session.updated', session: resourceOf(pushToTalk) })
    await connecting
    await settle()
    expect(typesOf(last()).slice(1)).toEqual(['input_audio_buffer.append', 'input_audio_buffer.commit'])
    server.sendEvents(committed('a'), transcribed('a', 'words'))
    expect((await finishing).map(({ text }) => text)).toEqual(['words'])
  })

  it('waits for the restore while the session reconnects', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    peer.server.drop()
    const finishing = peer.session.finish()
    const outcome = outcomeOf(finishing)
    await settle()
    expect(outcome).toEqual({})
    await reconnected(peer, pushToTalk)
    expect(typesOf(peer.last()).slice(1)).toEqual(['input_audio_buffer.append', 'input_audio_buffer.commit'])
    peer.server.sendEvents(committed('a'), transcribed('a', 'words'))
    expect((await finishing).map(({ text }) => text)).toEqual(['words'])
    expect(peer.clock.pending).toBe(0)
  })

  it('commits again after a drop before the commit was acknowledged', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    const finishing = peer.session.finish()
    expect(commits(peer.last())).toHaveLength(1)
    peer.server.drop()
    await reconnected(peer, pushToTalk)
    expect(typesOf(peer.last()).slice(1)).toEqual(['input_audio_buffer.append', 'input_audio_buffer.commit'])
    peer.server.sendEvents(committed('b'), transcribed('b', 'words'))
    expect((await finishing).map(({ text }) => text)).toEqual(['words'])
  })

  it('reports a turn as failed that a drop left without a transcript', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    const finishing = peer.session.finish()
    peer.server.sendEvents(committed('a'))
    peer.server.drop()
    await reconnected(peer, pushToTalk)
    peer.server.sendEvents(emptyBuffer(peer.last().at(-1)))
    expect((await finishing).map(({ itemId, status }) => [itemId, status])).toEqual([['a', 'failed']])
    expect(peer.session.getState().status).toBe('closed')
  })

  it('sends audio behind a detected turn again after a drop', async () => {
    const peer = await connected(vad)
    for (let count = 0; count < 5; count++) peer.session.audio.append(vowel(200))
    const finishing = peer.session.finish()
    peer.server.sendEvents(stopped('a', 450), committed('a'), transcribed('a', 'first'))
    peer.server.drop()
    await reconnected(peer, vad)
    // The turn ended inside the third append, which is sent again as a whole.
    expect(typesOf(peer.last()).slice(1)).toEqual([
      'input_audio_buffer.append',
      'input_audio_buffer.append',
      'input_audio_buffer.append',
      'session.update',
    ])
    peer.server.sendEvents(updated)
    await settle()
    peer.server.sendEvents(committed('b'), transcribed('b', 'second'))
    expect((await finishing).map(({ text }) => text)).toEqual(['first', 'second'])
  })

  it('may be called again after its deadline', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    const first = expect(peer.session.finish({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      data: { waitingFor: 'the last transcript' },
    })
    expect(() => peer.session.audio.append(vowel(100))).toThrow('finish() was called')
    peer.server.sendEvents(committed('a'))
    await peer.clock.advance(500)
    await first
    peer.session.audio.append(vowel(100))
    const second = peer.session.finish()
    peer.server.sendEvents(committed('b'), transcribed('a', 'one'), transcribed('b', 'two'))
    expect((await second).map(({ text }) => text)).toEqual(['one', 'two'])
  })

  it('rejects with TIMEOUT when the connection does not come back, and may be called again', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    peer.server.drop()
    const first = expect(peer.session.finish({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      data: { waitingFor: 'the start of the session' },
    })
    await peer.clock.advance(500)
    await first
    await reconnected(peer, pushToTalk)
    const second = peer.session.finish()
    peer.server.sendEvents(committed('a'), transcribed('a', 'words'))
    expect((await second).map(({ text }) => text)).toEqual(['words'])
  })

  it('rejects with CLOSED and the cause when the transport gives up', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    peer.server.drop()
    const outcome = expect(peer.session.finish()).rejects.toMatchObject({ code: 'CLOSED', data: { code: 1006 } })
    peer.server.giveUp({ code: 1006, reason: '', wasClean: false })
    await outcome
    await expect(peer.session.finish()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(peer.clock.pending).toBe(0)
  })

  it('survives a bounded number of drops', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    const outcome = outcomeOf(peer.session.finish())
    let drops = 0
    while (drops < 100 && !outcome.code) {
      peer.server.drop()
      await reconnected(peer, pushToTalk)
      drops += 1
    }
    expect([outcome.code, drops < 50]).toEqual(['CONNECTION_LOST', true])
    await peer.session.close()
  })

  it('rejects before connect, and does not count as begun', async () => {
    const { server, session } = scripted(pushToTalk)
    await expect(session.finish()).rejects.toMatchObject({ code: 'NOT_CONNECTED', data: { status: 'idle' } })
    const connecting = session.connect()
    await greet(server, pushToTalk)
    await connecting
    session.audio.append(vowel(300))
    const finishing = session.finish()
    server.sendEvents(committed('a'), transcribed('a', 'words'))
    expect((await finishing).map(({ text }) => text)).toEqual(['words'])
  })

  it('rejects when the connect that it waits for fails, and does not count as begun', async () => {
    const { session, clock } = scripted(pushToTalk, { connectTimeoutMs: 1_000 })
    const connecting = expect(session.connect()).rejects.toMatchObject({ code: 'TIMEOUT' })
    await settle()
    const finishing = expect(session.finish()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await clock.advance(1_000)
    await connecting
    await finishing
    expect(() => session.audio.append(vowel(100))).toThrow('Await session.connect() first')
  })

  it('shares one attempt between concurrent calls', async () => {
    const peer = await connected(pushToTalk)
    peer.session.audio.append(vowel(300))
    const calls = [peer.session.finish(), peer.session.finish()]
    expect(commits(peer.last())).toHaveLength(1)
    peer.server.sendEvents(committed('a'), transcribed('a', 'words'))
    const [first, second] = await Promise.all(calls)
    expect(second).toBe(first)
    expect(await peer.session.finish()).toBe(first)
  })
})

describe('finish of a translation session', () => {
  const resource = { type: 'translation', id: 'sess_1', model: 'gpt-realtime-translate', expires_at: 0, audio: {} }

  async function start(server: Droppable): Promise<void> {
    await settle()
    server.sendEvents({ type: 'session.created', session: resource })
    await settle()
  }

  async function translating() {
    const server = droppable()
    const clock = createManualClock()
    const session = createTranslationSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await start(server)
    await connecting
    return { server, clock, session, last: () => server.connections.at(-1) ?? [] }
  }

  it('asks again after a drop', async () => {
    const { server, session, last } = await translating()
    session.audio.append(vowel(200))
    const finishing = session.finish()
    server.drop()
    server.restore()
    await start(server)
    expect(typesOf(last())).toEqual(['session.input_audio_buffer.append', 'session.close'])
    server.sendEvents({ type: 'session.closed' })
    await finishing
    expect(session.getState().status).toBe('closed')
  })

  it('waits for the restore while the session reconnects', async () => {
    const { server, session, last, clock } = await translating()
    server.drop()
    const finishing = session.finish()
    await settle()
    server.restore()
    await start(server)
    expect(typesOf(last())).toEqual(['session.close'])
    server.sendEvents({ type: 'session.closed' })
    await finishing
    expect(clock.pending).toBe(0)
  })

  it('may be called again after its deadline', async () => {
    const { server, session, clock } = await translating()
    const first = expect(session.finish({ timeoutMs: 500 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await clock.advance(500)
    await first
    session.audio.append(vowel(200))
    const second = session.finish()
    server.sendEvents({ type: 'session.closed' })
    await second
  })

  it('rejects before connect, and does not count as begun', async () => {
    const [near] = memoryPair()
    const session = createTranslationSession({ transport: near, clock: createManualClock() })
    for (let call = 0; call < 2; call++) await expect(session.finish()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    expect(() => session.audio.append(vowel(100))).toThrow('Await session.connect() first')
  })
})
