import type { Clock } from '../../internal/clock.js'
import { type CreatedResponse, requestIdOf } from './correlation.js'
import { idOf, type TrackedResponse } from './tracked-responses.js'

/** How often a request is repeated after conflicts with a response that is not known, and how long to wait in between. */
export const maxConflicts = 8
const retryDelayMs = 250

/** A request that the server refused because of a response that is not known yet. It is queued again. */
export interface Conflict {
  readonly request: TrackedResponse
  /** The `event_id` of the refused request. */
  readonly eventId: string
  /** Stands for the response that the server named, until its `response.created` arrives. */
  readonly standIn: TrackedResponse | undefined
}

/** The conflict between the first request of the queue and a response that is not known yet. */
export interface ConflictState {
  current: Conflict | undefined
  cancelRetry: (() => void) | undefined
}

/** The request of a conflict is sent again. */
export function endConflictOf(state: ConflictState, request: TrackedResponse): void {
  if (state.current?.request === request) state.current = undefined
}

/** Returns the stand-in of a response that names the refused request as its own. */
export function ownStandIn(state: ConflictState, response: CreatedResponse): TrackedResponse | undefined {
  const unsent = unsentConflict(state)
  if (!unsent?.standIn || requestIdOf(response) !== unsent.eventId) return undefined
  return idOf(unsent.standIn) === response.id ? unsent.standIn : undefined
}

/**
 * Returns the requests that a new response may belong to. The response that the server reports as running can be the response to the refused
 * request itself, because servers start a response before they report it. Sending that request again would make the model respond twice.
 */
export function candidatesOf(
  state: ConflictState,
  pending: ReadonlyMap<string, TrackedResponse>,
): ReadonlyMap<string, TrackedResponse> {
  const unsent = unsentConflict(state)
  return unsent ? new Map([[unsent.eventId, unsent.request], ...pending]) : pending
}

/** Calls `retry` after a delay. */
export function scheduleRetry(state: ConflictState, clock: Clock, retry: () => void): void {
  state.cancelRetry?.()
  state.cancelRetry = clock.after(retryDelayMs, retry)
}

/** Forgets the conflict and stops the retry. */
export function clearConflict(state: ConflictState): void {
  state.current = undefined
  state.cancelRetry?.()
}

function unsentConflict({ current }: ConflictState): Conflict | undefined {
  return current?.request.phase.name === 'queued' ? current : undefined
}
