import type { Clock } from '../internal/clock.js'

/** Fills gaps in the caller's audio with silence, so that turn detection detects the end of the caller's turn. */
export interface SilencePadding {
  /**
   * Records a chunk of audio before it is forwarded, and pads the gap before it.
   * @param timestamp milliseconds since the start of the stream, as the provider sends it
   * @param ms duration of the chunk in milliseconds
   */
  media(timestamp: unknown, ms: number): void
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
  /** Timestamp of the next chunk if there is no gap. Undefined when the provider sends no timestamps. */
  let expected: number | undefined
  let lastMediaAt = Number.NEGATIVE_INFINITY
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

/** Providers send timestamps as strings or numbers. */
function numberOf(timestamp: unknown): number | undefined {
  if (typeof timestamp !== 'number' && (typeof timestamp !== 'string' || timestamp.trim() === '')) return undefined
  const value = Number(timestamp)
  return Number.isFinite(value) ? value : undefined
}
