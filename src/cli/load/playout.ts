/** What a caller's player would play: only durations, no samples. It plays audio as soon as it arrives. */
export interface Playout {
  /** Adds audio that arrives now. Returns the silence before it, in milliseconds, if it belongs to audio that has been played before. */
  add(ms: number, nowMs: number, continues: Continuation): number
  /** Drops the audio that was not played. */
  clear(): void
  /** Time at which all audio was played. */
  readonly endsAtMs: number
}

/**
 * Whether audio continues the response before it. `unknown`: the model's audio carries no stamps, so audio that follows within
 * {@link longestUnknownGapMs} continues the response.
 */
export type Continuation = 'first' | 'following' | 'unknown'

/** Audio of one message. */
export interface ReceivedAudio {
  readonly ms: number
  readonly continues: Continuation
  /** How long the audio took, if it carries a stamp. */
  readonly delayMs: number | undefined
}

/** A longer silence is a pause between two responses. */
export const longestUnknownGapMs = 400

export function createPlayout(): Playout {
  let endsAtMs = Number.NEGATIVE_INFINITY
  return {
    add(ms, nowMs, continues) {
      const silenceMs = Math.max(0, nowMs - endsAtMs)
      endsAtMs = Math.max(endsAtMs, nowMs) + ms
      if (!Number.isFinite(silenceMs) || continues === 'first') return 0
      return continues === 'unknown' && silenceMs > longestUnknownGapMs ? 0 : silenceMs
    },
    clear() {
      endsAtMs = Number.NEGATIVE_INFINITY
    },
    get endsAtMs() {
      return endsAtMs
    },
  }
}
