import type { ResponseCreateParams } from '../../protocol/response.js'
import type { ResponseObserver } from './handle.js'

/** The state of a response between `respond()` and its last event. */
export type ResponsePhase =
  | { readonly name: 'new' }
  /** Waits for another response to finish, or for a connection. */
  | { readonly name: 'queued'; readonly position: 'front' | 'back' }
  /** `response.create` was sent, or waits to be sent. */
  | { readonly name: 'requested'; readonly eventId: string; readonly deadlineMs: number }
  /** Cancelled by the client after the request was sent. The server cancels only what it has created, so `response.cancel` follows later. */
  | { readonly name: 'cancel-requested'; readonly eventId: string }
  /** The handle has settled, and the server may still create the response. */
  | { readonly name: 'abandoned'; readonly eventId: string }
  /** The server has created the response. */
  | { readonly name: 'running'; readonly id: string }
  /** `response.cancel` was sent. */
  | { readonly name: 'cancelling'; readonly id: string }
  | { readonly name: 'finished' }

/** A response that the session follows. */
export interface TrackedResponse {
  readonly observer: ResponseObserver
  readonly params: ResponseCreateParams
  readonly isInBand: boolean
  /** How long the server may take to create it, in milliseconds. */
  readonly createTimeoutMs: number
  /** Changed by {@link move} alone. */
  readonly phase: ResponsePhase
  /** Whether the metadata of its request contains the request's `event_id`. */
  isNamed: boolean
  /** How often the server refused the request because of an unknown running response. */
  conflicts: number
  /** The id of the running response that the server named in its last refusal. */
  conflictId: string | undefined
  /** When the last event of the response arrived, on the session's clock. */
  lastEventAtMs: number
  /** Stops the timer of the current phase. */
  stopTimer: () => void
}

/** The responses of a session by phase. */
export interface TrackedResponses {
  readonly queue: TrackedResponse[]
  /** Requests without a reply, by `event_id`, in the order of sending. */
  readonly pending: Map<string, TrackedResponse>
  /** Requests that settled without a reply, by `event_id`, in the order of sending. */
  readonly abandoned: Map<string, TrackedResponse>
  /** Created responses by id. */
  readonly byId: Map<string, TrackedResponse>
  /** The response that runs in the conversation. */
  active: TrackedResponse | undefined
}

/** A server that never creates the response of a request must not make the list grow. */
const maxAbandoned = 64

/** How many responses may run at once. The oldest of more has failed, so that a server that never finishes them does not fill the memory. */
const maxRunning = 256

export function createTrackedResponses(): TrackedResponses {
  return { queue: [], pending: new Map(), abandoned: new Map(), byId: new Map(), active: undefined }
}

/** Moves a response to another phase, stops the timer of its last one, and updates the lists. */
export function move(tracked: TrackedResponses, response: TrackedResponse, phase: ResponsePhase): void {
  response.stopTimer()
  leave(tracked, response, phase)
  ;(response as { phase: ResponsePhase }).phase = phase
  enter(tracked, response, phase)
}

function leave(tracked: TrackedResponses, response: TrackedResponse, next: ResponsePhase): void {
  const { queue, pending, abandoned, byId } = tracked
  const { phase } = response
  switch (phase.name) {
    case 'queued':
      queue.splice(queue.indexOf(response), 1)
      break
    case 'requested':
      // A cancelled request keeps its position.
      if (next.name !== 'cancel-requested') pending.delete(phase.eventId)
      break
    case 'cancel-requested':
      pending.delete(phase.eventId)
      break
    case 'abandoned':
      abandoned.delete(phase.eventId)
      break
    case 'running':
    case 'cancelling':
      if ('id' in next) break
      byId.delete(phase.id)
      if (tracked.active === response) tracked.active = undefined
      break
  }
}

function enter(tracked: TrackedResponses, response: TrackedResponse, phase: ResponsePhase): void {
  const { queue, pending, abandoned, byId } = tracked
  switch (phase.name) {
    case 'queued':
      if (phase.position === 'front') queue.unshift(response)
      else queue.push(response)
      break
    case 'requested':
    case 'cancel-requested':
      pending.set(phase.eventId, response)
      break
    case 'abandoned':
      abandoned.set(phase.eventId, response)
      for (const oldest of abandoned.values()) {
        if (abandoned.size <= maxAbandoned) break
        move(tracked, oldest, { name: 'finished' })
      }
      break
    case 'running':
      byId.set(phase.id, response)
      if (response.isInBand) tracked.active = response
      break
  }
}

/** Returns the oldest running response if too many run, apart from the active and the newest one. */
export function oldestExcess({ byId, active }: TrackedResponses, newest: TrackedResponse): TrackedResponse | undefined {
  if (byId.size <= maxRunning) return undefined
  for (const response of byId.values()) if (response !== active && response !== newest) return response
  return undefined
}

/** Returns the in-band request without a reply. */
export function pendingInBand({ pending }: TrackedResponses): TrackedResponse | undefined {
  for (const response of pending.values()) if (response.isInBand) return response
  return undefined
}

/** Returns a response in its first phase. */
export function trackResponse(
  options: Pick<TrackedResponse, 'observer' | 'params' | 'isInBand' | 'createTimeoutMs'>,
): TrackedResponse {
  return {
    observer: options.observer,
    params: options.params,
    isInBand: options.isInBand,
    createTimeoutMs: options.createTimeoutMs,
    phase: { name: 'new' },
    isNamed: false,
    conflicts: 0,
    conflictId: undefined,
    lastEventAtMs: 0,
    stopTimer: () => {},
  }
}

/** Returns the id of a response that the server has created and that is not finished. */
export function idOf({ phase }: TrackedResponse): string | undefined {
  return 'id' in phase ? phase.id : undefined
}
