/** Time as the library sees it; tests and demonstrations pass their own. */
export interface Clock {
  /** Milliseconds since an origin that stays fixed for the life of the clock. */
  now(): number
  /** Calls `callback` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

const longestMs = 2 ** 31 - 1

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    // Timers of the platform fire at once beyond this.
    const timer = setTimeout(callback, Math.min(delayMs, longestMs))
    return () => clearTimeout(timer)
  },
}
