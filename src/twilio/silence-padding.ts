import type { Clock } from '../internal/clock.js'

/** Fills gaps in the caller's audio with silence, so that turn detection detects the end of the caller's turn. */
export interface SilencePadding {
  /**
   * Records a chunk of audio before it is forwarded, and pads the gap before it.
   * @param timestamp milliseconds since the start of the stream, as the provider sends it
   * @param ms duration of the chunk in milliseconds
   * @param now time of the clock
   */
  media(timestamp: unknown, ms: number, now: number): void
  stop(): void
}

/** Options of {@link createSilencePadding}. */
export interface SilencePaddingOptions {
  readonly clock: Clock
  /** Time without audio before padding starts, in milliseconds. `Infinity` disables it. */
  readonly padAfterMs: number
  /** Maximum silence for one gap, in milliseconds. */
  readonly maxPaddingMs: number
  /** Called with a duration of silence to forward, in milliseconds. */
  readonly pad: (ms: number) => void
}

/** Smallest gap that is filled, in milliseconds. Reordered packets, which Telnyx does not rule out, look like small gaps. */
const smallestGapMs = 60
/** A timestamp that is at least this much earlier than expected belongs to a restarted stream. In milliseconds. */
const largestReorderMs = 1000
/** Interval at which silence is added while no audio arrives, in milliseconds. */
const padEveryMs = 100

export function createSilencePadding(options: SilencePaddingOptions): SilencePadding {
  const { clock, padAfterMs, maxPaddingMs, pad } = options
  // Fields of an object, because a variable of a closure takes new memory for each number that is not a small integer.
  const at = {
    /** Timestamp of the next chunk if there is no gap. `NaN` when the provider sends no timestamps. */
    expected: Number.NaN,
    lastMedia: Number.NEGATIVE_INFINITY,
  }
  /** Silence added since the last chunk. */
  let paddedMs = 0
  let cancel: (() => void) | undefined

  function fill(gapMs: number): void {
    const ms = Math.floor(Math.min(gapMs, maxPaddingMs) - paddedMs)
    if (ms <= 0) return
    paddedMs += ms
    pad(ms)
  }

  // The timer is re-armed when it fires. Re-arming it for each chunk would cost more than handling the chunk.
  function wait(ms: number): void {
    cancel = clock.after(ms, () => {
      cancel = undefined
      const quietMs = clock.now() - at.lastMedia
      if (quietMs < padAfterMs) {
        wait(padAfterMs - quietMs)
        return
      }
      fill(quietMs)
      if (paddedMs < Math.floor(maxPaddingMs)) wait(padEveryMs)
    })
  }

  return {
    media(timestamp, ms, now) {
      const { expected } = at
      const startsAt = numberOf(timestamp)
      const gapMs = startsAt - expected
      if (gapMs >= smallestGapMs) fill(gapMs)
      paddedMs = 0
      at.lastMedia = now
      const isReordered = gapMs < 0 && gapMs > -largestReorderMs
      if (!isReordered && !Number.isNaN(startsAt)) at.expected = startsAt + ms
      if (!cancel && Number.isFinite(padAfterMs) && maxPaddingMs >= 1) wait(padAfterMs)
    },
    stop() {
      cancel?.()
      cancel = undefined
      at.expected = Number.NaN
    },
  }
}

/** Returns the number of a timestamp, or `NaN`. Providers send strings or numbers. */
function numberOf(timestamp: unknown): number {
  if (typeof timestamp !== 'number' && (typeof timestamp !== 'string' || timestamp.trim() === '')) return Number.NaN
  const value = Number(timestamp)
  return Number.isFinite(value) ? value : Number.NaN
}
