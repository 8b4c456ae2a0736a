import { createId } from '../../internal/id.js'
import type { ServerError } from '../../protocol/events/error.js'
import type { TranslationServerEvent } from '../../protocol/translation-events.js'
import type { TranslationSession } from '../../protocol/translation-session.js'
import type { Agenda } from './agenda.js'
import type { EmulatorContext } from './options.js'
import { run } from './perform.js'
import type { Production } from './production.js'
import { refusals } from './rules.js'
import { type Failure, fail } from './script.js'
import { convert, encodeSound, lineFormat, rateOf, soundMs } from './sound.js'
import type { Stretch } from './translation-input.js'
import type { Phrase } from './translation-phrase.js'
import { streamPieces } from './words.js'

/** A server event before it has its identifier. */
export type OutgoingTranslation = TranslationServerEvent extends infer Event
  ? Event extends TranslationServerEvent
    ? Omit<Event, 'event_id'>
    : never
  : never

/** Says what was said in another language: one phrase after the other, in their order. */
export interface Interpreter {
  /** Translates a stretch of speech as the session wants it now. */
  take(stretch: Stretch, session: TranslationSession): void
  /** Calls back once, as soon as all that was taken is said. */
  afterLast(callback: () => void): void
}

interface Job {
  readonly stretch: Stretch
  readonly session: TranslationSession
  readonly takenAt: number
}

/** What to say of one phrase. */
interface Plan {
  /** What was heard; none when nobody wants to read it. */
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly pcm: Int16Array
}

const rate = rateOf(lineFormat)
// The service works in frames of this length, and tells time in them.
const frameMs = 200
const frameLength = (frameMs * rate) / 1000

/** Makes the interpreter of a session. */
export function createInterpreter(
  { hear, translate, speak, pace, latencyMs }: EmulatorContext,
  { emit, agenda }: { readonly emit: (event: OutgoingTranslation) => void; readonly agenda: Agenda },
): Interpreter {
  const waiting: Job[] = []
  const hasSaid = { input: false, output: false }
  let count = 0
  let isBusy = false
  let onIdle = () => {}

  /** The pieces of a text, apart from what came before it in the same transcript. */
  function piecesOf(side: keyof typeof hasSaid, text: string): string[] {
    if (text === '') return []
    const pieces = streamPieces(hasSaid[side] && !/^\s/.test(text) ? ` ${text}` : text)
    hasSaid[side] = true
    return pieces
  }

  function plan({ stretch, session }: Job): Plan | Failure {
    const { sound } = stretch
    const index = count++
    let part = 'hear'
    try {
      const text = hear({ itemId: createId('item'), sound, durationMs: soundMs(sound) })
      if (typeof text !== 'string') return text
      const language = session.audio.output?.language ?? ''
      const phrase: Phrase = { ...stretch, index, session, language, text }
      part = 'translate'
      const translation = text === '' ? '' : translate(phrase)
      if (typeof translation !== 'string') return translation
      part = 'voice'
      const pcm = translation === '' ? new Int16Array(0) : convert(speak(translation, phrase), rate).pcm
      const wantsInput = Boolean(session.audio.input?.transcription)
      return { input: wantsInput ? piecesOf('input', text) : [], output: piecesOf('output', translation), pcm }
    } catch (error) {
      const message = `The ${part} option of the emulator threw: ${String(error)}`
      return fail({ code: `${part}_error`, message })
    }
  }

  function* interpret(job: Job): Production<void> {
    yield job.takenAt + latencyMs
    const planned = plan(job)
    if ('error' in planned) {
      emit({ type: 'error', error: serverErrorOf(planned) })
      return
    }
    const { input, output, pcm } = planned
    const { startMs, endMs } = job.stretch
    const began = agenda.now()
    const steps = Math.max(1, Math.ceil(pcm.length / frameLength))
    for (let step = 1; step <= steps; step++) {
      // What is said belongs to what was heard: the end of the one to the end of the other.
      const elapsed_ms = Math.ceil((startMs + ((endMs - startMs) * step) / steps) / frameMs) * frameMs
      for (const delta of portion(input, step, steps))
        emit({ type: 'session.input_transcript.delta', delta, elapsed_ms })
      for (const delta of portion(output, step, steps))
        emit({ type: 'session.output_transcript.delta', delta, elapsed_ms })
      const sound = pcm.subarray((step - 1) * frameLength, step * frameLength)
      if (sound.length === 0) continue
      const delta = encodeSound(sound, lineFormat)
      emit({
        type: 'session.output_audio.delta',
        delta,
        sample_rate: rate,
        channels: 1,
        format: 'pcm16',
        elapsed_ms,
      })
      const saidMs = (Math.min(step * frameLength, pcm.length) * 1000) / rate
      yield began + saidMs / pace
    }
  }

  function* interpretAll(): Production<void> {
    for (let job = waiting.shift(); job; job = waiting.shift()) yield* interpret(job)
  }

  return {
    take(stretch, session) {
      waiting.push({ stretch, session, takenAt: agenda.now() })
      if (isBusy) return
      isBusy = true
      run(interpretAll(), agenda, (result) => {
        isBusy = false
        if ('error' in result) emit({ type: 'error', error: { ...refusals.internal(), event_id: null } })
        onIdle()
      })
    },
    afterLast(callback) {
      if (isBusy) onIdle = callback
      else callback()
    },
  }
}

function serverErrorOf({ error: { type, code, message } }: Failure): ServerError {
  return { type: type ?? 'server_error', code, message: message ?? '', param: null, event_id: null }
}

/** What of some pieces belongs to one of so many steps. */
function portion(pieces: readonly string[], step: number, steps: number): readonly string[] {
  return pieces.slice(Math.ceil((pieces.length * (step - 1)) / steps), Math.ceil((pieces.length * step) / steps))
}
