import { isRealtimeError, type RealtimeError } from '../../errors.js'
import { createId } from '../../internal/id.js'
import type { ResponseCreateParams } from '../../protocol/response.js'
import { emitLocal, send } from '../connection/event-exchange.js'
import { removeWaiting } from '../connection/send-queue.js'
import { SessionError } from '../error.js'
import { abandonResponse } from '../state/abandon-response.js'
import { readState, setState } from '../state/state-store.js'
import { createAnnouncements } from './announcements.js'
import { addCancelId } from './cancel-ids.js'
import { endConflictOf } from './conflict.js'
import { addRequestId } from './correlation.js'
import { createResponseHandle, noObserver, type ResponseControl, type ResponseHandle } from './handle.js'
import type { RespondOptions, Responses, SentMessage } from './options.js'
import { cancelledByClient, failedOutcome, type ResponseOutcome } from './outcome.js'
import { sendFirst } from './sent-message.js'
import {
  createTrackedResponses,
  idOf,
  move,
  oldestExcess,
  pendingInBand,
  type TrackedResponse,
  trackResponse,
} from './tracked-responses.js'

export function createResponses(
  options: Pick<Responses, 'connection' | 'store' | 'responseTimeoutMs' | 'whenSettled'>,
): Responses {
  const { connection, store, responseTimeoutMs, whenSettled } = options
  return {
    connection,
    store,
    responseTimeoutMs,
    whenSettled,
    tracked: createTrackedResponses(),
    conflict: { current: undefined, cancelRetry: undefined },
    announcements: createAnnouncements(),
    cancelIds: [],
    availability: 'available',
    expectsServerResponse: false,
    returnsMetadata: false,
  }
}

/**
 * Requests a response.
 * @param sendMessage Sends the message that the response replies to, unless the request is rejected at once.
 */
export function respond(
  responses: Responses,
  params: ResponseCreateParams = {},
  options: RespondOptions = {},
  sendMessage?: () => SentMessage,
): ResponseHandle {
  const { tracked, availability } = responses
  const { whenBusy = 'queue', signal } = options
  const { response, control } = createTracked(responses, params, params.conversation !== 'none', options)
  const { handle } = control
  if (availability === 'ended' || signal?.aborted) {
    const reason = availability === 'ended' ? 'session_closed' : 'client_cancelled'
    response.observer.settle({ status: 'cancelled', reason, response: undefined })
    return handle
  }
  const { cancel: onAbort, done } = handle
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal) done.then(() => signal.removeEventListener('abort', onAbort))
  const isAvailable = availability === 'available'
  const mustWait = response.isInBand && (running(responses) !== undefined || tracked.queue.length > 0)
  if (isAvailable && mustWait && whenBusy === 'reject') {
    const { active } = tracked
    const error = new SessionError('RESPONSE_ACTIVE', { activeId: active && idOf(active) })
    response.observer.settle({ status: 'rejected', error })
    return handle
  }
  if (sendMessage && !sendFirst(control, sendMessage, (error) => rejectMessage(responses, response, error)))
    return handle
  if (isAvailable && !mustWait) dispatch(responses, response)
  else if (isAvailable && whenBusy === 'interrupt') {
    move(tracked, response, { name: 'queued', position: 'front' })
    cancelActive(responses)
  } else move(tracked, response, { name: 'queued', position: 'back' })
  return handle
}

/**
 * Cancels the response that runs in the conversation or was requested. With an id, cancels it only if it has that id. Returns `false` when there
 * is none.
 */
export function cancelActive(responses: Responses, responseId?: string): boolean {
  const response = running(responses)
  if (!response || (responseId !== undefined && idOf(response) !== responseId)) return false
  cancel(responses, response)
  return true
}

/**
 * Returns whether a response runs in the conversation, was requested or announced, or is expected from the server after a turn of the user.
 */
export function isResponseDue(responses: Responses): boolean {
  const { tracked, announcements, expectsServerResponse } = responses
  return (
    running(responses) !== undefined || tracked.queue.length > 0 || announcements.count > 0 || expectsServerResponse
  )
}

/** Returns the response that runs in the conversation or was requested. */
function running({ tracked }: Responses): TrackedResponse | undefined {
  return tracked.active ?? pendingInBand(tracked)
}

/** Returns a response with a handle. */
export function createTracked(
  responses: Responses,
  params: ResponseCreateParams,
  isInBand: boolean,
  options: RespondOptions = {},
): { readonly response: TrackedResponse; readonly control: ResponseControl } {
  const { connection, whenSettled } = responses
  const { timeoutMs: createTimeoutMs = connection.options.requestTimeoutMs, content = 'keep' } = options
  const control = createResponseHandle({
    isInBand,
    content,
    cancel: () => cancel(responses, response),
    whenSettled,
    onSubmitted: (handle) => emitLocal(connection, 'submitted', handle),
  })
  const response = trackResponse({ observer: control, params, isInBand, createTimeoutMs })
  return { response, control }
}

/** Follows a response without a handle. */
export function followUnobserved(responses: Responses, id: string, isInBand: boolean): TrackedResponse {
  const { requestTimeoutMs } = responses.connection.options
  const response = trackResponse({ observer: noObserver, params: {}, isInBand, createTimeoutMs: requestTimeoutMs })
  follow(responses, response, id)
  return response
}

function startTimer(
  { connection }: Responses,
  response: TrackedResponse,
  delayMs: number,
  onTimeout: () => void,
): void {
  response.stopTimer()
  response.stopTimer = Number.isFinite(delayMs) ? connection.options.clock.after(delayMs, onTimeout) : () => {}
}

/** Settles the handle. If a request was sent and has no reply, the server may still create the response, so it stays known. */
export function settle(responses: Responses, response: TrackedResponse, outcome: ResponseOutcome): void {
  const { tracked, connection } = responses
  const { phase } = response
  const isRequested = phase.name === 'requested' || phase.name === 'cancel-requested'
  if (isRequested && !removeWaiting(connection.queue, phase.eventId))
    move(tracked, response, { name: 'abandoned', eventId: phase.eventId })
  else move(tracked, response, { name: 'finished' })
  response.observer.settle(outcome)
  dispatchNext(responses)
}

/** Settles the handle of a request that the server never received or has replied to, so no response follows. */
export function settleReplied(responses: Responses, response: TrackedResponse, outcome: ResponseOutcome): void {
  const final = response.phase.name === 'cancel-requested' ? cancelledByClient : outcome
  move(responses.tracked, response, { name: 'finished' })
  settle(responses, response, final)
}

/**
 * Settles the handle of a response whose end the server has not reported. The response no longer blocks the queue, and it is done in the state
 * too.
 */
export function giveUp(responses: Responses, response: TrackedResponse, outcome: ResponseOutcome): void {
  const { tracked, store } = responses
  const id = idOf(response)
  move(tracked, response, { name: 'finished' })
  if (id !== undefined) setState(store, abandonResponse(readState(store), id))
  settle(responses, response, outcome)
}

/** Sends the requests that wait, as long as no response runs in the conversation. */
export function dispatchNext(responses: Responses): void {
  const { availability, conflict, tracked } = responses
  if (availability !== 'available' || running(responses)) return
  for (let next = tracked.queue[0]; next; next = tracked.queue[0]) {
    conflict.cancelRetry?.()
    dispatch(responses, next)
    if (next.isInBand) return
  }
}

export function dispatch(responses: Responses, response: TrackedResponse): void {
  const { connection, conflict, tracked } = responses
  const { createTimeoutMs } = response
  const eventId = createId('event')
  const params = addRequestId(response.params, eventId)
  response.isNamed = params !== response.params
  endConflictOf(conflict, response)
  const deadlineMs = connection.options.clock.now() + createTimeoutMs
  move(tracked, response, { name: 'requested', eventId, deadlineMs })
  startTimer(responses, response, createTimeoutMs, () => {
    const data = { waitingFor: 'response.created', timeoutMs: createTimeoutMs }
    settle(responses, response, { status: 'rejected', error: new SessionError('TIMEOUT', data) })
  })
  try {
    send(connection, { type: 'response.create', event_id: eventId, response: params })
  } catch (error) {
    if (!isRealtimeError(error)) throw error
    settleReplied(responses, response, { status: 'rejected', error })
    return
  }
  response.observer.submitted()
}

function cancel(responses: Responses, response: TrackedResponse): void {
  const { connection, tracked } = responses
  const { phase } = response
  switch (phase.name) {
    case 'queued':
      settle(responses, response, cancelledByClient)
      break
    case 'requested': {
      move(tracked, response, { name: 'cancel-requested', eventId: phase.eventId })
      if (removeWaiting(connection.queue, phase.eventId)) settleReplied(responses, response, cancelledByClient)
      else {
        const { clock, requestTimeoutMs } = connection.options
        const leftMs = Math.min(phase.deadlineMs - clock.now(), requestTimeoutMs)
        startTimer(responses, response, leftMs, () => settle(responses, response, cancelledByClient))
      }
      break
    }
    case 'running':
      sendCancel(responses, response, phase.id)
      break
  }
}

export function sendCancel(responses: Responses, response: TrackedResponse, id: string): void {
  const { connection, cancelIds, tracked } = responses
  const eventId = createId('event')
  addCancelId(cancelIds, eventId)
  const onUnanswered = () => giveUp(responses, response, cancelledByClient)
  move(tracked, response, { name: 'cancelling', id })
  startTimer(responses, response, connection.options.requestTimeoutMs, onUnanswered)
  try {
    send(connection, { type: 'response.cancel', event_id: eventId, response_id: id })
  } catch {
    onUnanswered()
  }
}

/** Follows a response that the server has created. */
export function follow(responses: Responses, response: TrackedResponse, id: string): void {
  const { tracked, connection, responseTimeoutMs } = responses
  move(tracked, response, { name: 'running', id })
  response.lastEventAtMs = connection.options.clock.now()
  if (Number.isFinite(responseTimeoutMs)) watch(responses, response, id)
  const excess = oldestExcess(tracked, response)
  if (excess) giveUp(responses, excess, failedOutcome(idOf(excess)))
}

/** Fails a response that has no events for too long, because it would block the queue. */
function watch(responses: Responses, response: TrackedResponse, id: string): void {
  const { responseTimeoutMs: timeoutMs, connection } = responses
  const leftMs = response.lastEventAtMs + timeoutMs - connection.options.clock.now()
  if (leftMs > 0) {
    startTimer(responses, response, leftMs, () => watch(responses, response, id))
    return
  }
  sendCancel(responses, response, id)
  const cause = new SessionError('TIMEOUT', { waitingFor: 'response.done', timeoutMs })
  giveUp(responses, response, failedOutcome(id, undefined, cause))
}

/** Rejects a response whose message the server has refused. */
function rejectMessage(responses: Responses, response: TrackedResponse, error: RealtimeError): void {
  const outcome: ResponseOutcome = { status: 'rejected', error }
  if (!('id' in response.phase)) {
    settle(responses, response, outcome)
    return
  }
  response.observer.settle(outcome)
  cancel(responses, response)
}
