/** Time as the library sees it; tests and demonstrations pass their own. */
export interface Clock {
  /** Milliseconds since an origin that stays fixed for the life of the clock. */
  now(): number
  /** Calls `callback` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
}

/** The clock on the wall. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
