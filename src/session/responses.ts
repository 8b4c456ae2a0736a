import { isRealtimeError } from '../errors.js'
import type { Clock } from '../internal/clock.js'
import { createId } from '../internal/id.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { InvalidEvent } from '../protocol/codec.js'
import type { ServerErrorEvent } from '../protocol/events/error.js'
import type { Response, ResponseCreateParams } from '../protocol/response.js'
import type { ServerEvent } from '../protocol/server-events.js'
import { SessionError } from './error.js'
import { failedOutcome, outcomeOf, type ResponseOutcome } from './outcome.js'
import { createResponseHandle, type ResponseControl, type ResponseHandle } from './response-handle.js'
import { responseIdIn } from './response-id-in.js'
import { isInBand } from './state/response.js'

/** Options of `respond`. */
export interface RespondOptions {
  /**
   * What to do while another response runs in the conversation: wait for its end, stop it, or be rejected.
   * @default 'queue'
   */
  whenBusy?: 'queue' | 'interrupt' | 'reject' | undefined
  /** Cancels the response. */
  signal?: AbortSignal | undefined
}

/** Under this metadata key a response names the `event_id` that asked for it. */
const correlationKey = 'client_event_id'
const maxMetadataPairs = 16
const maxConflicts = 8
const conflictRetryMs = 250
const rememberedCancels = 32
/** How many responses may run at once. The oldest of more has failed: a server that never ends them must not fill the memory. */
const maxRunning = 256

interface Tracked {
  readonly control: ResponseControl
  readonly params: ResponseCreateParams
  readonly isInBand: boolean
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

/** The responses of a session: at most one in the conversation at a time, and every handle settles. */
export interface Responses {
  /** Stops the response of the conversation that runs or was asked for; false when there is none. */
  cancelActive(): boolean
  respond(params?: ResponseCreateParams, options?: RespondOptions): ResponseHandle
  /** True when an error event was the answer to our own doing and needs nobody's attention. */
  receive(event: ServerEvent): boolean
  receiveInvalid(event: InvalidEvent): void
  /** The connection is gone: what ran has ended, what waits its turn goes on waiting until `resume`. */
  lose(): void
  resume(): void
  /** Settles everything that is left. */
  end(reason: 'session_closed' | 'connection_lost'): void
}

export interface ResponsesOptions {
  readonly clock: Clock
  /** How long the server may take to create a response, or to end a cancelled one, in milliseconds. */
  readonly timeoutMs: number
  /** How long it may say nothing of a response that runs, in milliseconds. */
  readonly responseTimeoutMs: number
  readonly send: (event: ClientEvent) => void
  /** Takes back an event that has not left yet; false when it has. */
  readonly withdraw: (eventId: string) => boolean
  /** Whether the server answers turns by itself. */
  readonly serverResponds: () => boolean
  /** Shows a response that the server began; false when nobody looks. */
  readonly onServerResponse: (handle: ResponseHandle) => boolean
}

export function createResponses(options: ResponsesOptions): Responses {
  const { clock, timeoutMs, responseTimeoutMs, send } = options
  const queue: Tracked[] = []
  const inFlight = new Map<string, Tracked>()
  const byId = new Map<string, Tracked>()
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

  function track(params: ResponseCreateParams, inBand: boolean): Tracked {
    const tracked: Tracked = {
      control: createResponseHandle({ isInBand: inBand, cancel: () => cancel(tracked) }),
      params,
      isInBand: inBand,
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

  /** The request is answered, or nobody waits for its answer any more. */
  function forgetRequest(tracked: Tracked): void {
    for (const [eventId, other] of inFlight) if (other === tracked) inFlight.delete(eventId)
  }

  function settle(tracked: Tracked, outcome: ResponseOutcome): void {
    tracked.stopTimer()
    const waiting = queue.indexOf(tracked)
    if (waiting >= 0) queue.splice(waiting, 1)
    forgetRequest(tracked)
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
    tracked.stopTimer = clock.after(timeoutMs, () =>
      settle(tracked, {
        status: 'rejected',
        error: new SessionError('TIMEOUT', { waitingFor: 'response.created', timeoutMs }),
      }),
    )
    try {
      send({ type: 'response.create', event_id: eventId, response })
    } catch (error) {
      if (!isRealtimeError(error)) throw error
      settle(tracked, { status: 'rejected', error })
    }
  }

  function cancel(tracked: Tracked): void {
    if (tracked.control.isSettled || tracked.cancelRequested) return
    if (queue.includes(tracked)) {
      settle(tracked, { status: 'cancelled', reason: 'client_cancelled', response: undefined })
      return
    }
    // Before the server has named it there is nothing that a cancel could mean; it follows on `response.created`.
    tracked.cancelRequested = true
    if (tracked.id !== undefined) sendCancel(tracked, tracked.id)
  }

  function sendCancel(tracked: Tracked, id: string): void {
    const eventId = createId('event')
    cancels.push(eventId)
    if (cancels.length > rememberedCancels) cancels.shift()
    const giveUp = () => settle(tracked, { status: 'cancelled', reason: 'client_cancelled', response: undefined })
    tracked.stopTimer()
    tracked.stopTimer = clock.after(timeoutMs, giveUp)
    try {
      send({ type: 'response.cancel', event_id: eventId, response_id: id })
    } catch {
      giveUp()
    }
  }

  /** Whose response this is: its metadata says so, or nothing else can have asked for it. */
  function claim(response: Response): Tracked | undefined {
    const eventId = response.metadata?.[correlationKey]
    if (typeof eventId === 'string') {
      isEchoing = true
      return inFlight.get(eventId)
    }
    if (isServerTurn && isInBand(response)) return undefined
    return [...inFlight.values()].find(
      (tracked) => tracked.isInBand === isInBand(response) && !(tracked.isNamed && isEchoing),
    )
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

  function begin(response: Response): Tracked {
    const known = byId.get(response.id)
    if (known) return known
    const mine = claim(response)
    const tracked = mine ?? track({}, isInBand(response))
    forgetRequest(tracked)
    follow(tracked, response.id)
    tracked.control.begin(response)
    if (!mine) {
      isServerTurn = false
      if (!options.onServerResponse(tracked.control.handle)) tracked.control.forsake()
    }
    // Whoever cancels it on seeing it has asked the server already.
    if (mine?.cancelRequested) sendCancel(mine, response.id)
    limitRunning(tracked)
    return tracked
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
    const tracked = culprit === undefined ? (isConflict ? pendingInBand() : undefined) : inFlight.get(culprit)
    if (!tracked) return false
    if (isConflict && tracked.conflicts < maxConflicts) {
      retryAfterConflict(tracked, /\bresp_\w+/.exec(error.message)?.[0])
      return true
    }
    settle(tracked, {
      status: 'rejected',
      error: new SessionError('SERVER_ERROR', { error, eventType: 'response.create' }),
    })
    return false
  }

  function retryAfterConflict(tracked: Tracked, otherId: string | undefined): void {
    tracked.stopTimer()
    forgetRequest(tracked)
    if (tracked.cancelRequested) {
      settle(tracked, { status: 'cancelled', reason: 'client_cancelled', response: undefined })
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
    cancelActive() {
      const running = active ?? pendingInBand()
      if (running) cancel(running)
      return running !== undefined
    },
    respond(params = {}, { whenBusy = 'queue', signal } = {}) {
      const tracked = track(params, params.conversation !== 'none')
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
        case 'input_audio_buffer.speech_stopped':
        case 'input_audio_buffer.timeout_triggered':
          isServerTurn = options.serverResponds()
          return false
        case 'response.created':
          begin(event.response)
          return false
        case 'response.done': {
          const { response } = event
          const tracked = byId.get(response.id) ?? (claim(response) && begin(response))
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
          if (tracked.cancelRequested)
            settle(tracked, { status: 'cancelled', reason: 'client_cancelled', response: undefined })
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
