import { createSession, type RealtimeSession, type SessionConfigInput } from 'realtime-primitives'
import { decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import { captureInto, createMicrophone, createSpeaker, playThrough } from 'realtime-primitives/browser'
import { createEmulator, createManualClock, type EmulatorOptions, reply } from 'realtime-primitives/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, installFakeAudio, listenerCount, theNode } from './fake-audio.js'

beforeEach(installFakeAudio)
afterEach(() => vi.unstubAllGlobals())

const clock = createManualClock()
const answer = new Int16Array(24 * 3_000).fill(8_192)

function createConversation(config: SessionConfigInput = {}, options: EmulatorOptions = {}) {
  const emulator = createEmulator({
    clock,
    latencyMs: 0,
    pace: 4,
    script: [reply('One.', { audio: answer })],
    ...options,
  })
  const transport = emulator.connect()
  const sent: { type: string; audio?: string }[] = []
  const send = transport.send.bind(transport)
  transport.send = (frame) => {
    sent.push(JSON.parse(frame))
    send(frame)
  }
  const session = createSession({ transport, clock, config })
  return { session, sent }
}

async function connect(session: RealtimeSession): Promise<void> {
  const connected = session.connect()
  await clock.advance(10)
  await connected
}

const bytesOf = (sent: readonly { audio?: string }[]) =>
  Buffer.concat(sent.flatMap(({ audio }) => (audio === undefined ? [] : [Buffer.from(audio, 'base64')])))

describe('captureInto', () => {
  it('sends the audio captured before the session was open, in order and once', async () => {
    const { session, sent } = createConversation()
    const microphone = createMicrophone()
    captureInto(session, microphone)
    await microphone.start()
    theNode().captureSamples(4_800, 0.25)
    expect(sent).toEqual([])
    await connect(session)
    theNode().captureSamples(4_800, 0.5)
    const pcm = new Int16Array(Uint8Array.from(bytesOf(sent)).buffer)
    expect(pcm.length).toBe(9 * 480)
    expect([pcm[1_200], pcm[3_600]]).toEqual([8_192, 16_384])
    await session.close()
    const count = sent.length
    theNode().captureSamples(4_800, 0.5)
    expect(sent.length).toBe(count)
    await microphone.stop()
  })

  it('keeps the latest preRollMs while the session is not open', async () => {
    const { session, sent } = createConversation()
    const microphone = createMicrophone()
    captureInto(session, microphone, { preRollMs: 100 })
    await microphone.start()
    theNode().captureSamples(48_000, 0.25)
    theNode().captureSamples(4_800, 0.5)
    await connect(session)
    const pcm = new Int16Array(Uint8Array.from(bytesOf(sent)).buffer)
    expect(pcm.length).toBe(5 * 480)
    expect(pcm.at(-1)).toBe(16_384)
    await session.close()
    await microphone.stop()
  })

  it('encodes in the input format of the session', async () => {
    const { session, sent } = createConversation({ audio: { input: { format: { type: 'audio/pcmu' } } } })
    const microphone = createMicrophone()
    captureInto(session, microphone)
    await microphone.start()
    await connect(session)
    theNode().captureSamples(48_000, 0.25)
    const bytes = Uint8Array.from(bytesOf(sent))
    expect(bytes.length / 8).toBeGreaterThan(950)
    expect(decodeMuLaw(bytes)[4_000]).toBe(decodeMuLaw(encodeMuLaw(Int16Array.of(8_192)))[0])
    await session.close()
    await microphone.stop()
  })

  it('stops when the returned function is called', async () => {
    const { session, sent } = createConversation()
    const microphone = createMicrophone()
    const stop = captureInto(session, microphone)
    await microphone.start()
    theNode().captureSamples(4_800, 0.25)
    stop()
    await connect(session)
    theNode().captureSamples(4_800, 0.25)
    expect(bytesOf(sent).length).toBe(0)
    await session.close()
    await microphone.stop()
  })

  it('throws INVALID_OPTION for a negative preRollMs', () => {
    const { session } = createConversation()
    expect(() => captureInto(session, createMicrophone(), { preRollMs: -1 })).toThrow('The option "preRollMs"')
  })
})

describe('cost per delta', () => {
  it('captureInto and playThrough: read the state no more often when a response has more deltas', async () => {
    const readsFor = async (ms: number) => {
      const { session } = createConversation({}, { script: [reply('One.', { audio: answer.subarray(0, 24 * ms) })] })
      const microphone = createMicrophone()
      const speaker = createSpeaker()
      captureInto(session, microphone)
      playThrough(session, speaker)
      await Promise.all([microphone.start(), speaker.start()])
      await connect(session)
      let deltas = 0
      session.on('response.output_audio.delta', () => deltas++)
      const getState = vi.spyOn(session, 'getState')
      session.respond()
      await clock.advance(2_000)
      const reads = getState.mock.calls.length
      getState.mockRestore()
      await Promise.all([session.close(), microphone.stop(), speaker.stop()])
      return { reads, deltas }
    }
    const [short, long] = [await readsFor(300), await readsFor(3_000)]
    expect(long.deltas).toBeGreaterThan(short.deltas)
    expect(long.reads).toBe(short.reads)
  })
})

describe('playThrough', () => {
  it('plays a response to its end and reports it to session.playback', async () => {
    const { session } = createConversation()
    const speaker = createSpeaker()
    playThrough(session, speaker)
    await speaker.start()
    await connect(session)
    const response = session.respond()
    await clock.advance(2_000)
    expect((await response.done).status).toBe('completed')
    expect(session.playback.isPlaying).toBe(true)
    theNode().play(3_200)
    const [progress] = session.playback.progress(
      session.getState().responses.byId[response.id ?? '']?.output[0]?.id ?? '',
    )
    expect(progress).toMatchObject({ receivedMs: 3_000 })
    expect(progress?.playedMs).toBeGreaterThanOrEqual(2_999)
    expect([session.playback.isPlaying, speaker.isPlaying]).toEqual([false, false])
    await session.close()
    await speaker.stop()
    expect(listenerCount()).toBe(0)
  })

  it.each(['caller', 'client'] as const)(
    'stops and truncates at what was played when the %s interrupts',
    async (by) => {
      const { session, sent } = createConversation()
      const context = new FakeContext()
      context.outputLatency = 0.1
      const speaker = createSpeaker({ output: context.destination as unknown as AudioNode })
      playThrough(session, speaker)
      await speaker.start()
      await connect(session)
      session.respond()
      await clock.advance(500)
      theNode().play(1_000)
      const interrupted = new Promise<number | undefined>((resolve) => {
        session.on('interrupted', ({ played }) => resolve(played?.playedMs))
      })
      if (by === 'client') session.interrupt()
      else for (let ms = 0; ms < 400; ms += 20) session.audio.append(loud)
      await clock.advance(50)
      const playedMs = (await interrupted) ?? 0
      expect(Math.abs(playedMs - 900)).toBeLessThan(15)
      expect(sent.find(({ type }) => type === 'conversation.item.truncate')).toMatchObject({ audio_end_ms: playedMs })
      const sound = theNode().play(1_000)
      expect(sound.subarray(512).every((sample) => sample === 0)).toBe(true)
      expect(speaker.isPlaying).toBe(false)
      await session.close()
      await speaker.stop()
    },
  )

  it('decodes the output format of the session', async () => {
    const { session } = createConversation({ audio: { output: { format: { type: 'audio/pcmu' } } } })
    const speaker = createSpeaker()
    playThrough(session, speaker)
    await speaker.start()
    await connect(session)
    session.respond()
    await clock.advance(2_000)
    const sound = theNode().play(1_000)
    expect(sound.at(-1)).toBeCloseTo(0.25, 2)
    await session.close()
    await speaker.stop()
  })

  it('stops when the returned function is called', async () => {
    const { session } = createConversation()
    const speaker = createSpeaker()
    playThrough(session, speaker)()
    await speaker.start()
    await connect(session)
    session.respond()
    await clock.advance(2_000)
    expect(speaker.isPlaying).toBe(false)
    await session.close()
    await speaker.stop()
  })
})

/** 20 ms that voice activity detection treats as speech. */
const loud = Int16Array.from({ length: 480 }, (_, index) => 12_000 * Math.sin((2 * Math.PI * 200 * index) / 24_000))
