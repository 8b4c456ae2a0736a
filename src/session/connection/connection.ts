import { isRealtimeError } from '../../errors.js'
import { abortWith, throwIfAborted } from '../../internal/abort.js'
import { createDeferred } from '../../internal/deferred.js'
import { createListeners, emit, removeListeners, reportToHost } from '../../internal/emitter.js'
import { createIdSource } from '../../internal/id.js'
import type { TransportClose, TransportReconnecting } from '../../transports/transport.js'
import { isSessionError, SessionError, sessionStartStep } from '../error.js'
import type { Restored, SessionStatus } from '../events.js'
import type { SessionClose } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import { closeTransport } from './close-transport.js'
import { type ConnectAttempt, createConnectAttempt } from './connect-attempt.js'
import type { ClientFrame, ConnectionOptions, ServerFrame } from './connection-options.js'
import type { Connection, ConnectionOf } from './connection-parts.js'
import { getStatus, request, sendNow } from './event-exchange.js'
import { createEventIterators, endIterators } from './event-iterators.js'
import { createEventWaits, rejectWaits, waitForEvent } from './event-waits.js'
import {
  closedByClient,
  closedError,
  closeErrorOf,
  describeFailure,
  endErrorOf,
  failsOver,
  isFatal,
  refusalOf,
  toError,
} from './failure.js'
import { runHandshake } from './handshake.js'
import {
  createHandshakeDeadline,
  resetFailures,
  restartHandshake,
  startDeadline,
  stopDeadline,
} from './handshake-deadline.js'
import {
  createPendingRequests,
  failRequest,
  recordOutgoing,
  recordSent,
  rejectRequests,
  takeUnacknowledged,
} from './pending-requests.js'
import { activePhase, enter, enterActive, type Handshaking, notify, runningAttempt } from './phase.js'
import { deliver, receiveFrame } from './receiver.js'
import {
  createSendQueue,
  endOutage,
  flushQueue,
  reportDropped,
  requeueAudio,
  type SendQueueListener,
  stopQueue,
} from './send-queue.js'

export function createConnection<
  Client extends ClientFrame,
  Server extends ServerFrame,
  ByType extends object,
  Session = undefined,
>(typedOptions: ConnectionOptions<Client, Server, Session>): ConnectionOf<Client, Server, ByType> {
  const options = typedOptions as unknown as ConnectionOptions<ClientFrame, ServerFrame>
  const connection = { options } as { -readonly [Name in keyof Connection]: Connection[Name] }
  connection.phase = { phase: 'idle' }
  connection.reconnect = undefined
  connection.notifications = []
  connection.isNotifying = false
  connection.listeners = createListeners()
  connection.iterators = createEventIterators()
  connection.waits = createEventWaits()
  connection.queue = createSendQueue<Connection>(options, queueListener, connection)
  connection.requests = createPendingRequests(options, connection.queue)
  connection.deadline = createHandshakeDeadline(options)
  connection.lastError = { error: undefined }
  connection.nextEventId = createIdSource('event')
  connection.unsubscribes = []
  connection.closed = new Promise((resolve) => {
    connection.resolveClosed = resolve
  })
  connection.stages = options.handlers.connectStages?.((decoded) => deliver(connection, decoded), options.session)
  return connection
}

const queueListener: SendQueueListener<Connection> = {
  beforeSend(event, { requests, options }) {
    recordOutgoing(requests, event)
    options.handlers.beforeSend?.(event, options.session)
  },
  onDropped: (appends, { listeners }) => emit(listeners, 'dropped', { appends }),
  onSent: (eventId, { requests }) => recordSent(requests, eventId),
  onUnsendable(eventId, error, { requests }) {
    if (!failRequest(requests, eventId, error)) reportToHost(error)
  },
}

function updateLost(status: SessionStatus, connection: Pick<Connection, 'options' | 'reconnect'>): void {
  const { handlers, session } = connection.options
  handlers.onConnectionLost(status, connection.reconnect, session)
}

/** Apart from {@link openConnection}, because the listeners keep all variables of the function that creates them. */
function startListening(connection: Connection): void {
  const { transport } = connection.options
  connection.unsubscribes = [
    transport.on('message', (frame) => receiveFrame(connection, frame)),
    transport.on('close', (close) => onTransportClose(connection, close)),
    transport.on('open', () => onOpen(connection)),
    transport.on('reconnecting', (event) => onReconnecting(connection, event)),
  ]
}

function stopListening(connection: Connection): void {
  for (const unsubscribe of connection.unsubscribes) unsubscribe()
  connection.unsubscribes = []
}

function onOpen(connection: Connection): void {
  const { options, deadline, lastError } = connection
  const { transport, clock, handlers, session } = options
  connection.stages?.reset()
  const attempt = runningAttempt(connection)
  const abort = new AbortController()
  const { signal } = abort
  const handshaking: Handshaking = { phase: 'handshaking', attempt, abort }
  enterActive(connection, handshaking)
  restartHandshake(deadline)
  lastError.error = undefined
  if (!attempt) startDeadline(deadline, (error) => abortWith(abort, refusalOf(lastError) ?? error))
  const isJoined = transport.session === 'joined'
  const sendBy = (event: ClientFrame) => sendNow(connection, event)
  withTimeout<Restored>(clock, { signal }, sessionStartStep, (resolve, reject) => {
    runHandshake<ClientFrame, ServerFrame>({
      signal,
      isConnect: attempt !== undefined,
      deadline,
      waitForSession: isJoined
        ? undefined
        : () =>
            waitForEvent(connection.waits, { clock, listeners: connection.listeners }, 'session.created', { signal }),
      sendNow: sendBy,
      request: (event, wait) => request(connection, event, wait, sendBy),
      takeUnacknowledged: () => takeUnacknowledged(connection.requests),
      configure: (handshake) => handlers.configure(handshake, session),
      restore: (handshake) => handlers.restore(handshake, session),
    }).then(resolve, reject)
    return () => {}
  }).then(
    (restored) => onHandshakeDone(connection, handshaking, restored),
    (error: unknown) => onHandshakeFailed(connection, handshaking, error),
  )
}

function onHandshakeDone(connection: Connection, handshaking: Handshaking, restored: Restored): void {
  const { phase, queue } = connection
  const { attempt } = handshaking
  if (activePhase(connection) !== handshaking || attempt?.outcome.settled) return
  if (phase.phase === 'closing') {
    phase.done.catch(() => onHandshakeDone(connection, handshaking, restored))
    return
  }
  stopDeadline(connection.deadline)
  // In the same tick as the change to `open`, so that nothing can be sent between what waited and what need not wait any more.
  flushQueue(queue)
  if (connection.phase !== handshaking) return
  connection.reconnect = undefined
  enter(connection, { phase: 'open' })
  attempt?.outcome.resolve()
  const droppedAppends = endOutage(queue)
  const { itemIds, lost } = restored
  const isReported = !attempt || itemIds.length + lost.length > 0
  if (isReported) emit(connection.listeners, 'restored', { ...restored, droppedAppends })
}

function onHandshakeFailed(connection: Connection, handshaking: Handshaking, error: unknown): void {
  const { phase, options } = connection
  const { attempt, abort } = handshaking
  // After a lost connection the next one starts a handshake of its own.
  if (activePhase(connection) !== handshaking) return
  if (phase.phase === 'closing' && !attempt) {
    phase.done.catch(() => onHandshakeFailed(connection, handshaking, error))
    return
  }
  abortWith(abort, error)
  if (attempt && !failsOver(options.transport, error)) attempt.outcome.reject(error)
  else if (!attempt) onRestoreFailed(connection, error)
}

/** A failed restore is a failed attempt: the transport makes the next one by its policy, unless that would fail for the same reason. */
function onRestoreFailed(connection: Connection, error: unknown): void {
  const { transport } = connection.options
  stopDeadline(connection.deadline)
  enter(connection, { phase: 'reconnecting', reason: 'lost' })
  if (failsOver(transport, error)) return
  const isRetried = !isFatal(error) && transport.reconnect?.(toError(error))
  if (!isRetried) abortConnection(connection, 'the session could not be restored', error)
}

function stopHandshake(connection: Connection, reason: unknown): void {
  const phase = activePhase(connection)
  if (phase.phase !== 'handshaking') return
  const { attempt } = phase
  if (!attempt) stopDeadline(connection.deadline)
  enterActive(connection, attempt ? { phase: 'connecting', attempt } : { phase: 'reconnecting', reason: 'lost' })
  abortWith(phase.abort, reason)
}

function onReconnecting(connection: Connection, event: TransportReconnecting): void {
  connection.deadline.lastFailure = describeFailure(event)
  const { attempt, delayMs, cause } = event
  connection.reconnect = { attempt, delayMs }
  loseConnection(connection, 'lost')
  // A listener of the change may have closed the session.
  if (connection.phase.phase !== 'closed') emit(connection.listeners, 'reconnecting', { attempt, delayMs, cause })
}

function loseConnection(connection: Connection, reason: 'lost' | 'rotating'): void {
  const { queue } = connection
  connection.stages?.reset()
  // A listener of an event that a stage released may have closed the session.
  if (connection.phase.phase === 'closed') return
  stopHandshake(connection, closedError({ code: 1006, reason: 'connection lost' }))
  const phase = activePhase(connection)
  const wasOpen = phase.phase === 'open'
  if (wasOpen) requeueAudio(queue)
  enterActive(connection, wasOpen ? { phase: 'reconnecting', reason } : phase, updateLost)
  reportDropped(queue)
  takeUnacknowledged(connection.requests)
}

function onTransportClose(connection: Connection, close: TransportClose): void {
  connection.stages?.reset()
  const phase = activePhase(connection)
  if (phase.phase === 'reconnecting' && phase.reason === 'rotating') return
  const attempt = runningAttempt(connection)
  if (attempt) attempt.outcome.reject(refusalOf(connection.lastError) ?? close.error ?? closedError(close))
  else
    finish(connection, { ...close, initiator: connection.phase.phase === 'closing' ? 'client' : 'server' }, close.error)
}

/** Leaves the session on the server and opens a new one. It is restored as after a drop. */
export async function rotate(connection: Connection): Promise<void> {
  if (connection.phase.phase !== 'open') return
  const { options } = connection
  loseConnection(connection, 'rotating')
  try {
    await closeTransport(options, 1000, '')
    if (!leaveRotation(connection)) return
    await options.transport.open()
  } catch (error) {
    leaveRotation(connection)
    const isLeft = getStatus(connection) === 'reconnecting'
    if (isLeft) abortConnection(connection, 'no new session could be opened', error)
  }
}

/** The old connection is closed: from here on a rotation is like a drop. Returns false when the session is closing or closed. */
function leaveRotation(connection: Connection): boolean {
  const phase = activePhase(connection)
  if (phase.phase === 'reconnecting') enterActive(connection, { phase: 'reconnecting', reason: 'lost' })
  return getStatus(connection) === 'reconnecting'
}

async function openConnection(connection: Connection, attempt: ConnectAttempt, outcome: Promise<void>): Promise<void> {
  const { options, deadline } = connection
  const { transport, clock } = options
  startListening(connection)
  const opening = new AbortController()
  resetFailures(deadline)
  startDeadline(deadline, (error) => attempt.outcome.reject(error))
  try {
    await withTimeout<void>(clock, {}, sessionStartStep, (resolve, reject) => {
      outcome.then(resolve, reject)
      transport.open(opening.signal).catch(reject)
      return () => {}
    })
  } catch (error) {
    attempt.outcome.reject(error)
    stopListening(connection)
    stopDeadline(deadline)
    connection.stages?.reset()
    stopHandshake(connection, error)
    abortWith(opening, error)
    const droppedAppends = stopQueue(connection.queue)
    connection.reconnect = undefined
    updateLost(getStatus(connection), connection)
    // Requests get the reason of the attempt, but not the abort reason of a caller of `connect()`.
    const reason = isRealtimeError(error) ? error : new SessionError('NOT_CONNECTED', { status: 'idle' })
    rejectRequests(connection.requests, reason)
    await closeTransport(options, 1000, '').catch(() => {})
    enterActive(connection, { phase: 'idle' })
    if (droppedAppends > 0) emit(connection.listeners, 'dropped', { appends: droppedAppends })
    throw error
  }
}

export async function connect(
  connection: Connection,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  throwIfAborted(signal)
  // A failed attempt blocks the transport until it has released its resources.
  for (let failed = runningAttempt(connection); failed?.outcome.settled; failed = runningAttempt(connection))
    await failed.untilReleased({ signal })
  const status = getStatus(connection)
  if (status === 'open' || status === 'reconnecting') return
  if (status === 'closing' || status === 'closed') throw closedError(closedByClient)
  const running = runningAttempt(connection)
  if (running) return running.join({ signal })
  const attempt = createConnectAttempt(connection.options.clock)
  enter(connection, { phase: 'connecting', attempt })
  attempt.start((outcome) => openConnection(connection, attempt, outcome))
  return attempt.join({ signal })
}

/** Ends the session without waiting for the transport. */
function abortConnection(connection: Connection, reason: string, error: unknown): void {
  const close = { code: 1006, reason, wasClean: false, initiator: 'server' } as const
  finish(connection, close, closeErrorOf(error, reason))
  connection.options.transport.close().catch(() => {})
}

function finish(connection: Connection, close: Omit<SessionClose, 'error'>, cause?: SessionClose['error']): void {
  if (connection.phase.phase === 'closed') return
  const { options, listeners } = connection
  stopListening(connection)
  stopDeadline(connection.deadline)
  stopHandshake(connection, closedError(close))
  const error = cause ?? endErrorOf(connection.lastError, close)
  const final: SessionClose = {
    code: close.code,
    reason: close.reason,
    wasClean: close.wasClean,
    initiator: close.initiator,
    ...(error ? { error } : {}),
  }
  stopQueue(connection.queue)
  enter(connection, { phase: 'closed' }, () => {
    connection.stages?.reset()
    options.handlers.onClose(final, options.session)
  })
  const reason = error ?? closedError(close)
  rejectRequests(connection.requests, reason)
  rejectWaits(connection.waits, reason)
  endIterators(connection.iterators)
  notify(connection, () => {
    emit(listeners, 'close', final)
    removeListeners(listeners)
  })
  connection.resolveClosed(final)
}

async function closeConnection(connection: Connection, code: number, reason: string): Promise<void> {
  const attempt = runningAttempt(connection)
  if (attempt) {
    attempt.outcome.reject(closedError({ code, reason }))
    await attempt.end.catch(() => {})
  }
  try {
    await closeTransport(connection.options, code, reason)
  } catch (error) {
    if (isSessionError(error, 'TIMEOUT')) {
      const problem = 'the transport did not close'
      finish(connection, { code: 1006, reason: problem, wasClean: false, initiator: 'client' })
      return
    }
    // The transport refused the code or the reason, so the session continues.
    if (connection.phase.phase === 'closing') enter(connection, connection.phase.resume)
    throw error
  }
  finish(connection, { code, reason, wasClean: true, initiator: 'client' })
}

export async function close(connection: Connection, code = 1000, reason = ''): Promise<void> {
  const { phase } = connection
  if (phase.phase === 'closed') return
  if (phase.phase === 'closing') {
    await phase.done.catch(() => {})
    // If the first call was refused, the session is still there.
    return close(connection, code, reason)
  }
  const done = createDeferred<void>()
  enter(connection, { phase: 'closing', done: done.promise, resume: phase })
  try {
    await closeConnection(connection, code, reason)
    done.resolve()
  } catch (error) {
    done.reject(error)
    throw error
  }
}
