import type { TranslationSession } from '../../protocol/translation-session.js'
import type { Failure } from './script.js'
import type { Sound } from './sound.js'

/** What was said in a translation session without a pause, or the next four seconds of it; as `translate` and voices see it. */
export interface Phrase {
  /** How many phrases came before it in the session. */
  readonly index: number
  /** The session as it was when this was said. */
  readonly session: TranslationSession
  /** The language to translate into. */
  readonly language: string
  /** What `hear` made of it. */
  readonly text: string
  readonly sound: Sound
  /** Where it begins and ends in all sound of the session, in milliseconds. */
  readonly startMs: number
  readonly endMs: number
}

/** Says a phrase in another language; a failure becomes an `error` event, and the phrase is not translated. */
export type Translate = (phrase: Phrase) => string | Failure

/** What an emulator that speaks no language can honestly say, such as `[fr] Good morning.` */
export const markLanguage: Translate = ({ text, language }) => `[${language}] ${text}`
