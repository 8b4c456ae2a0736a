import type { Clock } from '../../internal/clock.js'
import { type CreatedResponse, requestIdOf } from './correlation.js'
import { idOf, type TrackedResponse } from './tracked-responses.js'

/** How often a request is repeated after conflicts with a response that is not known, and how long to wait in between. */
export const maxConflicts = 8
const retryDelayMs = 250

/** A request that the server refused because of a response that is not known yet. It is queued again. */
interface Conflict {
  readonly request: TrackedResponse
  /** The `event_id` of the refused request. */
  readonly eventId: string
  /** Stands for the response that the server named, until its `response.created` arrives. */
  readonly standIn: TrackedResponse | undefined
}

/** The conflict between the first request of the queue and a response that is not known yet. */
export interface ConflictState {
  record(conflict: Conflict): void
  /** The request is sent again. */
  recordSent(request: TrackedResponse): void
  /** Whether a response stands for one that the server named in its refusal. */
  isStandIn(response: TrackedResponse): boolean
  /** Returns the stand-in of a response that names the refused request as its own. */
  ownStandIn(response: CreatedResponse): TrackedResponse | undefined
  /**
   * Returns the requests that a new response may belong to. The response that the server reports as running can be the response to the refused
   * request itself, because servers start a response before they report it. Sending that request again would make the model respond twice.
   */
  candidates(pending: ReadonlyMap<string, TrackedResponse>): ReadonlyMap<string, TrackedResponse>
  /** A response of the conversation was created, so the conflict is over. */
  resolve(): void
  /** Calls `retry` after a delay. */
  scheduleRetry(): void
  stopRetry(): void
  /** Forgets the conflict and stops the retry. */
  clear(): void
}

export function createConflictState(clock: Clock, retry: () => void): ConflictState {
  let conflict: Conflict | undefined
  let cancelRetry = () => {}
  const unsent = () => (conflict?.request.phase.name === 'queued' ? conflict : undefined)

  function clear(): void {
    conflict = undefined
    cancelRetry()
  }

  return {
    record(next) {
      conflict = next
    },
    recordSent(request) {
      if (conflict?.request === request) conflict = undefined
    },
    isStandIn: (response) => response === conflict?.standIn,
    ownStandIn(response) {
      const current = unsent()
      if (!current?.standIn || requestIdOf(response) !== current.eventId) return undefined
      return idOf(current.standIn) === response.id ? current.standIn : undefined
    },
    candidates(pending) {
      const current = unsent()
      return current ? new Map([[current.eventId, current.request], ...pending]) : pending
    },
    resolve() {
      if (conflict) clear()
    },
    scheduleRetry() {
      cancelRetry()
      cancelRetry = clock.after(retryDelayMs, retry)
    },
    stopRetry: () => cancelRetry(),
    clear,
  }
}
