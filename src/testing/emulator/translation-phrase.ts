import type { TranslationSession } from '../../protocol/translation-session.js'
import type { PcmAudio } from './pcm-audio.js'
import type { Failure } from './script.js'

/** Speech between two pauses in a translation session, at most four seconds, as `translate` and voices receive it. */
export interface Phrase {
  /** Number of earlier phrases in the session. */
  readonly index: number
  /** The session at the time of the phrase. */
  readonly session: TranslationSession
  /** Target language. */
  readonly language: string
  /** Transcript returned by `transcribe`. */
  readonly text: string
  readonly audio: PcmAudio
  /** Start and end, in milliseconds since the start of the session's audio. */
  readonly startMs: number
  readonly endMs: number
}

/** Returns the translation of a phrase. A failure is sent as an `error` event, and the phrase is skipped. */
export type Translate = (phrase: Phrase) => string | Failure

/** The default translation, which marks the text with the language: `[fr] Good morning.` */
export const markLanguage: Translate = ({ text, language }) => `[${language}] ${text}`
