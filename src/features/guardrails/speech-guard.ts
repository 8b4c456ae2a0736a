import type { SpokenPart } from './text-checks.js'

/** Receives the transcript of held audio. */
export interface SpeechGuard {
  /** Text was added to a part. */
  words(part: SpokenPart, delta: string): void
  /** The text of a part is complete. */
  allWords(part: SpokenPart, text: string): void
  /** Audio of a part was dropped for the first time. `wasReleased` is true if audio of its item was released before. */
  dropped(part: SpokenPart, wasReleased: boolean): void
  /** The connection was opened, lost, or closed. */
  lost(): void
}

/** Decides about held audio. */
export interface SpeechVerdicts {
  /** The first `length` characters of a part passed. With `isAll`, its whole text did. */
  pass(part: SpokenPart, length: number, isAll: boolean): void
  /** Releases all audio of a response, also what arrives later. */
  free(responseId: string): void
  /** Drops all audio of a response, also what arrives later. */
  block(responseId: string): void
  /** Disconnects the guardrails. Audio that has not passed is dropped, and so is new audio until other guardrails are connected. */
  release(): void
}
