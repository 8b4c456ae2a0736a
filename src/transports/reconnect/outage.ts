import type { RetryPolicy } from './options.js'
import { isOffline } from './page.js'
import { requestedDelayMs } from './retry-decision.js'
import { maxTimerMs } from './whole-number.js'

/** The attempts and the time that an outage has used up. */
export interface Outage {
  /** Attempts made. */
  readonly attempts: number
  attempt(): void
  /** Returns the delay before the next attempt in milliseconds, or `undefined` when no attempt or no time is left. */
  nextDelayMs(cause: unknown): number | undefined
  /** Restores all attempts and the whole time: the next failure starts another outage. */
  end(): void
}

export function createOutage(policy: RetryPolicy): Outage {
  let attempts = 0
  let retries = 0
  let startedAt: number | undefined

  function leftMs(): number {
    startedAt ??= policy.clock.now()
    return startedAt + policy.maxOutageMs - policy.clock.now()
  }

  return {
    get attempts() {
      return attempts
    },
    attempt() {
      attempts += 1
      startedAt ??= policy.clock.now()
    },
    nextDelayMs(cause) {
      const restMs = leftMs()
      if (attempts >= policy.maxAttempts || restMs <= 0) return undefined
      // `navigator.onLine` can be wrong, so an offline client still retries, at the longest delay.
      const ownMs = isOffline() ? policy.maxDelayMs : backoffMs(policy, retries)
      retries += 1
      return Math.min(Math.max(ownMs, requestedDelayMs(cause)), restMs, maxTimerMs)
    },
    end() {
      attempts = 0
      retries = 0
      startedAt = undefined
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
