import { isRealtimeError } from '../errors.js'
import { createId } from '../internal/id.js'
import type { ServerErrorEvent } from '../protocol/events/error.js'
import type { Response, ResponseCreateParams } from '../protocol/response.js'
import { createAbandonedRequests } from './abandoned-requests.js'
import { SessionError } from './error.js'
import { failedOutcome, outcomeOf, type ResponseOutcome } from './outcome.js'
import { createResponseHandle, type ResponseControl } from './response-handle.js'
import { responseIdIn } from './response-id-in.js'
import type { Responses, ResponsesOptions } from './responses-options.js'
import { isInBand } from './state/response.js'

/** Under this metadata key a response names the `event_id` that asked for it. */
const correlationKey = 'client_event_id'
const maxMetadataPairs = 16
const maxConflicts = 8
const conflictRetryMs = 250
const rememberedCancels = 32
/** How many responses may run at once. The oldest of more has failed: a server that never ends them must not fill the memory. */
const maxRunning = 256

const cancelledByClient: ResponseOutcome = { status: 'cancelled', reason: 'client_cancelled', response: undefined }

interface Tracked {
  readonly control: ResponseControl
  readonly params: ResponseCreateParams
  readonly isInBand: boolean
  readonly timeoutMs: number
  id: string | undefined
  /** Whether the request carries its id in its metadata; the caller's own may leave no room. */
  isNamed: boolean
  cancelRequested: boolean
  conflicts: number
  /** The response of the server whose end it has waited for. */
  awaitedId: string | undefined
  /** When the server last said something of it. */
  heardAt: number
  stopTimer: () => void
}

export function createResponses(options: ResponsesOptions): Responses {
  const { clock, timeoutMs, responseTimeoutMs, send } = options
  const queue: Tracked[] = []
  const inFlight = new Map<string, Tracked>()
  const byId = new Map<string, Tracked>()
  // A response that the server creates for one of these is cancelled by its id.
  const abandoned = createAbandonedRequests<Tracked>()
  const cancels: string[] = []
  let active: Tracked | undefined
  let isServerTurn = false
  // Whether this server was seen to give metadata back, so that what lacks ours is not ours.
  let isEchoing = false
  let hasEnded = false
  let isLost = false
  let stopRetry = () => {}

  const pendingInBand = () => [...inFlight.values()].find((tracked) => tracked.isInBand)
  const isBusy = () => active !== undefined || pendingInBand() !== undefined

  function track(params: ResponseCreateParams, inBand: boolean, createTimeoutMs = timeoutMs): Tracked {
    const tracked: Tracked = {
      control: createResponseHandle({ isInBand: inBand, cancel: () => cancel(tracked) }),
      params,
      isInBand: inBand,
      timeoutMs: createTimeoutMs,
      id: undefined,
      isNamed: false,
      cancelRequested: false,
      conflicts: 0,
      awaitedId: undefined,
      heardAt: 0,
      stopTimer: () => {},
    }
    return tracked
  }

  /** Removes a request that the server has replied to, or will never receive. */
  function forgetRequest(tracked: Tracked): void {
    for (const [eventId, other] of inFlight) if (other === tracked) inFlight.delete(eventId)
  }

  /** Removes a request from those in flight. If it was sent, the server may still create a response for it. */
  function abandonRequest(tracked: Tracked): void {
    for (const [eventId, other] of inFlight) {
      if (other !== tracked) continue
      inFlight.delete(eventId)
      if (!options.withdraw(eventId)) abandoned.add(eventId, tracked)
    }
  }

  function settle(tracked: Tracked, outcome: ResponseOutcome): void {
    tracked.stopTimer()
    const waiting = queue.indexOf(tracked)
    if (waiting >= 0) queue.splice(waiting, 1)
    abandonRequest(tracked)
    if (tracked.id !== undefined) byId.delete(tracked.id)
    if (active === tracked) active = undefined
    tracked.control.settle(outcome)
    pump()
  }

  function pump(): void {
    if (hasEnded || isLost || isBusy()) return
    for (let next = queue.shift(); next; next = queue.shift()) {
      stopRetry()
      dispatch(next)
      if (next.isInBand) return
    }
  }

  function dispatch(tracked: Tracked): void {
    const eventId = createId('event')
    const { metadata } = tracked.params
    const isFull = Object.keys(metadata ?? {}).length >= maxMetadataPairs
    const response = isFull
      ? tracked.params
      : { ...tracked.params, metadata: { ...metadata, [correlationKey]: eventId } }
    tracked.isNamed = !isFull
    inFlight.set(eventId, tracked)
    if (Number.isFinite(tracked.timeoutMs))
      tracked.stopTimer = clock.after(tracked.timeoutMs, () => {
        const data = { waitingFor: 'response.created', timeoutMs: tracked.timeoutMs }
        settleUncreated(tracked, { status: 'rejected', error: new SessionError('TIMEOUT', data) })
      })
    try {
      send({ type: 'response.create', event_id: eventId, response })
    } catch (error) {
      if (!isRealtimeError(error)) throw error
      forgetRequest(tracked)
      settle(tracked, { status: 'rejected', error })
    }
  }

  /** Settles a request for which no response was created. One that was cancelled ends as cancelled, whatever else went wrong. */
  function settleUncreated(tracked: Tracked, outcome: ResponseOutcome): void {
    settle(tracked, tracked.cancelRequested ? cancelledByClient : outcome)
  }

  function cancel(tracked: Tracked): void {
    if (tracked.control.isSettled || tracked.cancelRequested) return
    if (queue.includes(tracked)) {
      settle(tracked, cancelledByClient)
      return
    }
    tracked.cancelRequested = true
    if (tracked.id !== undefined) sendCancel(tracked, tracked.id)
    else if (withdrawRequest(tracked)) settle(tracked, cancelledByClient)
    else if (tracked.timeoutMs > timeoutMs) {
      tracked.stopTimer()
      tracked.stopTimer = clock.after(timeoutMs, () => settle(tracked, cancelledByClient))
    }
    // The server ignores a `response.cancel` for a response that it has not created, so the cancel follows on `response.created`.
  }

  /** Takes back a request that has not been sent yet. Returns false when it has. */
  function withdrawRequest(tracked: Tracked): boolean {
    for (const [eventId, other] of inFlight) {
      if (other !== tracked || !options.withdraw(eventId)) continue
      inFlight.delete(eventId)
      return true
    }
    return false
  }

  function sendCancel(tracked: Tracked, id: string): void {
    const eventId = createId('event')
    cancels.push(eventId)
    if (cancels.length > rememberedCancels) cancels.shift()
    const giveUp = () => settle(tracked, cancelledByClient)
    tracked.stopTimer()
    tracked.stopTimer = clock.after(timeoutMs, giveUp)
    try {
      send({ type: 'response.cancel', event_id: eventId, response_id: id })
    } catch {
      giveUp()
    }
  }

  /**
   * Finds the request that a new response belongs to, by its metadata. A server that does not return metadata creates responses in the
   * order of the requests. Abandoned requests are considered last.
   */
  function claim(response: Response): Tracked | undefined {
    const eventId = response.metadata?.[correlationKey]
    if (typeof eventId === 'string') {
      isEchoing = true
      return inFlight.get(eventId) ?? abandoned.take(eventId)
    }
    if (isServerTurn && isInBand(response)) return undefined
    const matches = (tracked: Tracked) => tracked.isInBand === isInBand(response) && !(tracked.isNamed && isEchoing)
    return [...inFlight.values()].find(matches) ?? abandoned.takeFirst(matches)
  }

  function follow(tracked: Tracked, id: string): void {
    tracked.stopTimer()
    tracked.id = id
    byId.set(id, tracked)
    if (tracked.isInBand) active = tracked
    tracked.heardAt = clock.now()
    if (Number.isFinite(responseTimeoutMs)) watch(tracked, id)
  }

  /** A response of which nothing more comes must not hold up those behind it. */
  function watch(tracked: Tracked, id: string): void {
    const leftMs = tracked.heardAt + responseTimeoutMs - clock.now()
    if (leftMs > 0) {
      tracked.stopTimer = clock.after(leftMs, () => watch(tracked, id))
      return
    }
    sendCancel(tracked, id)
    const cause = new SessionError('TIMEOUT', { waitingFor: 'response.done', timeoutMs: responseTimeoutMs })
    settle(tracked, failedOutcome(id, undefined, cause))
  }

  /** Follows a response that the server has created, for one of our requests or by itself. */
  function begin(response: Response): void {
    if (byId.has(response.id)) return
    const mine = claim(response)
    if (mine) {
      attach(mine, response)
      // The request was cancelled or abandoned before the response had an id.
      if (mine.cancelRequested || mine.control.isSettled) sendCancel(mine, response.id)
      return
    }
    isServerTurn = false
    const tracked = track({}, isInBand(response))
    attach(tracked, response)
    if (!options.onServerResponse(tracked.control.handle)) tracked.control.forsake()
  }

  function attach(tracked: Tracked, response: Response): void {
    forgetRequest(tracked)
    follow(tracked, response.id)
    tracked.control.begin(response)
    limitRunning(tracked)
  }

  function limitRunning(newest: Tracked): void {
    if (byId.size <= maxRunning) return
    for (const oldest of byId.values()) {
      if (oldest === active || oldest === newest) continue
      settle(oldest, failedOutcome(oldest.id))
      return
    }
  }

  function onError({ error }: ServerErrorEvent): boolean {
    const culprit = error.event_id ?? undefined
    if (error.code === 'response_cancel_not_active') {
      const index = culprit === undefined ? cancels.length - 1 : cancels.indexOf(culprit)
      if (index >= 0) cancels.splice(index, 1)
      return index >= 0
    }
    const isConflict = error.code === 'conversation_already_has_active_response'
    // The request was abandoned: its handle has settled, and no response follows.
    if (culprit !== undefined && abandoned.take(culprit)) return isConflict
    const tracked = culprit === undefined ? (isConflict ? pendingInBand() : undefined) : inFlight.get(culprit)
    if (!tracked) return false
    if (isConflict && tracked.conflicts < maxConflicts) {
      retryAfterConflict(tracked, /\bresp_\w+/.exec(error.message)?.[0])
      return true
    }
    forgetRequest(tracked)
    const refusal = new SessionError('SERVER_ERROR', { error, eventType: 'response.create' })
    settleUncreated(tracked, { status: 'rejected', error: refusal })
    return false
  }

  function retryAfterConflict(tracked: Tracked, otherId: string | undefined): void {
    tracked.stopTimer()
    forgetRequest(tracked)
    if (tracked.cancelRequested) {
      settle(tracked, cancelledByClient)
      return
    }
    queue.unshift(tracked)
    if (!active && otherId !== undefined && otherId !== tracked.awaitedId) {
      // It began before this side listened, as in a session that was joined.
      tracked.awaitedId = otherId
      follow(track({}, true), otherId)
    }
    // The end of the other response starts this one. If that is already past, or never seen, time does.
    if (active) return
    tracked.conflicts += 1
    stopRetry()
    stopRetry = clock.after(conflictRetryMs, pump)
  }

  return {
    cancelActive(responseId) {
      const running = active ?? pendingInBand()
      if (!running || (responseId !== undefined && running.id !== responseId)) return false
      cancel(running)
      return true
    },
    respond(params = {}, { whenBusy = 'queue', signal, timeoutMs: createTimeoutMs } = {}) {
      const tracked = track(params, params.conversation !== 'none', createTimeoutMs)
      const { handle } = tracked.control
      if (hasEnded || signal?.aborted) {
        const reason = hasEnded ? 'session_closed' : 'client_cancelled'
        tracked.control.settle({ status: 'cancelled', reason, response: undefined })
        return handle
      }
      if (signal) {
        signal.addEventListener('abort', handle.cancel, { once: true })
        handle.done.then(() => signal.removeEventListener('abort', handle.cancel))
      }
      if (isLost) queue.push(tracked)
      else if (!tracked.isInBand || (!isBusy() && queue.length === 0)) dispatch(tracked)
      else if (whenBusy === 'queue') queue.push(tracked)
      else if (whenBusy === 'interrupt') {
        queue.unshift(tracked)
        const running = active ?? pendingInBand()
        if (running) cancel(running)
      } else {
        const error = new SessionError('RESPONSE_ACTIVE', { activeId: active?.id })
        tracked.control.settle({ status: 'rejected', error })
      }
      return handle
    },
    receive(event) {
      switch (event.type) {
        case 'session.created':
          // Another server: it knows no request of the last one.
          abandoned.clear()
          return false
        case 'input_audio_buffer.speech_stopped':
        case 'input_audio_buffer.timeout_triggered':
          isServerTurn = options.serverResponds()
          return false
        case 'response.created':
          begin(event.response)
          return false
        case 'response.done': {
          const { response } = event
          const known = byId.get(response.id)
          const tracked = known ?? claim(response)
          if (tracked && !known) attach(tracked, response)
          if (tracked) settle(tracked, outcomeOf(response))
          else pump()
          return false
        }
        case 'error':
          return onError(event)
        default:
          if ('response_id' in event && typeof event.response_id === 'string') {
            const tracked = byId.get(event.response_id)
            if (tracked) {
              tracked.heardAt = clock.now()
              tracked.control.stream(event)
            }
          }
          return false
      }
    },
    receiveInvalid(event) {
      if (event.type !== 'response.done') return
      const id = responseIdIn(event.frame)
      const tracked = id === undefined ? active : byId.get(id)
      if (tracked) settle(tracked, failedOutcome(tracked.id, undefined, event.error))
    },
    lose() {
      isLost = true
      isServerTurn = false
      stopRetry()
      // What the server cannot know of goes on waiting its turn.
      for (const [eventId, tracked] of [...inFlight].reverse())
        if (options.withdraw(eventId)) {
          tracked.stopTimer()
          inFlight.delete(eventId)
          queue.unshift(tracked)
          if (tracked.cancelRequested) settle(tracked, cancelledByClient)
        }
      for (const tracked of new Set([...inFlight.values(), ...byId.values()]))
        settle(tracked, { status: 'cancelled', reason: 'connection_lost', response: undefined })
    },
    resume() {
      isLost = false
      for (const tracked of queue.filter(({ isInBand }) => !isInBand)) {
        queue.splice(queue.indexOf(tracked), 1)
        dispatch(tracked)
      }
      pump()
    },
    end(reason) {
      hasEnded = true
      stopRetry()
      for (const tracked of new Set([...queue, ...inFlight.values(), ...byId.values()]))
        settle(tracked, { status: 'cancelled', reason, response: undefined })
    },
  }
}
