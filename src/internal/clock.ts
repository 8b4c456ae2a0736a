/** Source of time and timers. Tests pass a manual clock. */
export interface Clock {
  /** Returns milliseconds since a fixed origin. */
  now(): number
  /** Calls `callback` once after `delayMs` milliseconds. Returns a function that cancels the timer. */
  after(delayMs: number, callback: () => void): () => void
}

const maxTimerMs = 2 ** 31 - 1

/** The system clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    // `setTimeout` fires immediately for longer delays.
    const timer = setTimeout(callback, Math.min(delayMs, maxTimerMs))
    return () => clearTimeout(timer)
  },
}
