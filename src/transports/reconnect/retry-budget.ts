import { TransportError } from '../error.js'
import { maxTimerMs } from '../integer-option.js'
import type { TransportClose } from '../transport.js'
import { isOffline } from './online-state.js'
import { requestedDelayMs } from './retry-decision.js'
import type { RetryPolicy } from './retry-policy.js'

/** Attempts made since the connection was last stable, and the delay before the next one. */
export interface RetryBudget {
  /** Number of attempts made. */
  readonly attempts: number
  recordAttempt(): void
  /**
   * Returns the delay before the next attempt in milliseconds, or `undefined` when no attempts or no time are left.
   * @throws {TransportError} `INVALID_OPTION` when `retryDelayMs` throws or returns an unusable value.
   */
  nextDelayMs(cause: TransportClose | Error): number | undefined
  /** Restores all attempts and the full duration of an outage. */
  reset(): void
}

export function createRetryBudget(policy: RetryPolicy): RetryBudget {
  let attempts = 0
  let retries = 0
  let startedAt: number | undefined

  function remainingMs(): number {
    startedAt ??= policy.clock.now()
    return startedAt + policy.maxOutageMs - policy.clock.now()
  }

  function ownDelayMs(cause: TransportClose | Error): number | undefined {
    if (policy.retryDelayMs) return customDelayMs(policy.retryDelayMs, attempts + 1, cause)
    // `navigator.onLine` can be wrong, so an offline client still retries, at the longest delay.
    return isOffline() ? policy.maxDelayMs : fullJitterMs(policy, retries)
  }

  return {
    get attempts() {
      return attempts
    },
    recordAttempt() {
      attempts += 1
      startedAt ??= policy.clock.now()
    },
    nextDelayMs(cause) {
      const restMs = remainingMs()
      if (attempts >= policy.maxAttempts || restMs <= 0) return undefined
      const delayMs = ownDelayMs(cause)
      if (delayMs === undefined) return undefined
      retries += 1
      return Math.min(Math.max(delayMs, requestedDelayMs(cause)), restMs, maxTimerMs)
    },
    reset() {
      attempts = 0
      retries = 0
      startedAt = undefined
    },
  }
}

/** Calls the function of the app and checks the delay that it returns. */
function customDelayMs(
  retryDelayMs: NonNullable<RetryPolicy['retryDelayMs']>,
  attempt: number,
  cause: TransportClose | Error,
): number | undefined {
  let delayMs: unknown
  try {
    delayMs = retryDelayMs(attempt, cause)
  } catch (error) {
    const problem = 'threw an error, which is the cause'
    throw new TransportError('INVALID_OPTION', { option: 'retryDelayMs', problem }, { cause: error })
  }
  if (delayMs === undefined) return undefined
  if (typeof delayMs === 'number' && Number.isFinite(delayMs) && delayMs >= 0) return Math.round(delayMs)
  const problem = 'must return a finite number of milliseconds of at least 0, or undefined to give up'
  throw new TransportError('INVALID_OPTION', { option: 'retryDelayMs', problem })
}

/** Returns a random delay up to a bound that grows with each retry ("full jitter"), so that clients do not retry at the same time. */
function fullJitterMs({ minDelayMs, maxDelayMs, factor, random }: RetryPolicy, retry: number): number {
  // The exponent is capped so that the power cannot overflow.
  const bound = Math.min(maxDelayMs, minDelayMs * factor ** Math.min(retry, 64))
  return Math.round(random() * bound)
}
