/**
 * A speech of the user, from its start until its turn has a response or is deleted. A speech that the server clears is dropped in any phase
 * before its commit.
 */
export type Speech =
  | ActiveSpeech
  | EndedSpeech
  /** Committed. The speech interrupted the model, and its words are awaited. */
  | { readonly phase: 'unconfirmed'; readonly cancelTimer: () => void }
  /** Committed and ignored. Its item is deleted once the server reports the item. */
  | { readonly phase: 'ignored' }

/** The user speaks. */
export interface ActiveSpeech {
  readonly phase: 'active'
  readonly startedAtMs: number
  overlap: Overlap
  /** How long the user spoke while the model was silent, in milliseconds. Known where the level of the microphone is. */
  aloneMs: number
}

/** The server has detected the end, and commits the turn next. */
export interface EndedSpeech {
  readonly phase: 'ended'
  readonly overlap: Overlap
  readonly aloneMs: number
  /** How long the speech lasted, as far as the server reports it, in milliseconds. */
  readonly lastedMs: number
}

/** Whether the model was silent, was audible, or was interrupted during a speech. */
export type Overlap = 'none' | 'audible' | 'interrupted'
