import { isRealtimeError } from '../../errors.js'
import { abortWith, throwIfAborted } from '../../internal/abort.js'
import { createDeferred } from '../../internal/deferred.js'
import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { createIdSource } from '../../internal/id.js'
import type { UnknownEvent } from '../../protocol/codec.js'
import type { TransportClose, TransportReconnecting } from '../../transports/transport.js'
import { isSessionError, SessionError, sessionStartStep } from '../error.js'
import type { ReconnectAttempt, Restored, SessionStatus } from '../events.js'
import type { SessionClose, WaitForOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import type { AcknowledgementOf, AddressedEvent } from './acknowledgements.js'
import { closeTransport } from './close-transport.js'
import { type ConnectAttempt, createConnectAttempt } from './connect-attempt.js'
import type { ClientFrame, Connection, ConnectionOptions } from './connection-options.js'
import { createEventIterators } from './event-iterators.js'
import { createEventWaits } from './event-waits.js'
import { closedByClient, closedError, closeErrorOf, createLastServerError, isFatal, toError } from './failure.js'
import { runHandshake } from './handshake.js'
import { createHandshakeDeadline } from './handshake-deadline.js'
import { createPendingRequests } from './pending-requests.js'
import { createPhases, type Handshaking, sendModeOf, statusOf } from './phase.js'
import { createReceiver } from './receiver.js'
import { createSendQueue } from './send-queue.js'

export function createConnection<Client extends ClientFrame, Server extends { type: string }, ByType extends object>(
  options: ConnectionOptions<Client, Server>,
): Connection<Client, Server, ByType> {
  const { transport, clock } = options
  // Keyed by strings inside, because the event map of the session is not known here. The signatures outside are exact.
  const emitter = createEmitter<Record<string, unknown>>()
  const iterators = createEventIterators<Server | UnknownEvent>()
  const waits = createEventWaits(clock, emitter.on)
  const deadline = createHandshakeDeadline({ clock, transport, timeoutMs: options.connectTimeoutMs })
  const lastError = createLastServerError()
  const nextEventId = createIdSource('event')
  const ended = createDeferred<SessionClose>()
  const queue = createSendQueue(options, {
    onDropped: (appends) => emitter.emit('dropped', { appends }),
    beforeSend(event) {
      requests.record(event)
      options.beforeSend?.(event)
    },
    onSent: (eventId) => requests.recordSent(eventId),
    onUnsendable(eventId, error) {
      if (!requests.fail(eventId, error)) reportToHost(error)
    },
  })
  const nextSession = () => transport.session ?? 'own'
  const { requestTimeoutMs } = options
  const requests = createPendingRequests<Client & AddressedEvent, Server>({
    clock,
    requestTimeoutMs,
    queue,
    nextEventId,
    nextSession,
  })
  let reconnect: ReconnectAttempt | undefined
  const phases = createPhases(onStatus, (event) => {
    emitter.emit('status', event)
    options.afterStatus?.(event.status)
  })
  const { enter, enterActive, active, runningAttempt } = phases
  const receiver = createReceiver(options, {
    emit: emitter.emit,
    iterators,
    waits,
    requests,
    queue,
    deadline,
    lastError,
    isClosed: () => phases.current.phase === 'closed',
    onRefused(error) {
      const attempt = runningAttempt()
      if (attempt && !failsOver(error)) attempt.outcome.reject(error)
    },
  })
  let unsubscribes: (() => void)[] = []

  function onStatus(status: SessionStatus): void {
    options.onStatus(status, reconnect)
  }

  function onConnectionLost(status: SessionStatus): void {
    options.onConnectionLost(status, reconnect)
  }

  function stopListening(): void {
    for (const unsubscribe of unsubscribes) unsubscribe()
    unsubscribes = []
  }

  function sendUnacknowledged(event: Client): void {
    queue.send(event, sendModeOf(phases.current, transport.state))
  }

  function send(event: Client): string {
    const id = event.event_id ?? nextEventId()
    sendUnacknowledged(event.event_id === undefined ? { ...event, event_id: id } : event)
    return id
  }

  function sendNow(event: Client): void {
    if (transport.state !== 'open') throw new SessionError('NOT_CONNECTED', { status: statusOf(phases.current) })
    queue.sendNow(event)
  }

  function waitFor<K extends keyof ByType>(type: K, wait: WaitForOptions<ByType[K]> = {}): Promise<ByType[K]> {
    if (phases.current.phase === 'closed') return Promise.reject(closedError(closedByClient))
    return waits.waitFor<ByType[K]>(String(type), wait)
  }

  function onOpen(): void {
    receiver.resetStages()
    const attempt = runningAttempt()
    const abort = new AbortController()
    const { signal } = abort
    const handshaking: Handshaking = { phase: 'handshaking', attempt, abort }
    enterActive(handshaking)
    deadline.connectionOpened()
    lastError.clear()
    if (!attempt) deadline.start((error) => abortWith(abort, lastError.refusal() ?? error))
    withTimeout<Restored>(clock, { signal }, sessionStartStep, (resolve, reject) => {
      runHandshake<Client & AddressedEvent, Server>({
        signal,
        isConnect: attempt !== undefined,
        deadline,
        waitForSession:
          transport.session === 'joined' ? undefined : () => waitFor('session.created' as keyof ByType, { signal }),
        sendNow,
        request: (event, wait) => requests.request(sendNow, event, wait),
        takeUnacknowledged: requests.takeUnacknowledged,
        configure: options.configure,
        restore: options.restore,
      }).then(resolve, reject)
      return () => {}
    }).then(
      (restored) => onHandshakeDone(handshaking, restored),
      (error: unknown) => onHandshakeFailed(handshaking, error),
    )
  }

  function onHandshakeDone(handshaking: Handshaking, restored: Restored): void {
    const { attempt } = handshaking
    if (active() !== handshaking || attempt?.outcome.settled) return
    if (phases.current.phase === 'closing') {
      phases.current.done.catch(() => onHandshakeDone(handshaking, restored))
      return
    }
    deadline.stop()
    // In the same tick as the change to `open`, so that nothing can be sent between what waited and what need not wait any more.
    queue.flush()
    if (phases.current !== handshaking) return
    reconnect = undefined
    enter({ phase: 'open' })
    attempt?.outcome.resolve()
    const droppedAppends = queue.endOutage()
    const { itemIds, lost } = restored
    if (!attempt || itemIds.length + lost.length > 0) emitter.emit('restored', { ...restored, droppedAppends })
  }

  function onHandshakeFailed(handshaking: Handshaking, error: unknown): void {
    const { attempt, abort } = handshaking
    // After a lost connection the next one starts a handshake of its own.
    if (active() !== handshaking) return
    if (phases.current.phase === 'closing' && !attempt) {
      phases.current.done.catch(() => onHandshakeFailed(handshaking, error))
      return
    }
    abortWith(abort, error)
    if (attempt && !failsOver(error)) attempt.outcome.reject(error)
    else if (!attempt) onRestoreFailed(error)
  }

  /** Returns whether the transport continues with another server. */
  const failsOver = (error: unknown) => transport.failOver?.(toError(error)) ?? false

  /** A failed restore is a failed attempt: the transport makes the next one by its policy, unless that would fail for the same reason. */
  function onRestoreFailed(error: unknown): void {
    deadline.stop()
    enter({ phase: 'reconnecting', reason: 'lost' })
    if (failsOver(error)) return
    if (isFatal(error) || !transport.reconnect?.(toError(error))) abort('the session could not be restored', error)
  }

  function stopHandshake(reason: unknown): void {
    const phase = active()
    if (phase.phase !== 'handshaking') return
    const { attempt } = phase
    if (!attempt) deadline.stop()
    enterActive(attempt ? { phase: 'connecting', attempt } : { phase: 'reconnecting', reason: 'lost' })
    abortWith(phase.abort, reason)
  }

  function onReconnecting(event: TransportReconnecting): void {
    deadline.attemptFailed(event)
    const { attempt, delayMs, cause } = event
    reconnect = { attempt, delayMs }
    loseConnection('lost')
    // A listener of the change may have closed the session.
    if (phases.current.phase !== 'closed') emitter.emit('reconnecting', { attempt, delayMs, cause })
  }

  function loseConnection(reason: 'lost' | 'rotating'): void {
    receiver.resetStages()
    stopHandshake(closedError({ code: 1006, reason: 'connection lost' }))
    const phase = active()
    const wasOpen = phase.phase === 'open'
    if (wasOpen) queue.requeueAudio()
    enterActive(wasOpen ? { phase: 'reconnecting', reason } : phase, onConnectionLost)
    queue.reportDropped()
    requests.takeUnacknowledged()
  }

  function onTransportClose(close: TransportClose): void {
    receiver.resetStages()
    const phase = active()
    if (phase.phase === 'reconnecting' && phase.reason === 'rotating') return
    const attempt = runningAttempt()
    if (attempt) attempt.outcome.reject(lastError.refusal() ?? close.error ?? closedError(close))
    else finish({ ...close, initiator: phases.current.phase === 'closing' ? 'client' : 'server' }, close.error)
  }

  async function rotate(): Promise<void> {
    if (phases.current.phase !== 'open') return
    loseConnection('rotating')
    try {
      await closeTransport(options, 1000, '')
      if (!leaveRotation()) return
      await transport.open()
    } catch (error) {
      leaveRotation()
      if (statusOf(phases.current) === 'reconnecting') abort('no new session could be opened', error)
    }
  }

  /** The old connection is closed: from here on a rotation is like a drop. Returns false when the session is closing or closed. */
  function leaveRotation(): boolean {
    const phase = active()
    if (phase.phase === 'reconnecting') enterActive({ phase: 'reconnecting', reason: 'lost' })
    return statusOf(phases.current) === 'reconnecting'
  }

  async function openConnection(attempt: ConnectAttempt, outcome: Promise<void>): Promise<void> {
    unsubscribes = [
      transport.on('message', receiver.onFrame),
      transport.on('close', onTransportClose),
      transport.on('open', onOpen),
      transport.on('reconnecting', onReconnecting),
    ]
    const opening = new AbortController()
    deadline.reset()
    deadline.start((error) => attempt.outcome.reject(error))
    try {
      await withTimeout<void>(clock, {}, sessionStartStep, (resolve, reject) => {
        outcome.then(resolve, reject)
        transport.open(opening.signal).catch(reject)
        return () => {}
      })
    } catch (error) {
      attempt.outcome.reject(error)
      stopListening()
      deadline.stop()
      receiver.resetStages()
      stopHandshake(error)
      abortWith(opening, error)
      const droppedAppends = queue.stop()
      reconnect = undefined
      onConnectionLost(statusOf(phases.current))
      // Requests get the reason of the attempt, but not the abort reason of a caller of `connect()`.
      requests.rejectAll(isRealtimeError(error) ? error : new SessionError('NOT_CONNECTED', { status: 'idle' }))
      await closeTransport(options, 1000, '').catch(() => {})
      enterActive({ phase: 'idle' })
      if (droppedAppends > 0) emitter.emit('dropped', { appends: droppedAppends })
      throw error
    }
  }

  async function connect({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    throwIfAborted(signal)
    // A failed attempt blocks the transport until it has released its resources.
    for (let failed = runningAttempt(); failed?.outcome.settled; failed = runningAttempt())
      await failed.untilReleased({ signal })
    const status = statusOf(phases.current)
    if (status === 'open' || status === 'reconnecting') return
    if (status === 'closing' || status === 'closed') throw closedError(closedByClient)
    const running = runningAttempt()
    if (running) return running.join({ signal })
    const attempt = createConnectAttempt(clock)
    enter({ phase: 'connecting', attempt })
    attempt.start((outcome) => openConnection(attempt, outcome))
    return attempt.join({ signal })
  }

  /** Ends the session without waiting for the transport. */
  function abort(reason: string, error: unknown): void {
    finish({ code: 1006, reason, wasClean: false, initiator: 'server' }, closeErrorOf(error, reason))
    transport.close().catch(() => {})
  }

  function finish(close: Omit<SessionClose, 'error'>, cause?: SessionClose['error']): void {
    if (phases.current.phase === 'closed') return
    stopListening()
    deadline.stop()
    stopHandshake(closedError(close))
    const error = cause ?? lastError.endOf(close)
    const final: SessionClose = {
      code: close.code,
      reason: close.reason,
      wasClean: close.wasClean,
      initiator: close.initiator,
      ...(error ? { error } : {}),
    }
    queue.stop()
    enter({ phase: 'closed' }, () => {
      receiver.resetStages()
      options.onClose(final)
    })
    const reason = error ?? closedError(close)
    requests.rejectAll(reason)
    waits.rejectAll(reason)
    iterators.end()
    phases.notify(() => {
      emitter.emit('close', final)
      emitter.clear()
    })
    ended.resolve(final)
  }

  async function closeConnection(code: number, reason: string): Promise<void> {
    const attempt = runningAttempt()
    if (attempt) {
      attempt.outcome.reject(closedError({ code, reason }))
      await attempt.end.catch(() => {})
    }
    try {
      await closeTransport(options, code, reason)
    } catch (error) {
      if (isSessionError(error, 'TIMEOUT')) {
        finish({ code: 1006, reason: 'the transport did not close', wasClean: false, initiator: 'client' })
        return
      }
      // The transport refused the code or the reason, so the session continues.
      if (phases.current.phase === 'closing') enter(phases.current.resume)
      throw error
    }
    finish({ code, reason, wasClean: true, initiator: 'client' })
  }

  async function close(code = 1000, reason = ''): Promise<void> {
    if (phases.current.phase === 'closed') return
    if (phases.current.phase === 'closing') {
      await phases.current.done.catch(() => {})
      // If the first call was refused, the session is still there.
      return close(code, reason)
    }
    const done = createDeferred<void>()
    enter({ phase: 'closing', done: done.promise, resume: phases.current })
    try {
      await closeConnection(code, reason)
      done.resolve()
    } catch (error) {
      done.reject(error)
      throw error
    }
  }

  return {
    getStatus: () => statusOf(phases.current),
    closed: ended.promise,
    connect,
    send,
    sendUnacknowledged,
    cancelPending: queue.remove,
    unacknowledged: requests.unacknowledged,
    awaitsReply: requests.awaitsReply,
    request: <Type extends Client['type']>(event: Client, wait = {}, sendBy: (event: Client) => void = send) =>
      requests.request(sendBy, event, wait) as Promise<AcknowledgementOf<Type, Server>>,
    on(type, listener) {
      if (phases.current.phase === 'closed') return () => {}
      return emitter.on(String(type), listener as (event: unknown) => void)
    },
    emit: (type, event) => emitter.emit(String(type), event),
    hasListeners: (type) => emitter.listenerCount(String(type)) > 0,
    dispatch: receiver.dispatch,
    events: iterators.open,
    waitFor,
    drained(wait = {}) {
      if (phases.current.phase === 'closed') return Promise.reject(closedError(closedByClient))
      return queue.drained(wait, waits.waiting)
    },
    rotate,
    close,
  }
}
