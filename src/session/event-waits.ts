import type { Clock } from '../internal/clock.js'
import { createEmitter } from '../internal/emitter.js'
import type { WaitForOptions } from './options.js'
import { within } from './within.js'

/** Everything that waits for an event or for the end of the session. */
export interface EventWaits {
  /** Those who wait, as functions that reject them; other waits may add their own. */
  readonly waiting: Set<(error: unknown) => void>
  /** Resolves with the next event of a type. */
  waitFor<Event>(type: string, wait?: WaitForOptions<Event>): Promise<Event>
  /** An event of a type came and cannot be used: rejects those who wait for the next one. */
  spoil(type: string, error: Error): void
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
      return within<Event>(clock, wait, type, (resolve, reject) => {
        const unsubscribe = on(type, (event) => {
          if (!wait.where || wait.where(event as Event)) resolve(event as Event)
        })
        // With a condition, nobody knows whether the event that cannot be used would have met it.
        const unsubscribeUnusable = wait.where ? () => {} : unusable.on(type, reject)
        waiting.add(reject)
        return () => {
          unsubscribe()
          unsubscribeUnusable()
          waiting.delete(reject)
        }
      })
    },
    spoil: (type, error) => unusable.emit(type, error),
    rejectAll(reason) {
      for (const reject of [...waiting]) reject(reason)
      waiting.clear()
    },
  }
}
