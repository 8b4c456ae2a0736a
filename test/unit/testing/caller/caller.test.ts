import { createSession, type RealtimeSession } from 'realtime-primitives'
import {
  type CallerOptions,
  call,
  createCaller,
  createEmulator,
  createManualClock,
  createRecognizer,
  type EmulatorOptions,
  isTestingError,
  loadVoice,
  reply,
  sessionLine,
  settleOn,
  vocabulary,
} from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'

type Config = NonNullable<Parameters<typeof createSession>[0]['config']>

const transcription = { model: 'gpt-transcribe' } as const
const g711 = { type: 'audio/pcmu' } as const

/** Holds a call on a manual clock, and returns its result and what the emulator transcribed. */
async function holdCall(
  options: Omit<CallerOptions, 'clock'>,
  { config = {}, ...emulator }: EmulatorOptions & { readonly config?: Config } = {},
) {
  const clock = createManualClock()
  const server = createEmulator({ clock, voice: 'tone', script: () => reply('All right, that is done.'), ...emulator })
  const session: RealtimeSession = createSession({
    transport: server.connect(),
    clock,
    config: { audio: { input: { transcription }, output: {} }, ...config },
  })
  const transcripts: string[] = []
  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) => transcripts.push(transcript))
  const truncatedMs: number[] = []
  session.on('conversation.item.truncated', ({ audio_end_ms }) => truncatedMs.push(audio_end_ms))
  await settleOn(clock, session.connect())
  const result = await settleOn(clock, createCaller({ ...options, clock }).call(sessionLine(session)))
  await settleOn(clock, session.close())
  return { result, transcripts, truncatedMs }
}

describe('createCaller', () => {
  it('two sentences: transcribed, and answered one after the other', async () => {
    const { result, transcripts } = await holdCall({ says: ['Hello.', 'What is the weather in Oslo?'] })
    expect(transcripts).toEqual(['Hello.', 'What is the weather in Oslo?'])
    expect(result.end).toBe('completed')
    expect(result.turns.map(({ text }) => text)).toEqual(['Hello.', 'What is the weather in Oslo?'])
    const [first, second] = result.turns
    expect(first?.answer?.endMs).toBeLessThan(second?.startMs ?? 0)
    // 500 ms of silence end the turn, and the response starts 100 ms later.
    expect(first?.latencyMs).toBeGreaterThanOrEqual(500)
    expect(first?.latencyMs).toBeLessThan(900)
    expect(result.agentSpeech).toHaveLength(2)
    expect(result.agentSpeech[0]?.audio.pcm.length).toBeGreaterThan(12_000)
  })

  it('a barge-in: interrupts the agent, whose response is truncated where it was played', async () => {
    const { result, transcripts, truncatedMs } = await holdCall(
      {
        says: ['Tell me a story.', { text: 'Stop.', bargeInAfterMs: 800 }],
      },
      {
        script: [reply('Once upon a time there was a very long story about the sea and the wind.'), reply('Stopped.')],
      },
    )
    expect(transcripts).toEqual(['Tell me a story.', 'Stop.'])
    const [story, stop] = result.turns
    expect(stop?.isBargeIn).toBe(true)
    const interrupted = story?.answer
    expect(stop?.startMs).toBe((interrupted?.startMs ?? 0) + 800)
    expect((interrupted?.endMs ?? 0) - (stop?.startMs ?? 0)).toBeLessThan(500)
    expect(stop?.answer).toBeDefined()
    const heardMs = (interrupted?.endMs ?? 0) - (interrupted?.startMs ?? 0)
    // The first and the last frame of the audio can be silent.
    expect(Math.abs((truncatedMs[0] ?? 0) - heardMs)).toBeLessThanOrEqual(100)
    expect(truncatedMs).toHaveLength(1)
  })

  it.each([-45, -35, -25])('noise at %d dBFS: transcribed all the same', async (noiseDb) => {
    const { transcripts } = await holdCall({
      says: ['Where is my order?', 'Thank you, goodbye.'],
      noiseDb,
      voice: 'ben',
    })
    expect(transcripts).toEqual(['Where is my order?', 'Thank you, goodbye.'])
  })

  it('G.711: transcribed and received', async () => {
    const audio = { input: { format: g711, transcription }, output: { format: g711 } }
    const { result, transcripts } = await holdCall({ says: ['Can you repeat that?'] }, { config: { audio } })
    expect(transcripts).toEqual(['Can you repeat that?'])
    expect(result.turns[0]?.answer?.audio.pcm.length).toBeGreaterThan(12_000)
  })

  it('the script: receives the sentence as the text of the turn', async () => {
    const texts: string[] = []
    await holdCall(
      { says: ['How much does it cost?'] },
      {
        script: ({ text }) => {
          texts.push(text)
          return text === 'How much does it cost?' ? call('price', {}) : undefined
        },
      },
    )
    expect(texts[0]).toBe('How much does it cost?')
  })

  it('an agent without an answer: the caller waits, and continues', async () => {
    const { result } = await holdCall(
      { says: ['Hello.', 'Yes, please.'], patienceMs: 3_000 },
      { config: { audio: { input: { turn_detection: null } } } },
    )
    const [first, second] = result.turns
    expect(first).toMatchObject({ answer: undefined, latencyMs: undefined })
    expect((second?.startMs ?? 0) - (first?.endMs ?? 0)).toBe(3_000)
  })

  it('a greeting: the caller waits until it has ended', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, voice: 'tone', script: () => reply('Good morning, how can I help you?') })
    const session = createSession({ transport: emulator.connect(), clock })
    await settleOn(clock, session.connect())
    session.respond()
    const { turns, agentSpeech } = await settleOn(
      clock,
      createCaller({ says: ['Hello.'], clock }).call(sessionLine(session)),
    )
    expect(turns[0]?.startMs).toBeGreaterThan(agentSpeech[0]?.endMs ?? Number.POSITIVE_INFINITY)
    await settleOn(clock, session.close())
  })

  it('a session that closes: the call ends as disconnected', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock })
    const session = createSession({ transport: emulator.connect(), clock })
    await settleOn(clock, session.connect())
    const called = createCaller({ says: ['Hello.'], clock, startAfterMs: 5_000 }).call(sessionLine(session))
    clock.after(2_000, () => void session.close())
    const { end, turns } = await settleOn(clock, called)
    expect({ end, turns }).toEqual({ end: 'disconnected', turns: [] })
    expect(clock.pending).toBe(0)
  })

  it('an aborted call: rejects, and leaves no timer', async () => {
    const clock = createManualClock()
    const abort = new AbortController()
    const line = { isOpen: true, send() {}, receive: (count: number) => new Int16Array(count), stop() {} }
    const called = createCaller({ says: ['Hello.'], clock }).call(line, { signal: abort.signal })
    const outcome = called.catch((error: unknown) => error)
    for (let turns = 0; clock.pending === 0 && turns < 1_000; turns++) await clock.advance(0)
    abort.abort(new Error('enough'))
    expect(await outcome).toEqual(new Error('enough'))
    expect(clock.pending).toBe(0)
  })

  it('a sentence outside of the vocabulary: throws UNKNOWN_SENTENCE with the vocabulary', async () => {
    const error = await createCaller({ says: ['Hello.', 'Can I bring my dog?'] })
      .sentences()
      .catch((reason: unknown) => reason)
    expect(isTestingError(error, 'UNKNOWN_SENTENCE') && error.data).toEqual({ index: 1, vocabulary })
    expect((error as Error).message).toContain('"What is the weather in Oslo?"')
    expect((error as Error).message).not.toContain('dog')
  })

  it('audio of the test: spoken, and recognized when the emulator knows it', async () => {
    const voice = await loadVoice('ben')
    const audio = voice.say('Where is my order?')?.pcm ?? new Int16Array(0)
    // Played backwards, it is no sentence of the vocabulary.
    const says = [{ text: 'Something else.', audio: audio.slice().reverse() }]
    const sentences = await createCaller({ says }).sentences()
    const { transcripts } = await holdCall({ says }, { hear: createRecognizer({ sentences }) })
    expect(transcripts).toEqual(['Something else.'])
    expect((await holdCall({ says })).transcripts).toEqual([expect.stringMatching(/^\[\d\.\d s of speech\]$/)])
  })

  it.each([{ says: [] }, { says: ['Hello.'], frameMs: 0 }, { says: ['Hello.'], frameMs: Number.NaN }])(
    'invalid options %j: throws INVALID_OPTION',
    (options) => {
      expect(() => createCaller(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )
})

describe('the vocabulary', () => {
  it.each(['anna', 'ben'] as const)('each sentence of %s: recognized', async (name) => {
    const voice = await loadVoice(name)
    const recognize = createRecognizer({ otherwise: () => 'unknown' })
    const heard = vocabulary.map((sentence) => {
      const { pcm = new Int16Array(0), rate = 24_000 } = voice.say(sentence) ?? {}
      const padded = new Int16Array(pcm.length + 24_000)
      padded.set(pcm, 7_777)
      return recognize({ itemId: 'item', audio: { pcm: padded, rate }, durationMs: 0 })
    })
    expect(heard).toEqual([...vocabulary])
  })

  it('a sentence in other letter case and without punctuation: spoken', async () => {
    const voice = await loadVoice('anna')
    expect(voice.say('what is the weather in oslo')).toBe(voice.say('What is the weather in Oslo?'))
  })
})
