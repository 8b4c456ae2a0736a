import { type Clock, systemClock } from '../../internal/clock.js'
import { TransportError } from '../error.js'
import { integerOption, maxTimerMs } from '../integer-option.js'
import type { TransportClose } from '../transport.js'

/** Options of `reconnecting`: how often and how soon it retries. */
export interface ReconnectingOptions {
  /**
   * Upper bound of the delay before the first retry of an outage, in milliseconds.
   * @defaultValue 500, or `maxDelayMs` if that is less
   */
  minDelayMs?: number
  /**
   * Upper bound of the delay before any retry, in milliseconds. A longer `Retry-After` of the server is honored, up to `maxOutageMs`.
   * @defaultValue 30_000, or `minDelayMs` if that is more
   */
  maxDelayMs?: number
  /**
   * Factor by which the upper bound grows with each retry, 1 to 100.
   * @defaultValue 2
   */
  factor?: number
  /**
   * Maximum number of attempts per outage. The first attempt of `open()` counts.
   * @defaultValue 8
   */
  maxAttempts?: number
  /**
   * Maximum duration of an outage until its last attempt starts, in milliseconds. A longer delay, such as a large `Retry-After`, is shortened
   * to the remaining time. When the attempt after that fails too, there is no further attempt.
   * @defaultValue 3_600_000, or twice `maxAttempts` times `maxDelayMs` if that is more
   */
  maxOutageMs?: number
  /**
   * How long a connection must stay open before all attempts are restored, in milliseconds.
   * @defaultValue 10_000
   */
  stableMs?: number
  /**
   * Returns the delay before an attempt in milliseconds, or `undefined` to give up. It replaces the random delay of `minDelayMs`,
   * `maxDelayMs`, and `factor`. `attempt` is the number of the attempt in this outage, as in the event `reconnecting`. `lastFailure` is the
   * close of the lost connection, or the error of the last attempt.
   *
   * `maxAttempts`, `maxOutageMs`, and a longer `Retry-After` still apply. If the function throws or returns anything else, the transport
   * gives up with `INVALID_OPTION`.
   * @defaultValue a random delay
   */
  retryDelayMs?: (attempt: number, lastFailure: TransportClose | Error) => number | undefined
  /**
   * Source of the random delays: returns a number from 0 up to 1.
   * @defaultValue Math.random
   */
  random?: () => number
  /**
   * Clock for delays.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** Options with all defaults applied. */
export type RetryPolicy = Readonly<
  Required<Omit<ReconnectingOptions, 'retryDelayMs'>> & Pick<ReconnectingOptions, 'retryDelayMs'>
>

/**
 * Validates the options and applies the defaults.
 * @throws {TransportError} `INVALID_OPTION` with the name of the option that is out of range.
 */
export function resolveRetryPolicy(options: ReconnectingOptions): RetryPolicy {
  const { minDelayMs: min, maxDelayMs: max, factor = 2, random = Math.random, clock = systemClock } = options
  const { retryDelayMs } = options
  if (min !== undefined) integerOption('minDelayMs', min, 0)
  if (max !== undefined) integerOption('maxDelayMs', max, 0)
  // A bound that is given moves the one that is not.
  const minDelayMs = min ?? Math.min(500, max ?? 500)
  const maxDelayMs = max ?? Math.max(30_000, minDelayMs)
  if (maxDelayMs < minDelayMs) reject('maxDelayMs', `must be at least minDelayMs, which is ${minDelayMs}`)
  if (!(factor >= 1 && factor <= 100)) reject('factor', 'must be a number between 1 and 100')
  if (retryDelayMs !== undefined && typeof retryDelayMs !== 'function')
    reject('retryDelayMs', 'must be a function that returns milliseconds')
  const maxAttempts = integerOption('maxAttempts', options.maxAttempts ?? 8, 1)
  const stableMs = integerOption('stableMs', options.stableMs ?? 10_000, 0)
  const ownOutageMs = Math.min(maxTimerMs, 2 * maxAttempts * maxDelayMs)
  const maxOutageMs = integerOption('maxOutageMs', options.maxOutageMs ?? Math.max(3_600_000, ownOutageMs), 0)
  const policy = { minDelayMs, maxDelayMs, factor, maxAttempts, maxOutageMs, stableMs, random, clock }
  return retryDelayMs === undefined ? policy : { ...policy, retryDelayMs }
}

function reject(option: keyof ReconnectingOptions, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
