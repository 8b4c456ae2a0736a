import type { InvalidEvent } from '../../protocol/codec.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import type { Response } from '../../protocol/response.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { emitLocal, hasListeners } from '../connection/event-exchange.js'
import { removeWaiting } from '../connection/send-queue.js'
import type { DeltaEvent } from '../delta.js'
import { SessionError } from '../error.js'
import { isInBand } from '../state/response.js'
import { respondsToTurns } from '../turn-detection.js'
import { takeCancelId } from './cancel-ids.js'
import { candidatesOf, clearConflict, maxConflicts, ownStandIn, scheduleRetry } from './conflict.js'
import { type CreatedResponse, findRequest, readResponse, requestIdOf } from './correlation.js'
import type { Responses } from './options.js'
import { cancelledByClient, failedOutcome, outcomeOf, type ResponseOutcome } from './outcome.js'
import {
  createTracked,
  dispatch,
  dispatchNext,
  follow,
  followUnobserved,
  giveUp,
  sendCancel,
  settle,
  settleReplied,
} from './scheduler.js'
import { idOf, move, pendingInBand, type TrackedResponse } from './tracked-responses.js'

/** Receives an event that is not a delta. Returns `true` for an error that the session has handled, so that listeners do not receive it. */
export function receiveForResponses(responses: Responses, event: ServerEvent): boolean {
  switch (event.type) {
    case 'session.created':
      // A new server knows none of the earlier requests, and may be one that does not return metadata.
      responses.returnsMetadata = false
      for (const request of responses.tracked.abandoned.values()) move(responses.tracked, request, { name: 'finished' })
      return false
    case 'input_audio_buffer.speech_stopped':
    case 'input_audio_buffer.timeout_triggered':
      responses.expectsServerResponse = respondsToTurns(responses.store.state.session)
      return false
    case 'response.created':
      onCreated(responses, event.response)
      return false
    case 'response.done':
      onDone(responses, event.response)
      return false
    case 'error':
      return onError(responses, event)
    default:
      receiveContent(responses, event)
      return false
  }
}

/** Passes an event with content of a response to its handle. */
export function receiveContent({ tracked, connection }: Responses, event: ServerEvent | DeltaEvent): void {
  const { response_id: responseId } = event as { response_id?: unknown }
  const response = typeof responseId === 'string' ? tracked.byId.get(responseId) : undefined
  if (!response) return
  response.lastEventAtMs = connection.options.clock.now()
  response.observer.receive(event)
}

/** Settles the response whose `response.created` or `response.done` has an invalid shape. */
export function receiveInvalidForResponses(responses: Responses, event: InvalidEvent): void {
  if (event.type === 'response.created') onInvalidCreated(responses, event)
  else if (event.type === 'response.done') onInvalidDone(responses, event)
}

/** The session connects. Requests wait until {@link resumeResponses}. */
export function holdResponses(responses: Responses): void {
  if (responses.availability === 'available') responses.availability = 'unavailable'
}

/** Sends the requests that waited for a connection. */
export function resumeResponses(responses: Responses): void {
  if (responses.availability === 'ended') return
  responses.availability = 'available'
  for (const response of responses.tracked.queue.filter(({ isInBand }) => !isInBand)) dispatch(responses, response)
  dispatchNext(responses)
}

/** Settles created responses as cancelled. Requests that were not sent wait until {@link resumeResponses}. */
export function loseResponses(responses: Responses): void {
  const { conflict, tracked, connection } = responses
  responses.availability = 'unavailable'
  clearConflict(conflict)
  responses.expectsServerResponse = false
  // A joined session may still have the response that a request conflicted with. The next connection follows it again.
  for (const request of tracked.queue) request.conflictId = undefined
  // Requests that were never sent are sent on the next connection.
  for (const request of [...tracked.pending.values()].reverse()) {
    const { phase } = request
    if (!('eventId' in phase) || !removeWaiting(connection.queue, phase.eventId)) continue
    if (phase.name === 'cancel-requested') settleReplied(responses, request, cancelledByClient)
    else move(tracked, request, { name: 'queued', position: 'front' })
  }
  for (const response of [...tracked.pending.values(), ...tracked.byId.values()])
    settle(responses, response, { status: 'cancelled', reason: 'connection_lost', response: undefined })
}

/** Settles every remaining handle. */
export function endResponses(responses: Responses, reason: 'session_closed' | 'connection_lost'): void {
  const { conflict, tracked } = responses
  responses.availability = 'ended'
  clearConflict(conflict)
  for (const response of [...tracked.queue, ...tracked.pending.values(), ...tracked.byId.values()])
    settle(responses, response, { status: 'cancelled', reason, response: undefined })
}

function takeRequest(responses: Responses, response: CreatedResponse): TrackedResponse | undefined {
  const { conflict, tracked, expectsServerResponse } = responses
  responses.returnsMetadata ||= requestIdOf(response) !== undefined
  return findRequest(response, {
    pending: candidatesOf(conflict, tracked.pending),
    abandoned: tracked.abandoned,
    returnsMetadata: responses.returnsMetadata,
    expectsServerResponse,
  })
}

function onCreated(responses: Responses, response: Response): void {
  const { conflict, tracked, connection } = responses
  const known = tracked.byId.get(response.id)
  if (known && known !== conflict.current?.standIn) return
  if (known) move(tracked, known, { name: 'finished' })
  const request = takeRequest(responses, response)
  // A response of the conversation was created, so the conflict is over.
  if (isInBand(response) && conflict.current) clearConflict(conflict)
  if (request) {
    const isWanted = request.phase.name === 'requested' || request.phase.name === 'queued'
    follow(responses, request, response.id)
    request.observer.start(response)
    if (!isWanted) sendCancel(responses, request, response.id)
    return
  }
  responses.expectsServerResponse = false
  if (!hasListeners(connection, 'response')) {
    followUnobserved(responses, response.id, isInBand(response))
    return
  }
  const created = createTracked(responses, {}, isInBand(response))
  follow(responses, created.response, response.id)
  created.control.start(response)
  emitLocal(connection, 'response', created.control.handle)
}

/** Rejects the request of a response that cannot be used, and cancels the response if its id can be read. */
function onInvalidCreated(responses: Responses, { frame, error }: InvalidEvent): void {
  const response = readResponse(frame)
  const id = typeof response.id === 'string' ? response.id : undefined
  if (id !== undefined && responses.tracked.byId.has(id)) return
  const request = takeRequest(responses, response)
  if (!request) {
    if (isInBand(response)) responses.expectsServerResponse = false
    return
  }
  const { phase } = request
  const outcome: ResponseOutcome = phase.name === 'cancel-requested' ? cancelledByClient : { status: 'rejected', error }
  if (id === undefined) {
    if (phase.name !== 'abandoned') settle(responses, request, outcome)
    return
  }
  // The response runs on the server, so the next request waits for its end.
  follow(responses, request, id)
  request.observer.settle(outcome)
  sendCancel(responses, request, id)
}

function onDone(responses: Responses, response: Response): void {
  const { conflict, tracked } = responses
  const standIn = ownStandIn(conflict, response)
  if (standIn) move(tracked, standIn, { name: 'finished' })
  const known = tracked.byId.get(response.id)
  const finished = known ?? takeRequest(responses, response)
  if (finished && !known) {
    follow(responses, finished, response.id)
    finished.observer.start(response)
  }
  if (finished) settle(responses, finished, outcomeOf(response))
  else dispatchNext(responses)
}

function onInvalidDone(responses: Responses, { frame, error }: InvalidEvent): void {
  const { tracked } = responses
  const { id } = readResponse(frame)
  const finished = typeof id === 'string' ? tracked.byId.get(id) : tracked.active
  if (finished) giveUp(responses, finished, failedOutcome(idOf(finished), undefined, error))
}

function onError(responses: Responses, { error }: ServerErrorEvent): boolean {
  const { tracked } = responses
  const eventId = error.event_id ?? undefined
  if (error.code === 'response_cancel_not_active') return takeCancelId(responses.cancelIds, eventId)
  const isConflict = error.code === 'conversation_already_has_active_response'
  const settled = eventId === undefined ? undefined : tracked.abandoned.get(eventId)
  if (settled) {
    move(tracked, settled, { name: 'finished' })
    return isConflict
  }
  const unnamed = isConflict ? pendingInBand(tracked) : undefined
  const request = eventId === undefined ? unnamed : tracked.pending.get(eventId)
  if (!request) return false
  if (isConflict && request.conflicts < maxConflicts) {
    retryAfterConflict(responses, request, /\bresp_\w+/.exec(error.message)?.[0])
    return true
  }
  const refusal = new SessionError('SERVER_ERROR', { error, eventType: 'response.create' })
  settleReplied(responses, request, { status: 'rejected', error: refusal })
  return false
}

function retryAfterConflict(responses: Responses, request: TrackedResponse, otherId: string | undefined): void {
  const { conflict, tracked, connection } = responses
  const { phase } = request
  if (phase.name !== 'requested') {
    settleReplied(responses, request, cancelledByClient)
    return
  }
  move(tracked, request, { name: 'queued', position: 'front' })
  let standIn: TrackedResponse | undefined
  const isUnknown = !tracked.active
  if (!tracked.active && otherId !== undefined && otherId !== request.conflictId) {
    // A response that started before this connection, for example in a joined session.
    request.conflictId = otherId
    standIn = followUnobserved(responses, otherId, true)
  }
  if (isUnknown) conflict.current = { request, eventId: phase.eventId, standIn }
  // The end of the active response sends the request again. Without an active response, a timer does.
  if (tracked.active) return
  request.conflicts += 1
  scheduleRetry(conflict, connection.options.clock, () => dispatchNext(responses))
}
