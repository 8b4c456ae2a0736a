import { createSession, type RealtimeSession } from 'realtime-primitives'
import {
  createCaller,
  createEmulator,
  createManualClock,
  loadVoice,
  reply,
  sessionLine,
  settleOn,
} from 'realtime-primitives/testing'

/** The durations of the conversations of one process. */
export interface SpokenResult {
  readonly count: number
  /** Duration of all conversations on their clocks. */
  readonly spokenMs: number
  readonly elapsedMs: number
}

const says = [
  'Hello.',
  'I would like to book a table for two.',
  'Tomorrow at seven in the evening.',
  'My name is Anna Berg.',
  'What is the weather in Oslo?',
  'And tomorrow?',
  { text: 'Wait a moment.', bargeInAfterMs: 2_000 },
  'How much does it cost?',
  'Where is my order?',
  'My order number is four seven one one.',
  'Thank you, goodbye.',
]
const texts = says.map((saying) => (typeof saying === 'string' ? saying : saying.text))

/** Audio of the agent: 3.8 s of a tone with syllables. */
const answer = Int16Array.from({ length: 24 * 3_800 }, (_, at) =>
  Math.round(6_000 * Math.sin((2 * Math.PI * 180 * at) / 24_000) * Math.sin((Math.PI * 4 * at) / 24_000) ** 2),
)

/**
 * Holds conversations one after the other, each with a new emulator, session, and manual clock. Throws when a transcript is wrong, or a
 * conversation lasts less than a minute.
 * @param onSession called with each session before it connects
 */
export async function holdConversations(
  count: number,
  onSession: (session: RealtimeSession) => void = () => {},
): Promise<SpokenResult> {
  const voice = await loadVoice('anna')
  const startedAt = performance.now()
  let spokenMs = 0
  for (let number = 0; number < count; number++) {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, script: () => reply('That is what I can do for you.', { audio: answer }) })
    const session = createSession({
      transport: emulator.connect(),
      clock,
      config: { audio: { input: { transcription: { model: 'gpt-transcribe' } } } },
    })
    onSession(session)
    const transcripts: string[] = []
    session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) =>
      transcripts.push(transcript),
    )
    await settleOn(clock, session.connect())
    const caller = createCaller({ says, voice, clock, frameMs: 100, startAfterMs: 1_000, pauseMs: 600 })
    const { durationMs } = await settleOn(clock, caller.call(sessionLine(session)), { stepMs: 1_000 })
    await settleOn(clock, session.close())
    if (transcripts.join(' ') !== texts.join(' ')) throw new Error(`Transcribed: ${transcripts.join(' ')}`)
    if (durationMs < 60_000) throw new Error(`The conversation lasted ${durationMs} ms.`)
    spokenMs += durationMs
  }
  return { count, spokenMs, elapsedMs: performance.now() - startedAt }
}
