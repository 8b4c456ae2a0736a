import type { SpokenPart } from './checks.js'

/** Whoever judges held speech. */
export interface SpeechGuard {
  /** More words of a part. */
  words(part: SpokenPart, delta: string): void
  /** All words of a part. */
  allWords(part: SpokenPart, text: string): void
  /** Sound of a part is dropped, for the first time; `wasHeard` tells whether any sound of its item went on before. */
  dropped(part: SpokenPart, wasHeard: boolean): void
  /** The connection is another, or none. */
  lost(): void
}

/** The judgement over held speech. */
export interface SpeechVerdicts {
  /** So many characters of a part passed; `isAll` says that all its words did. */
  pass(part: SpokenPart, length: number, isAll: boolean): void
  /** All sound of a response may go, now and later. */
  free(responseId: string): void
  /** No sound of a response goes any more. */
  block(responseId: string): void
  /** Gives the judgement up. What has not passed is dropped, and so is all that comes until somebody else judges. */
  release(): void
}
