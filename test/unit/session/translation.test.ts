import { createTranslationSession, type TranslationOptions } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { droppable } from '../../support/droppable.js'
import { settle } from '../../support/peer.js'

const resource = { type: 'translation', id: 'sess_1', model: 'gpt-realtime-translate', expires_at: 0, audio: {} }

async function connected(options: Partial<TranslationOptions> = {}) {
  const server = droppable()
  const clock = createManualClock()
  const session = createTranslationSession({
    transport: server.transport,
    clock,
    config: { audio: { output: { language: 'fr' } } },
    ...options,
  })
  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: resource })
  await settle()
  server.sendEvents({ type: 'session.updated', session: resource })
  await connecting
  return { ...server, session, clock, last: () => server.connections.at(-1) ?? [] }
}

describe('a translation session', () => {
  it('sends its configuration and its audio in translation events', async () => {
    const { session, last } = await connected()
    session.audio.append(new Int16Array([1]))
    expect(last()).toMatchObject([
      { type: 'session.update', session: { audio: { output: { language: 'fr' } } } },
      { type: 'session.input_audio_buffer.append', audio: 'AQA=' },
    ])
  })

  it('collects both transcripts and the translated duration', async () => {
    const { session, sendEvents } = await connected()
    sendEvents(
      { type: 'session.input_transcript.delta', delta: 'Good ', elapsed_ms: 200 },
      { type: 'session.output_transcript.delta', delta: 'Bonjour', elapsed_ms: 600 },
      { type: 'session.input_transcript.delta', delta: 'day', elapsed_ms: 400 },
    )
    expect(session.getState()).toMatchObject({ input: 'Good day', output: 'Bonjour', elapsedMs: 600 })
  })

  it('finishes when the server has sent session.closed', async () => {
    const { session, sendEvents, last, clock } = await connected()
    const finishing = session.finish()
    expect(last().at(-1)?.type).toBe('session.close')
    sendEvents({ type: 'session.output_transcript.delta', delta: 'Fin.' }, { type: 'session.closed' })
    await finishing
    expect(session.getState().output).toBe('Fin.')
    expect(session.getState().status).toBe('closed')
    expect(clock.pending).toBe(0)
  })

  it('rejects at its deadline when the server does not end', async () => {
    const { session, clock } = await connected()
    const outcome = expect(session.finish({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      data: { waitingFor: 'session.closed' },
    })
    await clock.advance(500)
    await outcome
  })

  it('continues its durations, and separates transcripts, in the next server session', async () => {
    const { session, sendEvents, drop, restore } = await connected()
    sendEvents(
      { type: 'session.input_transcript.delta', delta: 'One', elapsed_ms: 9_000 },
      { type: 'session.output_transcript.delta', delta: 'Un', elapsed_ms: 9_000 },
    )
    drop()
    restore()
    sendEvents({ type: 'session.created', session: resource })
    await settle()
    sendEvents({ type: 'session.updated', session: resource })
    await settle()
    sendEvents(
      { type: 'session.input_transcript.delta', delta: 'two', elapsed_ms: 1_000 },
      { type: 'session.output_transcript.delta', delta: 'deux', elapsed_ms: 1_400 },
    )
    expect(session.getState()).toMatchObject({ input: 'One two', output: 'Un deux', elapsedMs: 10_400 })
    await session.close()
  })

  it('lets a sender wait for room', async () => {
    const { session, clock, drop, restore, sendEvents } = await connected()
    drop()
    session.audio.append(new Int16Array([1]))
    let hasRoom = false
    session.audio.drained().then(() => {
      hasRoom = true
    })
    await clock.advance(1_000)
    expect(hasRoom).toBe(false)
    restore()
    sendEvents({ type: 'session.created', session: resource })
    await settle()
    sendEvents({ type: 'session.updated', session: resource })
    await clock.advance(20)
    expect(hasRoom).toBe(true)
    await session.close()
  })

  describe('after a drop', () => {
    const frame = (value: number) => new Int16Array(4_800).fill(value)
    /** The first sample of each piece that the server of the moment heard: they were told apart by it. */
    const heard = (events: readonly { type: string; audio?: unknown }[]) =>
      events
        .filter(({ type }) => type === 'session.input_audio_buffer.append')
        .map(({ audio }) => Buffer.from(String(audio), 'base64').readInt16LE(0))
    const delta = (elapsed_ms?: number) => ({ type: 'session.output_audio.delta', delta: '', elapsed_ms })

    async function returned({ restore, sendEvents }: Awaited<ReturnType<typeof connected>>) {
      restore()
      sendEvents({ type: 'session.created', session: resource })
      await settle()
      sendEvents({ type: 'session.updated', session: resource })
      await settle()
    }

    it('sends untranslated audio again, before audio from the outage', async () => {
      const peer = await connected()
      for (const value of [1, 2, 3, 4, 5]) peer.session.audio.append(frame(value))
      peer.sendEvents(delta(400), delta(600))
      peer.drop()
      peer.session.audio.append(frame(6))
      await returned(peer)
      expect(heard(peer.last())).toEqual([4, 5, 6])
      // The next server counts from 0 again.
      peer.sendEvents(delta(400))
      expect(peer.session.getState().elapsedMs).toBe(1_000)
      peer.drop()
      await returned(peer)
      expect(heard(peer.last())).toEqual([6])
    })

    it('sends all kept audio again when nothing was translated', async () => {
      const peer = await connected({ maxWaitingAudioMs: 450 })
      for (const value of [1, 2, 3]) peer.session.audio.append(frame(value))
      peer.drop()
      await returned(peer)
      expect(heard(peer.last())).toEqual([2, 3])
    })

    it('does not send translated audio again after silence', async () => {
      const peer = await connected()
      for (const value of [1, 2, 3]) peer.session.audio.append(frame(value))
      peer.sendEvents(delta(600), delta(800))
      peer.drop()
      await returned(peer)
      expect(heard(peer.last())).toEqual([])
    })

    it('sends no audio again when the server does not report its progress', async () => {
      const peer = await connected()
      peer.session.audio.append(frame(1))
      peer.sendEvents(delta())
      peer.session.audio.append(frame(2))
      peer.drop()
      peer.session.audio.append(frame(3))
      await returned(peer)
      expect(heard(peer.last())).toEqual([3])
    })
  })
})
