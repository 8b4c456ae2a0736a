import { createId } from '../../internal/id.js'
import type { ServerError } from '../../protocol/events/error.js'
import type { TranslationServerEvent } from '../../protocol/translation-events.js'
import type { TranslationSession } from '../../protocol/translation-session.js'
import type { EmulatorContext } from './options.js'
import { audioMs, encodeAudio, mediaFormat, rateOf, resampleAudio } from './pcm-audio.js'
import { refusals } from './refusals.js'
import type { TimedGenerator } from './response-writer.js'
import { type Failure, fail } from './script.js'
import { splitText } from './text-deltas.js'
import type { Timers } from './timers.js'
import type { Stretch } from './translation-input.js'
import type { Phrase } from './translation-phrase.js'
import { runTimed } from './write-response.js'

/** A translation server event without its `event_id`. */
export type OutgoingTranslation = TranslationServerEvent extends infer Event
  ? Event extends TranslationServerEvent
    ? Omit<Event, 'event_id'>
    : never
  : never

/** Translates phrases and sends their audio and transcripts one after the other. */
export interface Interpreter {
  /** Translates a segment of speech with the current settings of the session. */
  take(stretch: Stretch, session: TranslationSession): void
  /** Calls back once, when all accepted segments have been sent. */
  afterLast(callback: () => void): void
}

interface Job {
  readonly stretch: Stretch
  readonly session: TranslationSession
  readonly takenAt: number
}

/** The output of one phrase. */
interface Plan {
  /** Deltas of the input transcript. Empty when input transcription is off. */
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly pcm: Int16Array
}

const rate = rateOf(mediaFormat)
// The service sends audio in frames of this length and rounds `elapsed_ms` to them.
const frameMs = 200
const frameLength = (frameMs * rate) / 1000

/** Creates the interpreter of a session. */
export function createInterpreter(
  { transcribe, translate, speak, pace, latencyMs }: EmulatorContext,
  { emit, timers }: { readonly emit: (event: OutgoingTranslation) => void; readonly timers: Timers },
): Interpreter {
  const waiting: Job[] = []
  const hasSaid = { input: false, output: false }
  let count = 0
  let isBusy = false
  let onIdle = () => {}

  /** Splits a text into deltas, with a leading space if the transcript already has text. */
  function piecesOf(side: keyof typeof hasSaid, text: string): string[] {
    if (text === '') return []
    const pieces = splitText(hasSaid[side] && !/^\s/.test(text) ? ` ${text}` : text)
    hasSaid[side] = true
    return pieces
  }

  function plan({ stretch, session }: Job): Plan | Failure {
    const { audio } = stretch
    const index = count++
    let part = 'hear'
    try {
      const text = transcribe({ itemId: createId('item'), audio, durationMs: audioMs(audio) })
      if (typeof text !== 'string') return text
      const language = session.audio.output?.language ?? ''
      const phrase: Phrase = { ...stretch, index, session, language, text }
      part = 'translate'
      const translation = text === '' ? '' : translate(phrase)
      if (typeof translation !== 'string') return translation
      part = 'voice'
      const pcm = translation === '' ? new Int16Array(0) : resampleAudio(speak(translation, phrase), rate).pcm
      const wantsInput = Boolean(session.audio.input?.transcription)
      return { input: wantsInput ? piecesOf('input', text) : [], output: piecesOf('output', translation), pcm }
    } catch (error) {
      const message = `The ${part} option of the emulator threw: ${String(error)}`
      return fail({ code: `${part}_error`, message })
    }
  }

  function* interpret(job: Job): TimedGenerator<void> {
    yield job.takenAt + latencyMs
    const planned = plan(job)
    if ('error' in planned) {
      emit({ type: 'error', error: serverErrorOf(planned) })
      return
    }
    const { input, output, pcm } = planned
    // A client that lost its connection sends the audio again that no `elapsed_ms` covers. A phrase that is heard twice is translated
    // twice, so its first delta already covers all of it. Rounding down leaves only a part of the silence at its end.
    const elapsed_ms = Math.floor(job.stretch.endMs / frameMs) * frameMs
    const began = timers.now()
    for (const delta of input) emit({ type: 'session.input_transcript.delta', delta, elapsed_ms })
    for (const delta of output) emit({ type: 'session.output_transcript.delta', delta, elapsed_ms })
    for (let step = 1; step <= Math.ceil(pcm.length / frameLength); step++) {
      const audio = pcm.subarray((step - 1) * frameLength, step * frameLength)
      const delta = encodeAudio(audio, mediaFormat)
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

  function* interpretAll(): TimedGenerator<void> {
    for (let job = waiting.shift(); job; job = waiting.shift()) yield* interpret(job)
  }

  return {
    take(stretch, session) {
      waiting.push({ stretch, session, takenAt: timers.now() })
      if (isBusy) return
      isBusy = true
      runTimed(interpretAll(), timers, (result) => {
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
