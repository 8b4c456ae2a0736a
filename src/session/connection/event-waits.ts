import type { Clock } from '../../internal/clock.js'
import { addListener, createListeners, emit, type Listeners } from '../../internal/emitter.js'
import type { WaitForOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'

/** The calls that wait for an event or for the end of the session. */
export interface EventWaits {
  /** Functions that reject the calls that wait. Other waits may add theirs. */
  readonly waiting: Set<(error: unknown) => void>
  /** The calls that are rejected when an event of their type cannot be used. */
  readonly unusable: Listeners<Record<string, Error>>
}

export function createEventWaits(): EventWaits {
  return { waiting: new Set(), unusable: createListeners() }
}

/** Resolves with the next event of a type. */
export function waitForEvent<Event>(
  { waiting, unusable }: EventWaits,
  { clock, listeners }: { readonly clock: Clock; readonly listeners: Listeners<Record<string, unknown>> },
  type: string,
  wait: WaitForOptions<Event> = {},
): Promise<Event> {
  return withTimeout<Event>(clock, wait, type, (resolve, reject) => {
    const unsubscribe = addListener(listeners, type, (event) => {
      if (!wait.where || wait.where(event as Event)) resolve(event as Event)
    })
    // With a condition, it is unknown whether the event that cannot be used would have met it.
    const unsubscribeUnusable = wait.where ? () => {} : addListener(unusable, type, reject)
    waiting.add(reject)
    return () => {
      unsubscribe()
      unsubscribeUnusable()
      waiting.delete(reject)
    }
  })
}

/** Rejects the calls that wait for the next event of a type, because an event of that type cannot be used. */
export function rejectUnusable({ unusable }: EventWaits, type: string, error: Error): void {
  emit(unusable, type, error)
}

export function rejectWaits({ waiting }: EventWaits, reason: unknown): void {
  for (const reject of [...waiting]) reject(reason)
  waiting.clear()
}
