import { type Clock, systemClock } from '../../internal/clock.js'
import { TransportError } from '../error.js'
import { maxTimerMs, wholeNumber } from './whole-number.js'

/** How often, and how soon, a lost connection is tried again: options of `reconnecting`. */
export interface ReconnectingOptions {
  /**
   * The longest wait before the first retry of an outage, in milliseconds.
   * @default 500, or `maxDelayMs` if that is less
   */
  minDelayMs?: number
  /**
   * The longest wait before any retry, in milliseconds; only a server that asks for a longer one itself (`Retry-After`) gets it, up to `maxOutageMs`.
   * @default 30_000, or `minDelayMs` if that is more
   */
  maxDelayMs?: number
  /**
   * By how much the longest wait grows from one retry to the next, 1 to 100.
   * @default 2
   */
  factor?: number
  /**
   * How many attempts an outage is worth. The first attempt of `open()` is one of its own.
   * @default 8
   */
  maxAttempts?: number
  /**
   * How long an outage may last until its last attempt starts, in milliseconds. A longer delay, such as a large `Retry-After`, is cut to
   * what is left of it, and when the attempt after that fails too, no other follows.
   * @default 3_600_000, or twice `maxAttempts` times `maxDelayMs` if that is more
   */
  maxOutageMs?: number
  /**
   * How long a connection must last until its end counts as a new outage, with all its attempts, in milliseconds.
   * @default 10_000
   */
  stableMs?: number
  /**
   * Where the jitter of the waits comes from: a number from 0 up to 1.
   * @default Math.random
   */
  random?: () => number
  /**
   * Where time comes from.
   * @default the clock on the wall
   */
  clock?: Clock
}

/** The options with nothing left out. */
export type RetryPolicy = Readonly<Required<ReconnectingOptions>>

/**
 * The policy that the options amount to.
 * @throws {TransportError} `INVALID_OPTION` names the option that cannot work.
 */
export function retryPolicy(options: ReconnectingOptions): RetryPolicy {
  const { minDelayMs: min, maxDelayMs: max, factor = 2, random = Math.random, clock = systemClock } = options
  if (min !== undefined) wholeNumber('minDelayMs', min, 0)
  if (max !== undefined) wholeNumber('maxDelayMs', max, 0)
  // A bound that is given moves the one that is not.
  const minDelayMs = min ?? Math.min(500, max ?? 500)
  const maxDelayMs = max ?? Math.max(30_000, minDelayMs)
  if (maxDelayMs < minDelayMs) refuse('maxDelayMs', `must be at least minDelayMs, which is ${minDelayMs}`)
  if (!(factor >= 1 && factor <= 100)) refuse('factor', 'must be a number between 1 and 100')
  const maxAttempts = wholeNumber('maxAttempts', options.maxAttempts ?? 8, 1)
  const stableMs = wholeNumber('stableMs', options.stableMs ?? 10_000, 0)
  const ownOutageMs = Math.min(maxTimerMs, 2 * maxAttempts * maxDelayMs)
  const maxOutageMs = wholeNumber('maxOutageMs', options.maxOutageMs ?? Math.max(3_600_000, ownOutageMs), 0)
  return { minDelayMs, maxDelayMs, factor, maxAttempts, maxOutageMs, stableMs, random, clock }
}

function refuse(option: keyof ReconnectingOptions, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
