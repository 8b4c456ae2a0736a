import type { Clock } from '../internal/clock.js'
import { withDeadline } from '../internal/deadline.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { createId } from '../internal/id.js'
import type { Codec, InvalidEvent, UnknownEvent } from '../protocol/codec.js'
import type { ServerErrorEvent } from '../protocol/events/error.js'
import { isTransportError } from '../transports/error.js'
import type { Transport, TransportClose } from '../transports/transport.js'
import { answersTo, canRepeat } from './acknowledge.js'
import { SessionError } from './error.js'
import type { Restored, SessionStatus } from './events.js'
import type { EventsOptions, RequestOptions, SessionClose, WaitForOptions } from './options.js'
import { createOutbox } from './outbox.js'
import { createReaders } from './readers.js'
import { createRequests } from './requests.js'

/** The least that a core must know of an event it sends. */
export interface ClientFrame {
  readonly type: string
  readonly event_id?: string | undefined
}

/** What every session consists of, whatever it speaks. */
export interface CoreOptions<Client extends ClientFrame, Server extends { type: string }> {
  readonly transport: Transport
  readonly codec: Codec<Client, Server>
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** How much sound may wait while there is no connection, in bytes of frames. */
  readonly maxWaitingAudioBytes: number
  /** How much of the sound that was sent and not committed must be told to a new server, in bytes of frames. */
  readonly unsettledAudioBytes: () => number
  /** What is still to be agreed with the server after its `session.created`. */
  readonly configure: (link: Link<Client, Server>) => Promise<void>
  /** What a new session on the server must be told after a drop, once it is configured. */
  readonly restore: (link: Link<Client, Server>) => Promise<Restored>
  /** Sees each event that is sent. */
  readonly sent: (event: Client) => void
  /** Sees each event before any listener does; true keeps it from the listeners of its type. */
  readonly receive: (event: Server) => boolean
  readonly receiveInvalid: (event: InvalidEvent) => void
  readonly onStatus: (status: SessionStatus) => void
  /** Runs when the connection drops and the transport tries again. */
  readonly onLost: () => void
  /** Runs once, before listeners hear of the end. */
  readonly onClose: (close: SessionClose) => void
}

/** The server, past everything that waits its turn. */
export interface Link<Client, Server> {
  readonly signal: AbortSignal
  request(event: Client): Promise<Server>
}

/** A session without state: the wire, waiting, and the end. `ByType` maps every event, local ones included, to its shape. */
export interface Core<Client extends ClientFrame, Server extends { type: string }, ByType> {
  readonly status: SessionStatus
  readonly closed: Promise<SessionClose>
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>
  send(event: Client): string
  request(event: Client, options?: RequestOptions): Promise<Server>
  on<K extends keyof ByType>(type: K, listener: (event: ByType[K]) => void): () => void
  /** Tells listeners of something that no server said. */
  emit<K extends keyof ByType>(type: K, event: ByType[K]): void
  events(options?: EventsOptions): AsyncIterableIterator<Server | UnknownEvent>
  waitFor<K extends keyof ByType>(type: K, options?: WaitForOptions<ByType[K]>): Promise<ByType[K]>
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
  const outbox = createOutbox(options.maxWaitingAudioBytes)
  const waiting = new Set<(error: unknown) => void>()
  const ended = createDeferred<SessionClose>()
  let status: SessionStatus = 'idle'
  let connecting: { promise: Promise<void>; fail(error: unknown): void } | undefined
  let restoring: AbortController | undefined
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
    if (settlingTypes.has(event.type)) outbox.settleSound()
    const isHandled = options.receive(event)
    if (event.type === 'error') onServerError(event as unknown as ServerErrorEvent)
    else requests.answer(event)
    if (!isHandled) emitter.emit(event.type, event)
  }

  function onServerError(event: ServerErrorEvent): void {
    if (requests.refuse(event)) return
    lastError = event
    if (connecting && !event.error.event_id) connecting.fail(refusal(event))
  }

  function refusal({ error }: ServerErrorEvent): SessionError {
    return new SessionError('SERVER_ERROR', { error, eventType: undefined })
  }

  function closeError({ code, reason }: Pick<SessionClose, 'code' | 'reason'>): SessionError {
    return new SessionError('CLOSED', { code, reason })
  }

  function onTransportClose(close: TransportClose): void {
    if (isRotating) return
    if (connecting) connecting.fail(lastError ? refusal(lastError) : closeError(close))
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
    restoring?.abort(closeError(close))
    const error = cause ?? endingError(close)
    const final: SessionClose = {
      code: close.code,
      reason: close.reason,
      wasClean: close.wasClean,
      initiator: close.initiator,
      ...(error ? { error } : {}),
    }
    setStatus('closed')
    options.onClose(final)
    const reason = error ?? closeError(close)
    outbox.clear()
    requests.rejectAll(reason)
    for (const reject of [...waiting]) reject(reason)
    waiting.clear()
    readers.end()
    emitter.emit('close', final)
    emitter.clear()
    ended.resolve(final)
  }

  function send(event: Client): string {
    if (status === 'closed' || status === 'closing') throw closeError({ code: 1000, reason: '' })
    const id = event.event_id ?? createId('event')
    const named = event.event_id === undefined ? { ...event, event_id: id } : event
    if (status === 'reconnecting') {
      outbox.push(named, codec.encode(named))
      options.sent(named)
    } else transmit(named)
    return id
  }

  function transmit(event: Client): void {
    if (transport.state !== 'open') throw new SessionError('NOT_CONNECTED', { status })
    transmitFrame(event, codec.encode(event))
    options.sent(event)
  }

  function transmitFrame(event: ClientFrame, frame: string): void {
    transport.send(frame)
    outbox.noteSent(event, frame, options.unsettledAudioBytes())
  }

  /** Sends by the given way and waits for the acknowledgement. */
  function requestBy(way: (event: Client) => void, event: Client, wait: RequestOptions): Promise<Server> {
    const { signal, timeoutMs = requestTimeoutMs } = wait
    const id = event.event_id ?? createId('event')
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

  function linkUntil(signal: AbortSignal): Link<Client, Server> {
    return { signal, request: (event) => requestBy(transmit, event, { signal }) }
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

  function greeting(signal: AbortSignal): Promise<unknown> {
    const greeted = waitFor('session.created' as keyof ByType, { signal })
    greeted.catch(() => {})
    return greeted
  }

  async function establish(signal: AbortSignal): Promise<void> {
    const greeted = greeting(signal)
    await transport.open(signal)
    await greeted
    await options.configure(linkUntil(signal))
  }

  async function connect({ signal }: { signal?: AbortSignal | undefined }): Promise<void> {
    const abort = new AbortController()
    setStatus('connecting')
    lastError = undefined
    unlisten = [transport.on('message', onFrame), transport.on('close', onTransportClose)]
    const timeoutMs = options.connectTimeoutMs
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor: 'the start of the session', timeoutMs })
    try {
      await withDeadline<void>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
        if (connecting) connecting.fail = reject
        establish(abort.signal).then(resolve, reject)
        return () => {}
      })
      connecting = undefined
      unlisten.push(transport.on('reconnecting', onLost), transport.on('open', onReturn))
      setStatus('open')
    } catch (error) {
      connecting = undefined
      for (const undo of unlisten) undo()
      unlisten = []
      abort.abort(error)
      requests.rejectAll(error)
      await transport.close().catch(() => {})
      if (status === 'connecting') setStatus('idle')
      throw error
    }
  }

  function onLost(): void {
    restoring?.abort(new SessionError('CLOSED', { code: 1006, reason: 'connection lost' }))
    restoring = undefined
    if (status !== 'open') return
    outbox.recallSound()
    setStatus('reconnecting')
    options.onLost()
    unsettled()
  }

  /** The requests that can be sent again; those that cannot are told so. */
  function unsettled(): readonly Client[] {
    return requests.keep(canRepeat, ({ type }) => new SessionError('CONNECTION_LOST', { eventType: type }))
  }

  /** The transport has a connection again: the server knows nothing of what was before. */
  function onReturn(): void {
    if (status !== 'reconnecting') return
    const attempt = new AbortController()
    restoring = attempt
    lastError = undefined
    restore(attempt.signal).then(
      (restored) => {
        if (restoring === attempt) restoring = undefined
        emitter.emit('restored', { ...restored, droppedAppends: outbox.takeDropped() })
      },
      (error: unknown) => {
        // The next connection begins anew; only a server that is there and unwilling ends the session.
        if (attempt.signal.aborted) return
        const cause = error instanceof SessionError ? error : undefined
        finish({ code: 1006, reason: 'the session could not be restored', wasClean: false, initiator: 'server' }, cause)
        transport.close().catch(() => {})
      },
    )
  }

  async function restore(signal: AbortSignal): Promise<Restored> {
    const link = linkUntil(signal)
    const timeoutMs = options.connectTimeoutMs
    const timeoutError = () => new SessionError('TIMEOUT', { waitingFor: 'the start of the session', timeoutMs })
    // Whoever waits for an acknowledgement still waits: what the server did not confirm is asked again, after the history.
    const unanswered = unsettled().filter(({ event_id }) => !outbox.has(event_id))
    return await withDeadline<Restored>({ clock, signal, timeoutMs, timeoutError }, (resolve, reject) => {
      const run = async () => {
        await greeting(signal)
        await options.configure(link)
        const restored = await options.restore(link)
        for (const request of unanswered) transmit(request)
        outbox.drain(transmitFrame)
        setStatus('open')
        return restored
      }
      run().then(resolve, reject)
      return () => {}
    })
  }

  return {
    get status() {
      return status
    },
    closed: ended.promise,
    connect(connectOptions = {}) {
      if (status === 'open' || status === 'reconnecting') return Promise.resolve()
      if (status === 'closing' || status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
      if (connecting) return connecting.promise
      const attempt = { promise: Promise.resolve(), fail: (_error: unknown) => {} }
      connecting = attempt
      attempt.promise = connect(connectOptions)
      return attempt.promise
    },
    send,
    request: (event, wait = {}) => requestBy(send, event, wait),
    on: (type, listener) => {
      if (status === 'closed') return () => {}
      return emitter.on(String(type), listener as (event: unknown) => void)
    },
    emit: (type, event) => emitter.emit(String(type), event),
    events: readers.open,
    waitFor,
    async rotate() {
      if (status !== 'open' || isRotating) return
      onLost()
      isRotating = true
      try {
        await transport.close()
        isRotating = false
        await transport.open()
      } catch (error) {
        isRotating = false
        finish(
          { code: 1006, reason: 'no new session could be opened', wasClean: false, initiator: 'server' },
          isTransportError(error) ? error : undefined,
        )
      }
    },
    async close(code = 1000, reason = '') {
      if (status === 'closed') return
      if (status === 'closing') {
        await ended.promise
        return
      }
      if (connecting) {
        const { promise, fail } = connecting
        fail(closeError({ code, reason }))
        await promise.catch(() => {})
      }
      const before = status
      setStatus('closing')
      try {
        await transport.close(code, reason)
      } catch (error) {
        // The transport refused the code or the reason: nothing has ended.
        setStatus(before)
        throw error
      }
      finish({ code, reason, wasClean: true, initiator: 'client' })
    },
  }
}
