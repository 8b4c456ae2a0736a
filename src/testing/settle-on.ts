import type { ManualClock } from './clock.js'

/** Options of {@link settleOn}. */
export interface SettleOptions {
  /**
   * How far the clock advances between two checks, in milliseconds.
   * @defaultValue 100
   */
  readonly stepMs?: number
  /**
   * Time on the clock after which the wait is given up, in milliseconds.
   * @defaultValue 3_600_000
   */
  readonly maxMs?: number
}

/**
 * Advances a manual clock until a promise has settled, and returns the promise.
 * @example
 * ```ts
 * await settleOn(clock, session.connect())
 * ```
 */
export async function settleOn<T>(
  clock: ManualClock,
  promise: Promise<T>,
  { stepMs = 100, maxMs = 3_600_000 }: SettleOptions = {},
): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  const end = clock.now() + maxMs
  await clock.advance(0)
  while (!isSettled && clock.now() < end) await clock.advance(stepMs)
  if (!isSettled) throw new Error(`The promise has not settled after ${maxMs} ms on the manual clock.`)
  return promise
}
