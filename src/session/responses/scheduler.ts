import { isRealtimeError, type RealtimeError } from '../../errors.js'
import { createId } from '../../internal/id.js'
import type { InvalidEvent } from '../../protocol/codec.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import type { Response, ResponseCreateParams } from '../../protocol/response.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { SessionError } from '../error.js'
import { isInBand } from '../state/response.js'
import { createAnnouncements } from './announcements.js'
import { createCancelIds } from './cancel-ids.js'
import { createConflictState, maxConflicts } from './conflict.js'
import { addRequestId, type CreatedResponse, findRequest, readResponse, requestIdOf } from './correlation.js'
import { createResponseHandle, noObserver } from './handle.js'
import type { RespondOptions, Responses, ResponsesOptions, SentMessage } from './options.js'
import { cancelledByClient, failedOutcome, outcomeOf, type ResponseOutcome } from './outcome.js'
import { sendFirst } from './sent-message.js'
import { createTrackedResponses, idOf, type TrackedResponse, trackResponse } from './tracked-responses.js'

/** Creates the responses of a session: a queue with at most one running response in the conversation. */
export function createResponses(options: ResponsesOptions): Responses {
  const { clock, timeoutMs, responseTimeoutMs, send, cancelPending } = options
  const announcements = createAnnouncements()
  const tracked = createTrackedResponses()
  const { queue, pending, abandoned, byId, move } = tracked
  const cancelIds = createCancelIds()
  const conflict = createConflictState(clock, dispatchNext)
  let availability: 'available' | 'unavailable' | 'ended' = 'available'
  let expectsServerResponse = false
  let returnsMetadata = false

  const running = () => tracked.active ?? tracked.pendingInBand()

  function createTracked(
    params: ResponseCreateParams,
    inBand: boolean,
    { timeoutMs: createTimeoutMs = timeoutMs, content = 'keep' }: RespondOptions = {},
  ) {
    const { whenSettled, onSubmitted } = options
    const cancelIt = () => cancel(response)
    const control = createResponseHandle({ isInBand: inBand, content, cancel: cancelIt, whenSettled, onSubmitted })
    const response: TrackedResponse = trackResponse({ observer: control, params, isInBand: inBand, createTimeoutMs })
    return { response, control }
  }

  /** Follows a response without a handle. */
  function followUnobserved(id: string, inBand: boolean): TrackedResponse {
    const params = { observer: noObserver, params: {}, isInBand: inBand, createTimeoutMs: timeoutMs }
    const response = trackResponse(params)
    follow(response, id)
    return response
  }

  function startTimer(response: TrackedResponse, delayMs: number, onTimeout: () => void): void {
    response.stopTimer()
    response.stopTimer = Number.isFinite(delayMs) ? clock.after(delayMs, onTimeout) : () => {}
  }

  /** Settles the handle. If a request was sent and has no reply, the server may still create the response, so it stays known. */
  function settle(response: TrackedResponse, outcome: ResponseOutcome): void {
    const { phase } = response
    const isRequested = phase.name === 'requested' || phase.name === 'cancel-requested'
    if (isRequested && !cancelPending(phase.eventId)) move(response, { name: 'abandoned', eventId: phase.eventId })
    else move(response, { name: 'finished' })
    response.observer.settle(outcome)
    dispatchNext()
  }

  /** Settles the handle of a request that the server never received or has replied to, so no response follows. */
  function settleReplied(response: TrackedResponse, outcome: ResponseOutcome): void {
    const final = response.phase.name === 'cancel-requested' ? cancelledByClient : outcome
    move(response, { name: 'finished' })
    settle(response, final)
  }

  function dispatchNext(): void {
    if (availability !== 'available' || running()) return
    for (let next = queue[0]; next; next = queue[0]) {
      conflict.stopRetry()
      dispatch(next)
      if (next.isInBand) return
    }
  }

  function dispatch(response: TrackedResponse): void {
    const { createTimeoutMs } = response
    const eventId = createId('event')
    const params = addRequestId(response.params, eventId)
    response.isNamed = params !== response.params
    conflict.recordSent(response)
    move(response, { name: 'requested', eventId, deadlineMs: clock.now() + createTimeoutMs })
    startTimer(response, createTimeoutMs, () => {
      const data = { waitingFor: 'response.created', timeoutMs: createTimeoutMs }
      settle(response, { status: 'rejected', error: new SessionError('TIMEOUT', data) })
    })
    try {
      send({ type: 'response.create', event_id: eventId, response: params })
    } catch (error) {
      if (!isRealtimeError(error)) throw error
      settleReplied(response, { status: 'rejected', error })
      return
    }
    response.observer.submitted()
  }

  function cancel(response: TrackedResponse): void {
    const { phase } = response
    switch (phase.name) {
      case 'queued':
        settle(response, cancelledByClient)
        break
      case 'requested': {
        move(response, { name: 'cancel-requested', eventId: phase.eventId })
        if (cancelPending(phase.eventId)) settleReplied(response, cancelledByClient)
        else {
          const leftMs = Math.min(phase.deadlineMs - clock.now(), timeoutMs)
          startTimer(response, leftMs, () => settle(response, cancelledByClient))
        }
        break
      }
      case 'running':
        sendCancel(response, phase.id)
        break
    }
  }

  function sendCancel(response: TrackedResponse, id: string): void {
    const eventId = createId('event')
    cancelIds.add(eventId)
    const giveUp = () => settle(response, cancelledByClient)
    move(response, { name: 'cancelling', id })
    startTimer(response, timeoutMs, giveUp)
    try {
      send({ type: 'response.cancel', event_id: eventId, response_id: id })
    } catch {
      giveUp()
    }
  }

  function takeRequest(response: CreatedResponse): TrackedResponse | undefined {
    returnsMetadata ||= requestIdOf(response) !== undefined
    const candidates = conflict.candidates(pending)
    return findRequest(response, { pending: candidates, abandoned, returnsMetadata, expectsServerResponse })
  }

  function follow(response: TrackedResponse, id: string): void {
    move(response, { name: 'running', id })
    response.lastEventAtMs = clock.now()
    if (Number.isFinite(responseTimeoutMs)) watch(response, id)
    const excess = tracked.oldestExcess(response)
    if (excess) settle(excess, failedOutcome(idOf(excess)))
  }

  /** Fails a response that has no events for too long, because it would block the queue. */
  function watch(response: TrackedResponse, id: string): void {
    const leftMs = response.lastEventAtMs + responseTimeoutMs - clock.now()
    if (leftMs > 0) {
      startTimer(response, leftMs, () => watch(response, id))
      return
    }
    sendCancel(response, id)
    const cause = new SessionError('TIMEOUT', { waitingFor: 'response.done', timeoutMs: responseTimeoutMs })
    settle(response, failedOutcome(id, undefined, cause))
  }

  function onCreated(response: Response): void {
    const known = byId.get(response.id)
    if (known && !conflict.isStandIn(known)) return
    if (known) move(known, { name: 'finished' })
    const request = takeRequest(response)
    if (isInBand(response)) conflict.resolve()
    if (request) {
      const isWanted = request.phase.name === 'requested' || request.phase.name === 'queued'
      follow(request, response.id)
      request.observer.start(response)
      if (!isWanted) sendCancel(request, response.id)
      return
    }
    expectsServerResponse = false
    if (!options.hasServerResponseListener()) {
      followUnobserved(response.id, isInBand(response))
      return
    }
    const created = createTracked({}, isInBand(response))
    follow(created.response, response.id)
    created.control.start(response)
    options.onServerResponse(created.control.handle)
  }

  /** Rejects the request of a response that cannot be used, and cancels the response if its id can be read. */
  function onInvalidCreated({ frame, error }: InvalidEvent): void {
    const response = readResponse(frame)
    const id = typeof response.id === 'string' ? response.id : undefined
    if (id !== undefined && byId.has(id)) return
    const request = takeRequest(response)
    if (!request) {
      if (isInBand(response)) expectsServerResponse = false
      return
    }
    const { phase } = request
    const outcome: ResponseOutcome =
      phase.name === 'cancel-requested' ? cancelledByClient : { status: 'rejected', error }
    if (id === undefined) {
      if (phase.name !== 'abandoned') settle(request, outcome)
      return
    }
    // The response runs on the server, so the next request waits for its end.
    follow(request, id)
    request.observer.settle(outcome)
    sendCancel(request, id)
  }

  function onDone(response: Response): void {
    const standIn = conflict.ownStandIn(response)
    if (standIn) move(standIn, { name: 'finished' })
    const known = byId.get(response.id)
    const finished = known ?? takeRequest(response)
    if (finished && !known) {
      follow(finished, response.id)
      finished.observer.start(response)
    }
    if (finished) settle(finished, outcomeOf(response))
    else dispatchNext()
  }

  function onInvalidDone({ frame, error }: InvalidEvent): void {
    const { id } = readResponse(frame)
    const finished = typeof id === 'string' ? byId.get(id) : tracked.active
    if (finished) settle(finished, failedOutcome(idOf(finished), undefined, error))
  }

  function onError({ error }: ServerErrorEvent): boolean {
    const eventId = error.event_id ?? undefined
    if (error.code === 'response_cancel_not_active') return cancelIds.take(eventId)
    const isConflict = error.code === 'conversation_already_has_active_response'
    const settled = eventId === undefined ? undefined : abandoned.get(eventId)
    if (settled) {
      move(settled, { name: 'finished' })
      return isConflict
    }
    const request = eventId === undefined ? (isConflict ? tracked.pendingInBand() : undefined) : pending.get(eventId)
    if (!request) return false
    if (isConflict && request.conflicts < maxConflicts) {
      retryAfterConflict(request, /\bresp_\w+/.exec(error.message)?.[0])
      return true
    }
    const refusal = new SessionError('SERVER_ERROR', { error, eventType: 'response.create' })
    settleReplied(request, { status: 'rejected', error: refusal })
    return false
  }

  function retryAfterConflict(request: TrackedResponse, otherId: string | undefined): void {
    const { phase } = request
    if (phase.name !== 'requested') {
      settleReplied(request, cancelledByClient)
      return
    }
    move(request, { name: 'queued', position: 'front' })
    let standIn: TrackedResponse | undefined
    const isUnknown = !tracked.active
    if (!tracked.active && otherId !== undefined && otherId !== request.conflictId) {
      // A response that started before this connection, for example in a joined session.
      request.conflictId = otherId
      standIn = followUnobserved(otherId, true)
    }
    if (isUnknown) conflict.record({ request, eventId: phase.eventId, standIn })
    // The end of the active response sends the request again. Without an active response, a timer does.
    if (tracked.active) return
    request.conflicts += 1
    conflict.scheduleRetry()
  }

  /** Rejects a response whose message the server has refused. */
  function rejectMessage(response: TrackedResponse, error: RealtimeError): void {
    const outcome: ResponseOutcome = { status: 'rejected', error }
    if (!('id' in response.phase)) {
      settle(response, outcome)
      return
    }
    response.observer.settle(outcome)
    cancel(response)
  }

  function respond(
    params: ResponseCreateParams = {},
    respondOptions: RespondOptions = {},
    sendMessage?: () => SentMessage,
  ) {
    const { whenBusy = 'queue', signal } = respondOptions
    const { response, control } = createTracked(params, params.conversation !== 'none', respondOptions)
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
    const mustWait = response.isInBand && (running() !== undefined || queue.length > 0)
    if (isAvailable && mustWait && whenBusy === 'reject') {
      const { active } = tracked
      const error = new SessionError('RESPONSE_ACTIVE', { activeId: active && idOf(active) })
      response.observer.settle({ status: 'rejected', error })
      return handle
    }
    if (sendMessage && !sendFirst(control, sendMessage, (error) => rejectMessage(response, error))) return handle
    if (isAvailable && !mustWait) dispatch(response)
    else if (isAvailable && whenBusy === 'interrupt') {
      move(response, { name: 'queued', position: 'front' })
      cancelActive()
    } else move(response, { name: 'queued', position: 'back' })
    return handle
  }

  function receiveContent(responseId: unknown, event: ServerEvent): void {
    const response = typeof responseId === 'string' ? byId.get(responseId) : undefined
    if (!response) return
    response.lastEventAtMs = clock.now()
    response.observer.receive(event)
  }

  function cancelActive(responseId?: string): boolean {
    const response = running()
    if (!response || (responseId !== undefined && idOf(response) !== responseId)) return false
    cancel(response)
    return true
  }

  return {
    isDue: () => running() !== undefined || queue.length > 0 || !announcements.isEmpty() || expectsServerResponse,
    announcements,
    cancelActive,
    respond,
    receive(event) {
      switch (event.type) {
        case 'session.created':
          // A new server knows none of the earlier requests, and may be one that does not return metadata.
          returnsMetadata = false
          for (const request of abandoned.values()) move(request, { name: 'finished' })
          return false
        case 'input_audio_buffer.speech_stopped':
        case 'input_audio_buffer.timeout_triggered':
          expectsServerResponse = options.respondsToTurns()
          return false
        case 'response.created':
          onCreated(event.response)
          return false
        case 'response.done':
          onDone(event.response)
          return false
        case 'error':
          return onError(event)
        default:
          receiveContent('response_id' in event ? event.response_id : undefined, event)
          return false
      }
    },
    receiveDelta: (event) => receiveContent('response_id' in event ? event.response_id : undefined, event),
    receiveInvalid(event) {
      if (event.type === 'response.created') onInvalidCreated(event)
      else if (event.type === 'response.done') onInvalidDone(event)
    },
    hold() {
      if (availability === 'available') availability = 'unavailable'
    },
    connectionLost() {
      availability = 'unavailable'
      conflict.clear()
      expectsServerResponse = false
      // A joined session may still have the response that a request conflicted with. The next connection follows it again.
      for (const request of queue) request.conflictId = undefined
      // Requests that were never sent are sent on the next connection.
      for (const request of [...pending.values()].reverse()) {
        const { phase } = request
        if (!('eventId' in phase) || !cancelPending(phase.eventId)) continue
        if (phase.name === 'cancel-requested') settleReplied(request, cancelledByClient)
        else move(request, { name: 'queued', position: 'front' })
      }
      for (const response of [...pending.values(), ...byId.values()])
        settle(response, { status: 'cancelled', reason: 'connection_lost', response: undefined })
    },
    resume() {
      if (availability === 'ended') return
      availability = 'available'
      for (const response of queue.filter(({ isInBand }) => !isInBand)) dispatch(response)
      dispatchNext()
    },
    end(reason) {
      availability = 'ended'
      conflict.clear()
      for (const response of [...queue, ...pending.values(), ...byId.values()])
        settle(response, { status: 'cancelled', reason, response: undefined })
    },
  }
}
