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
   * Waits for the end of the attempt. A signal ends the wait of its caller at once. When the last caller gives up, the attempt fails with its
   * reason, and releases its resources after that.
   */
  join(wait: Pick<WaitOptions, 'signal'>): Promise<void>
  /** Resolves when a failed attempt has released its resources. A signal ends the wait at once. */
  untilReleased(wait: Pick<WaitOptions, 'signal'>): Promise<void>
}

/** Turns of the microtask queue after which an attempt has ended whose transport closes without waiting. */
const sameTickTurns = 32

export function createConnectAttempt(clock: Clock): ConnectAttempt {
  const outcome = createDeferred<void>()
  const { promise: end, resolve, reject } = createDeferred<void>()
  let callers = 0
  let hasEnded = false
  const onEnd = () => {
    hasEnded = true
  }
  end.then(onEnd, onEnd)
  return {
    outcome,
    end,
    start: (run) => void run(outcome.promise).then(resolve, reject),
    untilReleased: (wait) =>
      withTimeout<void>(clock, wait, sessionStartStep, (resolve) => {
        end.then(resolve, () => resolve())
        return () => {}
      }),
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
        // A transport may take seconds to close, and the caller does not wait for it. One that closes in the same tick is closed first.
        for (let turn = 0; turn < sameTickTurns && !hasEnded; turn++) await Promise.resolve()
        // The attempt may have succeeded in the same tick.
        await outcome.promise.catch(() => {
          throw error
        })
      }
    },
  }
}
