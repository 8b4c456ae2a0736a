import type { Clock } from '../internal/clock.js'

/** Fills the gaps in a caller's media with silence, so that the server's turn detection sees the caller stop speaking. */
export interface SilencePadding {
  /**
   * Records a piece of media before it is passed on, and pads the gap before it.
   * @param timestamp milliseconds since the start of the stream, as the provider writes it
   */
  media(timestamp: unknown, ms: number): void
  stop(): void
}

export interface SilencePaddingOptions {
  readonly clock: Clock
  /** How long no media arrive before padding starts, in milliseconds; `Infinity` for never. */
  readonly padAfterMs: number
  /** The most silence for one gap, in milliseconds. */
  readonly maxPaddingMs: number
  /** Passes so much silence on. */
  readonly pad: (ms: number) => void
}

/** A lost packet or two do not keep a turn open. Telnyx does not promise the order of media, which looks like small gaps. */
const smallestGapMs = 60
/** A timestamp that is this much behind belongs to a stream that has started again. */
const largestReorderMs = 1000
/** How often silence is added while no media arrive. */
const padEveryMs = 100

export function createSilencePadding(options: SilencePaddingOptions): SilencePadding {
  const { clock, padAfterMs, maxPaddingMs, pad } = options
  /** The timestamp that follows the last piece of media, when the provider sends timestamps. */
  let expected: number | undefined
  let lastMediaAt = Number.NEGATIVE_INFINITY
  /** The silence that was added since the last piece of media. */
  let paddedMs = 0
  let cancel: (() => void) | undefined

  function fill(gapMs: number): void {
    const ms = Math.floor(Math.min(gapMs, maxPaddingMs) - paddedMs)
    if (ms <= 0) return
    paddedMs += ms
    pad(ms)
  }

  /** One timer that is moved when it is due: moving it for each piece of media would cost more than the media. */
  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      cancel = undefined
      const quietMs = clock.now() - lastMediaAt
      if (quietMs < padAfterMs) {
        wait(padAfterMs - quietMs)
        return
      }
      fill(quietMs)
      if (paddedMs < Math.floor(maxPaddingMs)) wait(padEveryMs)
    })
  }

  return {
    media(timestamp, ms) {
      const at = numberOf(timestamp)
      if (at !== undefined && expected !== undefined) {
        const gapMs = at - expected
        if (gapMs >= smallestGapMs) fill(gapMs)
      }
      paddedMs = 0
      lastMediaAt = clock.now()
      if (at !== undefined) {
        const isReordered = expected !== undefined && at < expected && at > expected - largestReorderMs
        if (!isReordered) expected = at + ms
      }
      if (!cancel && Number.isFinite(padAfterMs) && maxPaddingMs >= 1) wait(padAfterMs)
    },
    stop() {
      cancel?.()
      cancel = undefined
      expected = undefined
    },
  }
}

/** Providers write timestamps as text or as numbers. */
function numberOf(timestamp: unknown): number | undefined {
  if (typeof timestamp !== 'number' && (typeof timestamp !== 'string' || timestamp.trim() === '')) return undefined
  const value = Number(timestamp)
  return Number.isFinite(value) ? value : undefined
}
