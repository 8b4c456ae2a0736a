import {
  createTranslationSession,
  reconnecting,
  type TranslationOptions,
  type TranslationSession,
  type Transport,
  webSocket,
} from 'realtime-primitives'
import { decodeBase64 } from 'realtime-primitives/audio'
import { translationCodec } from 'realtime-primitives/protocol'
import { createEmulator, createManualClock, type EmulatorOptions } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it } from 'vitest'
import { findSound, joined, silentSamples, vowel } from '../../support/speech.js'
import { tcpProxy } from '../../support/tcp-proxy.js'

interface Host {
  readonly transport: Transport
  /** Breaks the connection; the server goes on. */
  drop(): void
  dispose(): Promise<void>
}

const model = 'gpt-realtime-translate'

/** The same facts hold over memory and over a real socket. */
const hosts: Record<string, (options: EmulatorOptions) => Promise<Host>> = {
  async memoryPair(options) {
    const emulator = createEmulator(options)
    return {
      transport: emulator.connect({ service: 'translations', model }),
      drop: () => void emulator.close(),
      dispose: () => emulator.close(),
    }
  },
  async webSocket(options) {
    const server = await serve(createEmulator(options))
    const proxy = await tcpProxy(Number(new URL(server.url).port))
    return {
      transport: webSocket({ baseUrl: `ws://127.0.0.1:${proxy.port}/v1`, service: 'translations', model }),
      drop: () => proxy.cut(),
      async dispose() {
        await proxy.close()
        await server.close()
      },
    }
  },
}

const quick: EmulatorOptions = { pace: Number.POSITIVE_INFINITY, latencyMs: 0 }
const config = {
  audio: { input: { transcription: { model: 'gpt-realtime-whisper' } }, output: { language: 'fr' } },
}
const phrase = (ms: number) => joined(silentSamples(400), vowel(ms), silentSamples(500))

describe.each(Object.entries(hosts))('a translation session over %s', (_name, createHost) => {
  const disposals: (() => Promise<void>)[] = []

  afterEach(async () => {
    for (const dispose of disposals.splice(0).reverse()) await dispose()
  })

  async function connected(
    emulator: EmulatorOptions = {},
    options: Partial<TranslationOptions> & { wrap?: (transport: Transport) => Transport } = {},
  ) {
    const { wrap = (transport: Transport) => transport, ...rest } = options
    const host = await createHost({ ...quick, ...emulator })
    disposals.push(host.dispose)
    const transport = wrap(host.transport)
    const kinds = new Set<string>()
    transport.on('message', (frame) => kinds.add(translationCodec.decode(frame).kind))
    const session = createTranslationSession({ transport, config, ...rest })
    disposals.push(() => session.close())
    await session.connect()
    return { session, drop: host.drop, kinds: () => [...kinds] }
  }

  it('receives both transcripts and the audio, in valid protocol events', async () => {
    const words = ['Good morning.', 'How are you?']
    const french = ['Bonjour.', 'Comment allez-vous ?']
    let heard = 0
    const { session, kinds } = await connected({
      hear: () => words[heard++] ?? '',
      translate: ({ text }) => french[words.indexOf(text)] ?? '',
    })
    expect(session.getState().session?.audio.output?.language).toBe('fr')
    const sound: Uint8Array[] = []
    const times: number[] = []
    session.on('session.output_audio.delta', ({ delta, elapsed_ms }) => {
      sound.push(decodeBase64(delta))
      times.push(elapsed_ms ?? -1)
    })
    const pcm = joined(phrase(900), phrase(700))
    stream(session, pcm)
    await session.finish()
    expect(session.getState()).toMatchObject({
      status: 'closed',
      input: 'Good morning. How are you?',
      output: 'Bonjour. Comment allez-vous ?',
    })
    const spoken = new Int16Array(new Uint8Array(Buffer.concat(sound)).buffer)
    expect(findSound(spoken, vowel(900))).toBeGreaterThanOrEqual(0)
    expect(findSound(spoken, vowel(700))).toBeGreaterThanOrEqual(0)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(session.getState().elapsedMs).toBeLessThanOrEqual(pcm.length / 24 + 200)
    expect(session.getState().elapsedMs).toBe(times.at(-1))
    expect(kinds()).toEqual(['event'])
  })

  it('receives the complete translation when it finishes during speech', async () => {
    let heard = 0
    const { session } = await connected({ hear: () => `Phrase ${++heard}.`, voice: 'tone', pace: 200, latencyMs: 20 })
    for (let index = 0; index < 5; index++) stream(session, phrase(600))
    stream(session, joined(silentSamples(400), vowel(500)))
    expect(session.getState().output).toBe('')
    await session.finish({ timeoutMs: 30_000 })
    const numbers = [1, 2, 3, 4, 5, 6]
    expect(session.getState().input).toBe(numbers.map((number) => `Phrase ${number}.`).join(' '))
    expect(session.getState().output).toBe(numbers.map((number) => `[fr] Phrase ${number}.`).join(' '))
    expect(await session.closed).toMatchObject({ code: 1000, wasClean: true })
  })

  it('changes its language, and rejects settings that a translation does not have', async () => {
    const { session } = await connected({ hear: () => 'Yes.' })
    const resource = await session.update({ audio: { input: { transcription: null }, output: { language: 'ja' } } })
    expect(resource.audio).toMatchObject({ input: { transcription: null }, output: { language: 'ja' } })
    const noise = { type: 'loud' } as unknown as { type: 'near_field' }
    await expect(session.update({ audio: { input: { noise_reduction: noise } } })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
    })
    stream(session, phrase(600))
    await session.finish()
    expect(session.getState()).toMatchObject({ input: '', output: '[ja] Yes.' })
  })

  it('continues after a reconnect with its configuration, without lost or repeated words', async () => {
    let heard = 0
    const { session, drop } = await connected(
      { hear: () => `Phrase ${++heard}.` },
      { wrap: (transport) => reconnecting(transport, { minDelayMs: 1, maxDelayMs: 10 }) },
    )
    const first = session.getState().session?.id
    const translated = session.waitFor('session.output_transcript.delta', { where: ({ delta }) => delta === '.' })
    stream(session, joined(phrase(600), vowel(300))) // the drop comes in the middle of a word
    await translated
    const restored = session.waitFor('restored')
    drop()
    expect(await restored).toMatchObject({ itemIds: [], lost: [] })
    expect(session.getState().session?.id).not.toBe(first)
    expect(session.getState().session?.audio.output?.language).toBe('fr')
    stream(session, phrase(600))
    await session.finish()
    // The word that was cut is heard from its beginning.
    expect(session.getState().input).toBe('Phrase 1. Phrase 2. Phrase 3.')
    expect(session.getState().output).toBe('[fr] Phrase 1. [fr] Phrase 2. [fr] Phrase 3.')
  })

  it('does not repeat the words of a phrase after a drop between its words and the end of its audio', async () => {
    let heard = 0
    const { session, drop } = await connected(
      { hear: () => `Phrase ${++heard}.`, voice: () => new Int16Array(48_000), pace: 20 },
      { wrap: (transport) => reconnecting(transport, { minDelayMs: 1, maxDelayMs: 10 }) },
    )
    const started = session.waitFor('session.output_audio.delta')
    stream(session, phrase(600))
    await started
    const restored = session.waitFor('restored')
    drop()
    await restored
    stream(session, phrase(600))
    await session.finish()
    expect(session.getState().input).toBe('Phrase 1. Phrase 2.')
    expect(session.getState().output).toBe('[fr] Phrase 1. [fr] Phrase 2.')
  })

  it('emits the expiry error of the server', async () => {
    const clock = createManualClock()
    const { session } = await connected({ clock, latencyMs: Number.POSITIVE_INFINITY, hear: () => 'Too late.' })
    stream(session, phrase(600))
    const finishing = expect(session.finish()).rejects.toMatchObject({ code: 'EXPIRED' })
    await clock.advance(60 * 60_000)
    expect(await session.closed).toMatchObject({ code: 1001, initiator: 'server', error: { code: 'EXPIRED' } })
    await finishing
    expect(session.getState().output).toBe('')
  })
})

describe('a translation session', () => {
  it('rejects a model that cannot translate', async () => {
    const emulator = createEmulator()
    const session = createTranslationSession({
      transport: emulator.connect({ service: 'translations', model: 'gpt-realtime-2.1' }),
    })
    await expect(session.connect()).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      data: { error: { code: 'invalid_model' } },
    })
    expect(emulator.sessionCount).toBe(0)
  })
})

/** Sends sound as a microphone does, in pieces of 20 ms, but all at once. */
function stream(session: TranslationSession, pcm: Int16Array): void {
  for (let at = 0; at < pcm.length; at += 480) session.audio.append(pcm.subarray(at, at + 480))
}
