import type { Clock } from '../internal/clock.js'
import { createDeferred, type Deferred } from '../internal/deferred.js'
import type { WaitOptions } from './options.js'
import { theStart } from './wait-names.js'
import { within } from './within.js'

/** One attempt to connect, shared by all who ask for a connection meanwhile. */
export interface Attempt {
  /** How it went; once it has failed, everything is put back. */
  readonly outcome: Deferred<void>
  /** Settles as the outcome does, when that is done. */
  readonly end: Promise<void>
  /** `run` ends as the outcome does. */
  begin(run: (outcome: Promise<void>) => Promise<void>): void
  /** Waits for the end. A signal ends the wait of its caller alone; when nobody waits any more, the attempt fails with its reason. */
  join(wait: Pick<WaitOptions, 'signal'>): Promise<void>
}

export function createAttempt(clock: Clock): Attempt {
  const outcome = createDeferred<void>()
  const { promise: end, resolve, reject } = createDeferred<void>()
  let waiting = 0
  return {
    outcome,
    end,
    begin: (run) => void run(outcome.promise).then(resolve, reject),
    async join(wait) {
      waiting += 1
      try {
        await within<void>(clock, wait, theStart, (succeed, fail) => {
          end.then(succeed, fail)
          return () => {}
        })
      } catch (error) {
        waiting -= 1
        if (waiting > 0) throw error
        outcome.reject(error)
        await end
      }
    },
  }
}
