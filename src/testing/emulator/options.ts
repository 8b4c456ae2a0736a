import type { Clock } from '../../internal/clock.js'
import type { Script, Step } from './script.js'
import type { Sound } from './sound.js'
import type { Phrase, Translate } from './translation-phrase.js'
import type { Hear, Turn } from './turn.js'
import type { Voice } from './voices.js'

/** Options of `createEmulator`; none is needed. */
export interface EmulatorOptions {
  /**
   * How answers sound: `echo` gives the caller's own words back, sample for sample as they were committed, and babbles when the
   * caller wrote; `tone` always babbles, a length that follows the text; a function gives mono 16-bit PCM at 24 kHz.
   * @defaultValue 'echo'
   */
  readonly voice?: Voice<Turn | Phrase>
  /**
   * What the model does: a list with one step, or one list of steps, for each response of all sessions in the order they begin;
   * or a function. Where it has nothing to say, the answer is what the caller said.
   */
  readonly script?: Script<Turn>
  /**
   * What the words of a spoken turn, or of a phrase to translate, were; `fail(…)` makes the transcription or translation fail.
   * @defaultValue a description such as `[2.4 s of speech]`
   */
  readonly hear?: Hear
  /**
   * What a phrase is in the language of a translation session, `{ audio: { output: { language } } }`.
   * @defaultValue the same words, marked with the language, such as `[fr] Good morning.`
   */
  readonly translate?: Translate
  /** @defaultValue the system clock */
  readonly clock?: Clock
  /**
   * Output is made this many times faster than it would be heard; `Infinity` for all at once.
   * @defaultValue 4
   */
  readonly pace?: number
  /**
   * From the beginning of a response, or the end of a phrase to translate, to its first output, in milliseconds.
   * @defaultValue 100
   */
  readonly latencyMs?: number
  /**
   * How much later than the first output of a response the transcript of the turn begins, in milliseconds.
   * @defaultValue 50
   */
  readonly transcriptionLagMs?: number
  /**
   * How long a session lasts, in minutes.
   * @defaultValue 60
   */
  readonly sessionMinutes?: number
  /**
   * The one standard key that is accepted, beside the client secrets that it mints.
   * @defaultValue any key, or none
   */
  readonly apiKey?: string
  /**
   * The models that exist.
   * @defaultValue any that holds conversations; for translations, any that translates by its name
   */
  readonly models?: readonly string[]
}

/** What sessions take from the emulator. */
export interface EmulatorContext {
  readonly clock: Clock
  /** Seconds since 1970, as the clock counts them. */
  readonly now: () => number
  readonly decide: (turn: Turn) => readonly Step[] | undefined
  readonly speak: (text: string, turn: Turn | Phrase) => Sound
  readonly hear: Hear
  readonly translate: Translate
  readonly pace: number
  readonly latencyMs: number
  readonly transcriptionLagMs: number
  /** How long a session lasts, in milliseconds. */
  readonly sessionMs: number
}
