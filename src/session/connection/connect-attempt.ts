import type { Clock } from '../../internal/clock.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { sessionStartStep } from '../error.js'
import type { WaitOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'

/** One attempt of `connect()`. Concurrent calls share it. */
export interface ConnectAttempt {
  /** Settled as soon as the attempt has succeeded or failed. */
  readonly outcome: Deferred<void>
  /** Settles like `outcome`, after a failed attempt has released its resources. */
  readonly end: Promise<void>
  /** Runs the attempt. `run` settles like `outcome`. */
  start(run: (outcome: Promise<void>) => Promise<void>): void
  /**
   * Waits for the end of the attempt. A signal ends the wait of its caller only. When the last caller gives up, the attempt fails with its
   * reason.
   */
  join(wait: Pick<WaitOptions, 'signal'>): Promise<void>
}

export function createConnectAttempt(clock: Clock): ConnectAttempt {
  const outcome = createDeferred<void>()
  const { promise: end, resolve, reject } = createDeferred<void>()
  let callers = 0
  return {
    outcome,
    end,
    start: (run) => void run(outcome.promise).then(resolve, reject),
    async join(wait) {
      callers += 1
      try {
        await withTimeout<void>(clock, wait, sessionStartStep, (succeed, fail) => {
          end.then(succeed, fail)
          return () => {}
        })
      } catch (error) {
        callers -= 1
        if (callers > 0) throw error
        outcome.reject(error)
        await end
      }
    },
  }
}
