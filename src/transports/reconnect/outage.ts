import type { RetryPolicy } from './options.js'
import { isOffline } from './page.js'
import { requestedDelayMs } from './retry-decision.js'
import { maxTimerMs } from './whole-number.js'

/** How much of the policy an outage has used up. */
export interface Outage {
  /** Attempts made. */
  readonly attempts: number
  attempt(): void
  /** The wait before the next attempt, in milliseconds; undefined when there is none left. */
  nextDelayMs(cause: unknown): number | undefined
  /** Whatever fails from now on is another outage. */
  end(): void
}

export function createOutage(policy: RetryPolicy): Outage {
  let attempts = 0
  let retries = 0
  return {
    get attempts() {
      return attempts
    },
    attempt() {
      attempts += 1
    },
    nextDelayMs(cause) {
      if (attempts >= policy.maxAttempts) return undefined
      // Without a network an attempt is wasted; the one after the longest wait is there because the runtime may be mistaken.
      const ownMs = isOffline() ? policy.maxDelayMs : backoffMs(policy, retries)
      retries += 1
      return Math.min(Math.max(ownMs, requestedDelayMs(cause)), maxTimerMs)
    },
    end() {
      attempts = 0
      retries = 0
    },
  }
}

/**
 * A wait of any length up to a bound that grows with each retry ("full jitter"), so that clients which a server lost together do not
 * come back together.
 */
function backoffMs({ minDelayMs, maxDelayMs, factor, random }: RetryPolicy, retry: number): number {
  // Beyond the 64th power nothing changes, and a number that overflows would.
  const bound = Math.min(maxDelayMs, minDelayMs * factor ** Math.min(retry, 64))
  return Math.round(random() * bound)
}
