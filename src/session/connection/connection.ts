import { isRealtimeError } from '../../errors.js'
import { abortWith, throwIfAborted } from '../../internal/abort.js'
import { createDeferred } from '../../internal/deferred.js'
import { createEmitter, reportToHost } from '../../internal/emitter.js'
import { createIdSource } from '../../internal/id.js'
import type { InvalidEvent, UnknownEvent } from '../../protocol/codec.js'
import type { ServerErrorEvent } from '../../protocol/events/error.js'
import type { TransportClose, TransportReconnecting } from '../../transports/transport.js'
import { isSessionError, SessionError } from '../error.js'
import type { Restored, SessionStatus } from '../events.js'
import type { RequestOptions, SessionClose, WaitForOptions } from '../options.js'
import { withTimeout } from '../with-timeout.js'
import { acknowledgementTypes } from './acknowledgements.js'
import { type Attempt, createAttempt } from './connect-attempt.js'
import type { ClientFrame, Connection, ConnectionOptions } from './connection-options.js'
import { createEventIterators } from './event-iterators.js'
import { createEventWaits } from './event-waits.js'
import { closeErrorOf, isFatal } from './failed-restore.js'
import { createHandshakeWatch } from './handshake-watch.js'
import { createLastError } from './last-error.js'
import { createLink } from './link.js'
import { createOutflow } from './outflow.js'
import { createPendingRequests } from './pending-requests.js'
import { createRequestSender } from './request-sender.js'
import { transportCloser } from './transport-closer.js'
import { betaStart, readUnusable, reasonOf } from './unusable-event.js'
import { theStart } from './wait-names.js'

/** After these the server's input buffer is empty. */
const settlingTypes = new Set(['input_audio_buffer.committed', 'input_audio_buffer.cleared'])

export function createConnection<Client extends ClientFrame, Server extends { type: string }, ByType extends object>(
  options: ConnectionOptions<Client, Server>,
): Connection<Client, Server, ByType> {
  const { transport, codec, clock, requestTimeoutMs } = options
  // Keyed by strings inside, because the map of a wrapping session is not known here; the signatures outside are exact.
  const emitter = createEmitter<Record<string, unknown>>()
  const requests = createPendingRequests<Client, Server>()
  const readers = createEventIterators<Server | UnknownEvent>()
  const outflow = createOutflow(options, {
    onDropped: (appends) => emitter.emit('dropped', { appends }),
    onSent(eventId) {
      requests.noteSent(eventId)
      options.left?.(eventId)
    },
    onUnsendable: (eventId, error) => {
      if (!requests.fail(eventId, error)) reportToHost(error)
    },
  })
  const waits = createEventWaits(clock, emitter.on)
  const watch = createHandshakeWatch({ clock, transport, timeoutMs: options.connectTimeoutMs })
  const nextEventId = createIdSource('event')
  const closeTransport = transportCloser(transport, clock, requestTimeoutMs)
  const sender = createRequestSender({ clock, transport, requestTimeoutMs, requests, outflow, nextEventId })
  const ended = createDeferred<SessionClose>()
  const lastError = createLastError()
  let status: SessionStatus = 'idle'
  let attempt: Attempt | undefined
  // The handshake with the server that is going on.
  let shaking: AbortController | undefined
  let leaving: Promise<void> | undefined
  let isRotating = false
  let unlisten: (() => void)[] = []

  function setStatus(next: SessionStatus): void {
    if (status === next) return
    const previous = status
    status = next
    options.onStatus(next)
    emitter.emit('status', { status: next, previous })
    options.afterStatus?.(next)
  }

  function onFrame(frame: string): void {
    const decoded = codec.decode(frame)
    if (decoded.kind === 'invalid') {
      onUnusable(decoded.event)
      options.receiveInvalid(decoded.event)
      emitter.emit('invalid', decoded.event)
      return
    }
    readers.push(decoded.event)
    if (decoded.kind === 'unknown') {
      const start = betaStart(decoded.event)
      if (start) waits.spoil(start.type, start.error)
      emitter.emit('unknown', decoded.event)
      return
    }
    const { event } = decoded
    if (settlingTypes.has(event.type) && options.emptiesInputBuffer?.(event) !== false) outflow.settleSound()
    // Before anybody hears of it: whoever then leaves the connection must not have it asked again.
    if (event.type !== 'error') onAnswer(event)
    const isHandled = options.receive(event)
    if (event.type === 'error') onServerError(event as unknown as ServerErrorEvent, isHandled)
    if (!isHandled) emitter.emit(event.type, event)
  }

  /** An event that cannot be used reaches nobody who waits for it, so they receive the reason at once. */
  function onUnusable(event: InvalidEvent): void {
    const frame = readUnusable(event)
    const error = reasonOf(event.error, frame)
    watch.receivedUnusable(error)
    if (event.type === undefined) return
    requests.spoil(event.type, frame, error)
    waits.spoil(event.type, error)
  }

  function onAnswer(event: Server): void {
    lastError.goOn()
    requests.answer(event)
  }

  function onServerError(event: ServerErrorEvent, isHandled: boolean): void {
    if (event.error.event_id) outflow.noteRefused(event.error.event_id)
    if (requests.refuse(event) || isHandled) return
    lastError.note(event)
    if (!event.error.event_id) attempt?.outcome.reject(lastError.refusal())
  }

  function closeError({ code, reason }: Pick<SessionClose, 'code' | 'reason'>): SessionError {
    return new SessionError('CLOSED', { code, reason })
  }

  function onTransportClose(close: TransportClose): void {
    if (isRotating) return
    if (attempt) attempt.outcome.reject(lastError.refusal() ?? close.error ?? closeError(close))
    else finish({ ...close, initiator: status === 'closing' ? 'client' : 'server' }, close.error)
  }

  function finish(close: Omit<SessionClose, 'error'>, cause?: SessionClose['error']): void {
    if (status === 'closed') return
    for (const undo of unlisten) undo()
    unlisten = []
    stopHandshake(closeError(close))
    const error = cause ?? lastError.endOf(close)
    const final: SessionClose = {
      code: close.code,
      reason: close.reason,
      wasClean: close.wasClean,
      initiator: close.initiator,
      ...(error ? { error } : {}),
    }
    outflow.stop()
    const previous = status
    status = 'closed'
    options.onClose(final)
    emitter.emit('status', { status, previous })
    const reason = error ?? closeError(close)
    requests.rejectAll(reason)
    waits.rejectAll(reason)
    readers.end()
    emitter.emit('close', final)
    emitter.clear()
    ended.resolve(final)
  }

  function post(event: Client): void {
    if (status === 'closed' || status === 'closing') throw closeError({ code: 1000, reason: '' })
    // A transport that reconnects is opening again before it says so.
    const isOpening = status === 'open' && transport.state === 'opening'
    // Before the server knows the configuration and the history, what is sent would overtake them.
    const isShaking = status === 'connecting' && transport.state === 'open'
    if (status === 'reconnecting' || isOpening || isShaking) outflow.send(event, 'coming')
    else if (transport.state === 'open') outflow.send(event, 'there')
    else throw new SessionError('NOT_CONNECTED', { status })
  }

  function send(event: Client): string {
    const id = event.event_id ?? nextEventId()
    post(event.event_id === undefined ? { ...event, event_id: id } : event)
    return id
  }

  function transmit(event: Client): void {
    if (transport.state !== 'open') throw new SessionError('NOT_CONNECTED', { status })
    outflow.transmit(event)
  }

  function waitFor<K extends keyof ByType>(type: K, wait: WaitForOptions<ByType[K]> = {}): Promise<ByType[K]> {
    if (status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
    return waits.waitFor<ByType[K]>(String(type), wait)
  }

  function stopHandshake(reason: unknown): void {
    if (!attempt) watch.stop()
    abortWith(shaking, reason)
    shaking = undefined
  }

  /** What is done each time the transport has a connection: the server knows nothing of what was before. */
  async function handshake(signal: AbortSignal): Promise<Restored> {
    let isRestoring = false
    // `connect` has a deadline in all. Only a history may take as long as it takes.
    const onProgress = () => {
      if (isRestoring || !attempt) watch.extend()
    }
    const request = (event: Client, wait: RequestOptions) => {
      watch.waitFor(acknowledgementTypes(event.type)?.[0] ?? theStart)
      return sender.request(transmit, event, wait)
    }
    const link = createLink<Client, Server>(signal, request, onProgress)
    // Whoever waits for an acknowledgement still waits: what no server confirmed is asked again, after the history.
    const unanswered = sender.repeatable().filter(({ event_id }) => !outflow.has(event_id))
    if (transport.session !== 'joined') await waitFor('session.created' as keyof ByType, { signal })
    onProgress()
    await options.configure(link)
    isRestoring = true
    const restored = await options.restore(link)
    throwIfAborted(signal)
    for (const request of unanswered) transmit(request)
    return restored
  }

  function onOpen(): void {
    const handshaking = new AbortController()
    const isReturn = status === 'reconnecting'
    shaking = handshaking
    watch.opened()
    lastError.clear()
    const { signal } = handshaking
    if (!attempt) watch.start((error) => abortWith(handshaking, lastError.refusal() ?? error))
    withTimeout<Restored>(clock, { signal }, theStart, (resolve, reject) => {
      handshake(signal).then(resolve, reject)
      return () => {}
    }).then(
      (restored) => {
        if (shaking !== handshaking || status === 'closing' || attempt?.outcome.settled) return
        shaking = undefined
        watch.stop()
        attempt?.outcome.resolve()
        attempt = undefined
        // In the same tick: nothing can be sent between what waited and what need not wait any more.
        outflow.flush()
        setStatus('open')
        const droppedAppends = outflow.endOutage()
        const { itemIds, lost } = restored
        if (isReturn || itemIds.length + lost.length > 0) emitter.emit('restored', { ...restored, droppedAppends })
      },
      (error: unknown) => {
        // A connection that broke meanwhile is not the server's answer; the next one starts a handshake of its own.
        if (shaking !== handshaking) return
        abortWith(handshaking, error)
        if (attempt) attempt.outcome.reject(error)
        else if (status !== 'closing') failRestore(error)
      },
    )
  }

  /** A failed restore is a failed attempt: the transport makes the next one by its policy, unless that would fail for the same reason. */
  function failRestore(error: unknown): void {
    watch.stop()
    shaking = undefined
    const cause = error instanceof Error ? error : new Error('the handshake threw a value that is not an Error')
    if (isFatal(error) || !transport.reconnect?.(cause)) breakOff('the session could not be restored', error)
  }

  function onReconnecting(event: TransportReconnecting): void {
    watch.failed(event)
    onLost()
  }

  function onLost(): void {
    stopHandshake(closeError({ code: 1006, reason: 'connection lost' }))
    const previous = status
    if (status === 'open') {
      outflow.lose()
      status = 'reconnecting'
    }
    options.onLost(status)
    if (status !== previous) emitter.emit('status', { status, previous })
    outflow.reportLoss()
    sender.repeatable()
  }

  function breakOff(reason: string, error: unknown): void {
    finish({ code: 1006, reason, wasClean: false, initiator: 'server' }, closeErrorOf(error, reason))
    transport.close().catch(() => {})
  }

  async function connect(outcome: Promise<void>): Promise<void> {
    setStatus('connecting')
    unlisten = [
      transport.on('message', onFrame),
      transport.on('close', onTransportClose),
      transport.on('open', onOpen),
      transport.on('reconnecting', onReconnecting),
    ]
    const opening = new AbortController()
    watch.reset()
    watch.start((error) => attempt?.outcome.reject(error))
    try {
      await withTimeout<void>(clock, {}, theStart, (resolve, reject) => {
        outcome.then(resolve, reject)
        transport.open(opening.signal).catch(reject)
        return () => {}
      })
    } catch (error) {
      attempt?.outcome.reject(error)
      for (const undo of unlisten) undo()
      unlisten = []
      watch.stop()
      stopHandshake(error)
      abortWith(opening, error)
      const droppedAppends = outflow.stop()
      options.onLost(status)
      // The reason of whoever gave up is nobody else's.
      requests.rejectAll(isRealtimeError(error) ? error : new SessionError('NOT_CONNECTED', { status: 'idle' }))
      await closeTransport(1000, '').catch(() => {})
      attempt = undefined
      if (status === 'connecting') setStatus('idle')
      if (droppedAppends > 0) emitter.emit('dropped', { appends: droppedAppends })
      throw error
    }
  }

  async function leave(code: number, reason: string): Promise<void> {
    if (attempt) {
      attempt.outcome.reject(closeError({ code, reason }))
      await attempt.end.catch(() => {})
    }
    const before = status
    setStatus('closing')
    try {
      await closeTransport(code, reason)
    } catch (error) {
      if (isSessionError(error, 'TIMEOUT')) {
        finish({ code: 1006, reason: 'the transport did not close', wasClean: false, initiator: 'client' })
        return
      }
      // The transport refused the code or the reason: nothing has ended.
      setStatus(before)
      throw error
    }
    finish({ code, reason, wasClean: true, initiator: 'client' })
  }

  async function close(code = 1000, reason = ''): Promise<void> {
    if (status === 'closed') return
    if (leaving || status === 'closing') {
      await (leaving ?? ended.promise).catch(() => {})
      // When the first call was refused, nothing has ended yet.
      return close(code, reason)
    }
    leaving = leave(code, reason)
    try {
      await leaving
    } finally {
      leaving = undefined
    }
  }

  const isReturning = () => status === 'reconnecting'

  return {
    get status() {
      return status
    },
    closed: ended.promise,
    async connect({ signal } = {}) {
      throwIfAborted(signal)
      // Until one that failed has put everything back, the transport is not free.
      while (attempt?.outcome.settled) await attempt.end.catch(() => {})
      if (status === 'open' || status === 'reconnecting') return
      if (status === 'closing' || status === 'closed') throw closeError({ code: 1000, reason: '' })
      if (attempt) return attempt.join({ signal })
      // First known, then begun: whoever is told of the new status and asks for a connection too gets this one.
      const mine = createAttempt(clock)
      attempt = mine
      mine.begin(connect)
      return mine.join({ signal })
    },
    send,
    post,
    withdraw: outflow.forget,
    request: (event, wait = {}) => sender.request(send, event, wait),
    on: (type, listener) => {
      if (status === 'closed') return () => {}
      return emitter.on(String(type), listener as (event: unknown) => void)
    },
    emit(type, event) {
      // Counted first: a listener that undoes itself has heard it.
      const isHeard = emitter.listenerCount(String(type)) > 0
      emitter.emit(String(type), event)
      return isHeard
    },
    events: readers.open,
    waitFor,
    drained(wait = {}) {
      if (status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
      return outflow.drained(wait, waits.waiting)
    },
    async rotate() {
      if (status !== 'open' || isRotating) return
      onLost()
      isRotating = true
      try {
        await closeTransport(1000, '')
        isRotating = false
        if (isReturning()) await transport.open()
      } catch (error) {
        isRotating = false
        if (isReturning()) breakOff('no new session could be opened', error)
      }
    },
    close,
  }
}
