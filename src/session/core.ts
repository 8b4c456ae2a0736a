import { withDeadline } from '../internal/deadline.js'
import { createDeferred, type Deferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { createIdSource } from '../internal/id.js'
import type { UnknownEvent } from '../protocol/codec.js'
import type { ServerErrorEvent } from '../protocol/events/error.js'
import { isTransportError } from '../transports/error.js'
import type { TransportClose } from '../transports/transport.js'
import { answersTo, canRepeat, canWait } from './acknowledge.js'
import type { ClientFrame, CoreOptions, Link } from './core-options.js'
import { isSessionError, SessionError } from './error.js'
import type { Restored, SessionStatus } from './events.js'
import type { EventsOptions, RequestOptions, SessionClose, WaitForOptions, WaitOptions } from './options.js'
import { createOutflow } from './outflow.js'
import { createReaders } from './readers.js'
import { createRequests } from './requests.js'

/** A session without state: the wire, waiting, and the end. `ByType` maps every event, local ones included, to its shape. */
export interface Core<Client extends ClientFrame, Server extends { type: string }, ByType> {
  readonly status: SessionStatus
  readonly closed: Promise<SessionClose>
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  send(event: Client): string
  /** Sends an event that nobody will ask about again: without a name, for what is sent fifty times a second. */
  post(event: Client): void
  request(event: Client, options?: RequestOptions): Promise<Server>
  on<K extends keyof ByType>(type: K, listener: (event: ByType[K]) => void): () => void
  /** Tells listeners of something that no server said; false when there are none. */
  emit<K extends keyof ByType>(type: K, event: ByType[K]): boolean
  events(options?: EventsOptions): AsyncIterableIterator<Server | UnknownEvent>
  waitFor<K extends keyof ByType>(type: K, options?: WaitForOptions<ByType[K]>): Promise<ByType[K]>
  /** Resolves when nothing waits and the transport has room. */
  drained(options?: WaitOptions): Promise<void>
  /** Leaves the server's session for a new one, as after a drop. */
  rotate(): Promise<void>
  close(code?: number, reason?: string): Promise<void>
}

/** After these the server's input buffer is empty. */
const settlingTypes = new Set(['input_audio_buffer.committed', 'input_audio_buffer.cleared'])

export function createCore<Client extends ClientFrame, Server extends { type: string }, ByType extends object>(
  options: CoreOptions<Client, Server>,
): Core<Client, Server, ByType> {
  const { transport, codec, clock, requestTimeoutMs } = options
  // Keyed by strings inside, because the map of a wrapping session is not known here; the signatures outside are exact.
  const emitter = createEmitter<Record<string, unknown>>()
  const requests = createRequests<Client, Server>()
  const readers = createReaders<Server | UnknownEvent>()
  const outflow = createOutflow(options, (appends) => emitter.emit('dropped', { appends }), requests.noteSent)
  const waiting = new Set<(error: unknown) => void>()
  const nextEventId = createIdSource('event')
  const ended = createDeferred<SessionClose>()
  let status: SessionStatus = 'idle'
  let connecting: { readonly settle: Deferred<void>; promise: Promise<void> } | undefined
  // The handshake with the server that is going on.
  let shaking: AbortController | undefined
  let isRotating = false
  let lastError: ServerErrorEvent | undefined
  let unlisten: (() => void)[] = []

  function setStatus(next: SessionStatus): void {
    if (status === next) return
    status = next
    options.onStatus(next)
  }

  function onFrame(frame: string): void {
    const decoded = codec.decode(frame)
    if (decoded.kind === 'invalid') {
      options.receiveInvalid(decoded.event)
      emitter.emit('invalid', decoded.event)
      return
    }
    readers.push(decoded.event)
    if (decoded.kind === 'unknown') {
      emitter.emit('unknown', decoded.event)
      return
    }
    const { event } = decoded
    if (settlingTypes.has(event.type)) outflow.settleSound()
    const isHandled = options.receive(event)
    if (event.type === 'error') onServerError(event as unknown as ServerErrorEvent)
    else requests.answer(event)
    if (!isHandled) emitter.emit(event.type, event)
  }

  function onServerError(event: ServerErrorEvent): void {
    if (requests.refuse(event)) return
    lastError = event
    if (connecting && !event.error.event_id) connecting.settle.reject(refusal(event))
  }

  function refusal({ error }: ServerErrorEvent): SessionError {
    return new SessionError('SERVER_ERROR', { error, eventType: undefined })
  }

  function closeError({ code, reason }: Pick<SessionClose, 'code' | 'reason'>): SessionError {
    return new SessionError('CLOSED', { code, reason })
  }

  function onTransportClose(close: TransportClose): void {
    if (isRotating) return
    if (connecting) connecting.settle.reject(lastError ? refusal(lastError) : closeError(close))
    else finish({ ...close, initiator: status === 'closing' ? 'client' : 'server' }, close.error)
  }

  function endingError(close: Omit<SessionClose, 'error'>): SessionError | undefined {
    if (close.initiator === 'client' || !lastError) return undefined
    if (lastError.error.code === 'session_expired') return new SessionError('EXPIRED', { code: close.code })
    return close.wasClean ? undefined : refusal(lastError)
  }

  function finish(close: Omit<SessionClose, 'error'>, cause?: SessionClose['error']): void {
    if (status === 'closed') return
    for (const undo of unlisten) undo()
    unlisten = []
    shaking?.abort(closeError(close))
    shaking = undefined
    const error = cause ?? endingError(close)
    const final: SessionClose = {
      code: close.code,
      reason: close.reason,
      wasClean: close.wasClean,
      initiator: close.initiator,
      ...(error ? { error } : {}),
    }
    outflow.stop()
    setStatus('closed')
    options.onClose(final)
    const reason = error ?? closeError(close)
    requests.rejectAll(reason)
    for (const reject of [...waiting]) reject(reason)
    waiting.clear()
    readers.end()
    emitter.emit('close', final)
    emitter.clear()
    ended.resolve(final)
  }

  function post(event: Client): void {
    if (status === 'closed' || status === 'closing') throw closeError({ code: 1000, reason: '' })
    // A transport that reconnects is opening again before it says so.
    const isComing = status === 'reconnecting' || (status === 'open' && transport.state === 'opening')
    if (isComing) outflow.send(event, 'coming')
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

  /** Sends by the given way and waits for the acknowledgement. */
  function requestBy(way: (event: Client) => void, event: Client, wait: RequestOptions): Promise<Server> {
    const { signal, timeoutMs = requestTimeoutMs } = wait
    const id = event.event_id ?? nextEventId()
    const waitingFor = answersTo(event.type)?.[0] ?? `an answer to ${event.type}`
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor, timeoutMs })
    return withDeadline<Server>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
      const named = { ...event, event_id: id }
      const release = requests.add(id, named, resolve, reject)
      try {
        way(named)
      } catch (error) {
        reject(error)
      }
      return release
    })
  }

  function waitFor<K extends keyof ByType>(type: K, wait: WaitForOptions<ByType[K]> = {}): Promise<ByType[K]> {
    if (status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
    const { signal, where, timeoutMs = Number.POSITIVE_INFINITY } = wait
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor: String(type), timeoutMs })
    return withDeadline<ByType[K]>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
      const undo = emitter.on(String(type), (event) => {
        if (!where || where(event as ByType[K])) resolve(event as ByType[K])
      })
      waiting.add(reject)
      return () => {
        undo()
        waiting.delete(reject)
      }
    })
  }

  /** Requests of the handshake; one listener on its signal serves them all, however long the history is. */
  function linkOf(signal: AbortSignal): Link<Client, Server> {
    const open = new Set<AbortController>()
    const abortAll = () => {
      for (const controller of open) controller.abort(signal.reason)
    }
    signal.addEventListener('abort', abortAll, { once: true })
    return {
      request(event) {
        const controller = new AbortController()
        open.add(controller)
        if (signal.aborted) controller.abort(signal.reason)
        return requestBy(transmit, event, { signal: controller.signal }).finally(() => open.delete(controller))
      },
    }
  }

  /** What is done each time the transport has a connection: the server knows nothing of what was before. */
  async function handshake(signal: AbortSignal): Promise<Restored> {
    const link = linkOf(signal)
    // Whoever waits for an acknowledgement still waits: what no server confirmed is asked again, after the history.
    const unanswered = repeatable().filter(({ event_id }) => !outflow.has(event_id))
    if (transport.session !== 'joined') await waitFor('session.created' as keyof ByType, { signal })
    await options.configure(link)
    const restored = await options.restore(link)
    for (const request of unanswered) transmit(request)
    outflow.flush()
    return restored
  }

  /** The requests that can be sent again; those that cannot are told so. */
  function repeatable(): readonly Client[] {
    return requests.keep(
      (request) => (outflow.has(request.event_id) ? canWait(request) : canRepeat(request)),
      ({ type, event_id }) => {
        outflow.forget(event_id)
        return new SessionError('CONNECTION_LOST', { eventType: type })
      },
    )
  }

  function onOpen(): void {
    const attempt = new AbortController()
    const isReturn = status === 'reconnecting'
    shaking = attempt
    lastError = undefined
    const { signal } = attempt
    const timeoutMs = options.connectTimeoutMs
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor: 'the start of the session', timeoutMs })
    withDeadline<Restored>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
      handshake(signal).then(resolve, reject)
      return () => {}
    }).then(
      (restored) => {
        shaking = undefined
        setStatus('open')
        connecting?.settle.resolve()
        const { itemIds, lost } = restored
        if (isReturn || itemIds.length + lost.length > 0)
          emitter.emit('restored', { ...restored, droppedAppends: outflow.takeDropped() })
      },
      (error: unknown) => {
        // A connection that broke meanwhile is not the server's answer; the next one begins anew.
        if (shaking !== attempt) return
        attempt.abort(error)
        if (connecting) connecting.settle.reject(error)
        else finish(brokenOff('the session could not be restored'), isSessionError(error) ? error : undefined)
      },
    )
  }

  function onLost(): void {
    shaking?.abort(closeError({ code: 1006, reason: 'connection lost' }))
    shaking = undefined
    if (status !== 'open') return
    outflow.lose()
    setStatus('reconnecting')
    options.onLost()
    repeatable()
  }

  function brokenOff(reason: string): Omit<SessionClose, 'error'> {
    return { code: 1006, reason, wasClean: false, initiator: 'server' }
  }

  async function connect(signal: AbortSignal | undefined, settle: Deferred<void>): Promise<void> {
    setStatus('connecting')
    unlisten = [
      transport.on('message', onFrame),
      transport.on('close', onTransportClose),
      transport.on('open', onOpen),
      transport.on('reconnecting', onLost),
    ]
    const opening = new AbortController()
    const timeoutMs = options.connectTimeoutMs
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor: 'the start of the session', timeoutMs })
    try {
      await withDeadline<void>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
        settle.promise.then(resolve, reject)
        transport.open(opening.signal).catch(reject)
        return () => {}
      })
      connecting = undefined
    } catch (error) {
      connecting = undefined
      for (const undo of unlisten) undo()
      unlisten = []
      shaking?.abort(error)
      shaking = undefined
      opening.abort(error)
      requests.rejectAll(error)
      await transport.close().catch(() => {})
      if (status === 'connecting') setStatus('idle')
      throw error
    }
  }

  /** @throws {SessionError} `TIMEOUT`, so that a transport that never closes holds nobody up. */
  function closeTransport(code: number, reason: string): Promise<void> {
    const timeoutError = () =>
      new SessionError('TIMEOUT', { waitingFor: 'the end of the connection', timeoutMs: requestTimeoutMs })
    return withDeadline<void>({ clock, timeoutMs: requestTimeoutMs, timeoutError }, (resolve, reject) => {
      transport.close(code, reason).then(resolve, reject)
      return () => {}
    })
  }

  return {
    get status() {
      return status
    },
    closed: ended.promise,
    connect({ signal } = {}) {
      if (status === 'open' || status === 'reconnecting') return Promise.resolve()
      if (status === 'closing' || status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
      if (connecting) return connecting.promise
      const settle = createDeferred<void>()
      const attempt = { settle, promise: Promise.resolve() }
      connecting = attempt
      attempt.promise = connect(signal, settle)
      return attempt.promise
    },
    send,
    post,
    request: (event, wait = {}) => requestBy(send, event, wait),
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
    drained: (wait = {}) => outflow.drained(wait, waiting),
    async rotate() {
      if (status !== 'open' || isRotating) return
      onLost()
      isRotating = true
      try {
        await closeTransport(1000, '')
        isRotating = false
        await transport.open()
      } catch (error) {
        isRotating = false
        finish(brokenOff('no new session could be opened'), isTransportError(error) ? error : undefined)
      }
    },
    async close(code = 1000, reason = '') {
      if (status === 'closed') return
      if (status === 'closing') {
        await ended.promise
        return
      }
      if (connecting) {
        const { promise, settle } = connecting
        settle.reject(closeError({ code, reason }))
        await promise.catch(() => {})
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
    },
  }
}
