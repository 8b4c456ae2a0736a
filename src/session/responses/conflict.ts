import { type CreatedResponse, requestIdOf } from './correlation.js'
import { idOf, type TrackedResponse } from './tracked-responses.js'

/** How often a request is repeated after conflicts with a response that is not known, and how long to wait in between. */
export const maxConflicts = 8
export const conflictRetryMs = 250

/** A request that the server refused because of a response that is not known yet. It is queued again. */
export interface Conflict {
  readonly request: TrackedResponse
  /** The `event_id` of the refused request. */
  readonly eventId: string
  /** Stands for the response that the server named, until its `response.created` arrives. */
  readonly standIn: TrackedResponse | undefined
}

/**
 * Returns the requests that a new response may belong to. The response that the server reports as running can be the response to the refused
 * request itself, because servers start a response before they report it. Sending that request again would make the model respond twice.
 */
export function withConflict(
  pending: ReadonlyMap<string, TrackedResponse>,
  conflict: Conflict | undefined,
): ReadonlyMap<string, TrackedResponse> {
  if (conflict?.request.phase.name !== 'queued') return pending
  return new Map([[conflict.eventId, conflict.request], ...pending])
}

/** Returns the stand-in of a response that names the refused request as its own. */
export function ownStandIn(response: CreatedResponse, conflict: Conflict | undefined): TrackedResponse | undefined {
  if (conflict?.request.phase.name !== 'queued' || requestIdOf(response) !== conflict.eventId) return undefined
  const { standIn } = conflict
  return standIn && idOf(standIn) === response.id ? standIn : undefined
}
