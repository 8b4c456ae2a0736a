import type { Clock } from '../../internal/clock.js'
import type { PcmAudio } from './pcm-audio.js'
import type { Script, Step } from './script.js'
import type { Phrase, Translate } from './translation-phrase.js'
import type { TranscribeTurn, Turn } from './turn.js'
import type { Voice } from './voices.js'

/** Options of {@link createEmulator}. All of them are optional. */
export interface EmulatorOptions {
  /**
   * Audio of the responses. `echo` returns the user's audio, sample for sample, or a tone if the user wrote text. `tone` always generates
   * a
   * tone whose length depends on the text. A function returns mono 16-bit PCM at 24 kHz.
   * @defaultValue 'echo'
   */
  readonly voice?: Voice<Turn | Phrase>
  /**
   * Output of the model: a list with one step or one list of steps per response, shared by all sessions, or a function of the turn.
   * When the list is used up or the function returns `undefined`, the response repeats what the user said.
   */
  readonly script?: Script<Turn>
  /**
   * Returns the transcript of a spoken turn or of a phrase to translate. `fail(…)` makes the transcription or translation fail.
   * @defaultValue The sentences of the vocabulary in the audio, or a description such as `[2.4 s of speech]`, see {@link createRecognizer}.
   */
  readonly hear?: TranscribeTurn
  /**
   * Returns the translation of a phrase into the language of a translation session, `{ audio: { output: { language } } }`.
   * @defaultValue The same text, marked with the language: `[fr] Good morning.`
   */
  readonly translate?: Translate
  /** @defaultValue the system clock */
  readonly clock?: Clock
  /**
   * Speed of the output relative to real time. `Infinity` sends everything at once.
   * @defaultValue 4
   */
  readonly pace?: number
  /**
   * Time from the start of a response, or from the end of a phrase to translate, to the first output, in milliseconds.
   * @defaultValue 100
   */
  readonly latencyMs?: number
  /**
   * Time from the first output of a response to the first transcript delta of the turn, in milliseconds.
   * @defaultValue 50
   */
  readonly transcriptionLagMs?: number
  /**
   * Maximum duration of a session, in minutes.
   * @defaultValue 60
   */
  readonly sessionMinutes?: number
  /**
   * The standard API key to accept, in addition to minted client secrets.
   * @defaultValue any key, or none
   */
  readonly apiKey?: string
  /**
   * Names of the models that exist.
   * @defaultValue the models that this version knows (`realtimeModels`); for translations, every translation model
   */
  readonly models?: readonly string[]
  /**
   * Names of the voices that exist. Custom voices, `{ id: 'voice_…' }`, are always accepted.
   * @defaultValue the built-in voices of the service (`voiceNames`)
   */
  readonly voices?: readonly string[]
}

/** What the emulator passes to its sessions. */
export interface EmulatorContext {
  readonly clock: Clock
  /** Returns the time of the clock in seconds since 1970. */
  readonly now: () => number
  readonly decide: (turn: Turn) => readonly Step[] | undefined
  readonly speak: (text: string, turn: Turn | Phrase) => PcmAudio
  readonly transcribe: TranscribeTurn
  readonly translate: Translate
  readonly pace: number
  readonly latencyMs: number
  readonly transcriptionLagMs: number
  /** Maximum duration of a session, in milliseconds. */
  readonly sessionMs: number
  /** Names of the voices that exist. */
  readonly voices: readonly string[]
}
