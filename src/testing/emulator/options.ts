import type { Clock } from '../../internal/clock.js'
import type { EmulatedDialect } from './dialects/emulated-dialect.js'
import type { Fault } from './faults.js'
import type { JournalOptions } from './journal.js'
import type { ScriptedMcpServer } from './mcp/scripted-server.js'
import type { PcmAudio } from './pcm-audio.js'
import type { Failure, Script, ScriptWithTranscripts, Step } from './script.js'
import type { Phrase, Translate } from './translation-phrase.js'
import type { TranscribeTurn, Turn } from './turn.js'
import type { Voice } from './voices.js'

/** Options of {@link createEmulator}. All of them are optional. */
export interface EmulatorOptions {
  /**
   * Audio of the responses. `echo` returns the user's audio, sample for sample, or a tone if the user wrote text. `tone` always generates
   * a tone whose length depends on the text. A function returns mono 16-bit PCM at 24 kHz.
   * @defaultValue 'echo'
   */
  readonly voice?: Voice<Turn | Phrase>
  /**
   * Output of the model: a list of responses and rules, or a function of the turn. A list is shared by all sessions that name no test.
   * When the list is used up or the function returns `undefined`, the response repeats what the user said.
   */
  readonly script?: Script<Turn> | ScriptWithTranscripts<Turn>
  /**
   * Scripts by name. A session uses the one that its client names (see `ConnectRequest`), or the one with the name of its test, and
   * otherwise `script`, whose name is `default`.
   */
  readonly scripts?: Readonly<Record<string, Script<Turn> | ScriptWithTranscripts<Turn>>>
  /**
   * Returns the transcript of a spoken turn or of a phrase to translate. `fail(…)` makes the transcription or translation fail. A list has
   * the transcripts in order, for scripts without `transcripts`.
   * @defaultValue The sentences of the vocabulary in the audio, or a description such as `[2.4 s of speech]`, see `createRecognizer`.
   */
  readonly hear?: TranscribeTurn | readonly (string | Failure)[]
  /**
   * Returns the translation of a phrase into the language of a translation session, `{ audio: { output: { language } } }`.
   * An object has the translations by phrase.
   * @defaultValue The same text, marked with the language: `[fr] Good morning.`
   */
  readonly translate?: Translate | Readonly<Record<string, string>>
  /**
   * Dialect that the emulator speaks. With a dialect of a server other than OpenAI, every model exists.
   * @defaultValue 'ga'
   */
  readonly dialect?: EmulatedDialect
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
   * Maximum delay of each event to the client, in milliseconds. Events stay in order. The delays are the same in each run.
   * @defaultValue 0
   */
  readonly jitterMs?: number
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
  /** Faults of the handshakes and sessions that start later. `emulator.inject()` adds more, also to open sessions. */
  readonly faults?: readonly Fault[]
  /** What the journals of the sessions keep. */
  readonly journal?: JournalOptions
  /**
   * Scripted MCP servers by `server_label`. An MCP server that is not in this list is contacted if its `server_url` is on this machine, and
   * fails to list its tools otherwise. Steps of `mcpCall` call the tools.
   */
  readonly mcpServers?: Readonly<Record<string, ScriptedMcpServer>>
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
  readonly mcpServers: Readonly<Record<string, ScriptedMcpServer>>
}
