import type { Clock } from '../../internal/clock.js'
import { createEmitter } from '../../internal/emitter.js'
import type { WaitForOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'

/** The calls that wait for an event or for the end of the session. */
export interface EventWaits {
  /** Functions that reject the calls that wait. Other waits may add theirs. */
  readonly waiting: Set<(error: unknown) => void>
  /** Resolves with the next event of a type. */
  waitFor<Event>(type: string, wait?: WaitForOptions<Event>): Promise<Event>
  /** Rejects the calls that wait for the next event of a type, because an event of that type cannot be used. */
  rejectUnusable(type: string, error: Error): void
  rejectAll(reason: unknown): void
}

export function createEventWaits(
  clock: Clock,
  on: (type: string, listener: (event: unknown) => void) => () => void,
): EventWaits {
  const waiting = new Set<(error: unknown) => void>()
  const unusable = createEmitter<Record<string, Error>>()
  return {
    waiting,
    waitFor<Event>(type: string, wait: WaitForOptions<Event> = {}) {
      return withTimeout<Event>(clock, wait, type, (resolve, reject) => {
        const unsubscribe = on(type, (event) => {
          if (!wait.where || wait.where(event as Event)) resolve(event as Event)
        })
        // With a condition, it is unknown whether the event that cannot be used would have met it.
        const unsubscribeUnusable = wait.where ? () => {} : unusable.on(type, reject)
        waiting.add(reject)
        return () => {
          unsubscribe()
          unsubscribeUnusable()
          waiting.delete(reject)
        }
      })
    },
    rejectUnusable: (type, error) => unusable.emit(type, error),
    rejectAll(reason) {
      for (const reject of [...waiting]) reject(reason)
      waiting.clear()
    },
  }
}
