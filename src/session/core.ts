import type { Clock } from '../internal/clock.js'
import { withDeadline } from '../internal/deadline.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { createId } from '../internal/id.js'
import { type AsyncQueue, createQueue } from '../internal/queue.js'
import type { Codec, InvalidEvent, UnknownEvent } from '../protocol/codec.js'
import type { ServerErrorEvent } from '../protocol/events/error.js'
import type { Transport, TransportClose } from '../transports/transport.js'
import { type Addressed, answersTo, isAnswer } from './acknowledge.js'
import { SessionError } from './error.js'
import type { EventsOptions, RequestOptions, SessionClose, WaitForOptions } from './options.js'

/** The least that a core must know of an event it sends. */
export interface ClientFrame {
  readonly type: string
  readonly event_id?: string | undefined
}

/** Where a session stands. A closed session stays closed; a failed `connect` leads back to `idle`. */
export type SessionStatus = 'idle' | 'connecting' | 'open' | 'closing' | 'closed'

/** What every session consists of, whatever it speaks. */
export interface CoreOptions<Client extends ClientFrame, Server extends { type: string }> {
  readonly transport: Transport
  readonly codec: Codec<Client, Server>
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** What is still to be agreed with the server after its `session.created`. */
  readonly configure: (signal: AbortSignal) => Promise<void>
  /** Sees each event that is sent. */
  readonly sent: (event: Client) => void
  /** Sees each event before any listener does; true keeps it from the listeners of its type. */
  readonly receive: (event: Server) => boolean
  readonly receiveInvalid: (event: InvalidEvent) => void
  readonly onStatus: (status: SessionStatus) => void
  /** Runs once, before listeners hear of the end. */
  readonly onClose: (close: SessionClose) => void
}

/** The events that come from the session itself; no server frame can take their names. */
export interface LocalEvents {
  /** An event of a type that this version does not know. */
  unknown: UnknownEvent
  /** A frame that is no valid event; it carries the reason and the frame. */
  invalid: InvalidEvent
  /** The session ended, once. */
  close: SessionClose
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
  close(code?: number, reason?: string): Promise<void>
}

interface PendingRequest<Server> {
  readonly request: Addressed
  readonly resolve: (answer: Server) => void
  readonly reject: (error: unknown) => void
}

export function createCore<Client extends ClientFrame, Server extends { type: string }, ByType extends object>(
  options: CoreOptions<Client, Server>,
): Core<Client, Server, ByType> {
  const { transport, codec, clock } = options
  // Keyed by strings inside, because the map of a wrapping session is not known here; the signatures outside are exact.
  const emitter = createEmitter<Record<string, unknown>>()
  const pending = new Map<string, PendingRequest<Server>>()
  const readers = new Map<AsyncQueue<Server | UnknownEvent>, number>()
  const waiting = new Set<(error: unknown) => void>()
  const ended = createDeferred<SessionClose>()
  let status: SessionStatus = 'idle'
  let connecting: { promise: Promise<void>; fail(error: unknown): void } | undefined
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
    for (const [reader, limit] of readers) {
      if (reader.size >= limit) {
        readers.delete(reader)
        reader.fail(new SessionError('OVERFLOW', { limit, unit: 'events' }))
      } else reader.push(decoded.event)
    }
    if (decoded.kind === 'unknown') {
      emitter.emit('unknown', decoded.event)
      return
    }
    const { event } = decoded
    const isHandled = options.receive(event)
    if (event.type === 'error') onServerError(event as unknown as ServerErrorEvent)
    else settlePending(event)
    if (!isHandled) emitter.emit(event.type, event)
  }

  function settlePending(event: Server): void {
    for (const [id, { request, resolve }] of pending) {
      if (!isAnswer(request, event)) continue
      pending.delete(id)
      resolve(event)
      return
    }
  }

  function onServerError(event: ServerErrorEvent): void {
    const culprit = event.error.event_id
    const request = typeof culprit === 'string' ? pending.get(culprit) : undefined
    if (request && typeof culprit === 'string') {
      pending.delete(culprit)
      request.reject(new SessionError('SERVER_ERROR', { error: event.error, eventType: request.request.type }))
      return
    }
    lastError = event
    if (connecting && !culprit) connecting.fail(refusal(event))
  }

  function refusal({ error }: ServerErrorEvent): SessionError {
    return new SessionError('SERVER_ERROR', { error, eventType: undefined })
  }

  function closeError(close: Pick<SessionClose, 'code' | 'reason'>): SessionError {
    return new SessionError('CLOSED', { code: close.code, reason: close.reason })
  }

  function onTransportClose(close: TransportClose): void {
    if (connecting) {
      connecting.fail(lastError ? refusal(lastError) : closeError(close))
      return
    }
    finish({ ...close, initiator: status === 'closing' ? 'client' : 'server' })
  }

  function finish(close: Omit<SessionClose, 'error'>): void {
    if (status === 'closed') return
    for (const undo of unlisten) undo()
    unlisten = []
    const expired = lastError?.error.code === 'session_expired'
    const error =
      close.initiator === 'client'
        ? undefined
        : expired
          ? new SessionError('EXPIRED', { code: close.code })
          : lastError && !close.wasClean
            ? refusal(lastError)
            : undefined
    const final: SessionClose = error ? { ...close, error } : close
    setStatus('closed')
    options.onClose(final)
    const reason = error ?? closeError(close)
    for (const { reject } of [...pending.values()]) reject(reason)
    pending.clear()
    for (const reject of [...waiting]) reject(reason)
    waiting.clear()
    for (const reader of readers.keys()) reader.end()
    readers.clear()
    emitter.emit('close', final)
    emitter.clear()
    ended.resolve(final)
  }

  function assertUsable(): void {
    if (status === 'closed' || status === 'closing') throw new SessionError('CLOSED', { code: 1000, reason: '' })
    if (transport.state !== 'open') throw new SessionError('NOT_CONNECTED', { status })
  }

  function send(event: Client): string {
    assertUsable()
    const id = event.event_id ?? createId('event')
    transport.send(codec.encode(event.event_id === undefined ? { ...event, event_id: id } : event))
    options.sent(event)
    return id
  }

  function waitFor<K extends keyof ByType>(type: K, wait: WaitForOptions<ByType[K]> = {}): Promise<ByType[K]> {
    if (status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
    const { signal, where, timeoutMs = Number.POSITIVE_INFINITY } = wait
    return withDeadline<ByType[K]>(
      {
        clock,
        signal,
        timeoutMs,
        timeoutError: () => new SessionError('TIMEOUT', { waitingFor: String(type), timeoutMs }),
      },
      (resolve, reject) => {
        const undo = emitter.on(String(type), (event) => {
          if (!where || where(event as ByType[K])) resolve(event as ByType[K])
        })
        waiting.add(reject)
        return () => {
          undo()
          waiting.delete(reject)
        }
      },
    )
  }

  async function establish(signal: AbortSignal): Promise<void> {
    const greeted = waitFor('session.created' as keyof ByType, { signal })
    greeted.catch(() => {})
    await transport.open(signal)
    await greeted
    await options.configure(signal)
  }

  async function connect({ signal }: { signal?: AbortSignal | undefined }): Promise<void> {
    const abort = new AbortController()
    setStatus('connecting')
    lastError = undefined
    unlisten = [transport.on('message', onFrame), transport.on('close', onTransportClose)]
    const timeoutMs = options.connectTimeoutMs
    try {
      await withDeadline<void>(
        {
          clock,
          signal,
          timeoutMs,
          timeoutError: () => new SessionError('TIMEOUT', { waitingFor: 'the start of the session', timeoutMs }),
        },
        (resolve, reject) => {
          if (connecting) connecting.fail = reject
          establish(abort.signal).then(resolve, reject)
          return () => {}
        },
      )
      connecting = undefined
      setStatus('open')
    } catch (error) {
      connecting = undefined
      for (const undo of unlisten) undo()
      unlisten = []
      abort.abort(error)
      for (const { reject } of [...pending.values()]) reject(error)
      pending.clear()
      await transport.close().catch(() => {})
      if (status === 'connecting') setStatus('idle')
      throw error
    }
  }

  return {
    get status() {
      return status
    },
    closed: ended.promise,
    connect(connectOptions = {}) {
      if (status === 'open') return Promise.resolve()
      if (status === 'closing' || status === 'closed') return Promise.reject(closeError({ code: 1000, reason: '' }))
      if (connecting) return connecting.promise
      const attempt = { promise: Promise.resolve(), fail: (_error: unknown) => {} }
      connecting = attempt
      attempt.promise = connect(connectOptions)
      return attempt.promise
    },
    send,
    request(event, { signal, timeoutMs = options.requestTimeoutMs } = {}) {
      const answers = answersTo(event.type)
      const id = event.event_id ?? createId('event')
      return withDeadline<Server>(
        {
          clock,
          signal,
          timeoutMs,
          timeoutError: () =>
            new SessionError('TIMEOUT', { waitingFor: answers?.[0] ?? `an answer to ${event.type}`, timeoutMs }),
        },
        (resolve, reject) => {
          const request = { ...event, event_id: id }
          pending.set(id, { request, resolve, reject })
          try {
            send(request)
          } catch (error) {
            reject(error)
          }
          return () => pending.delete(id)
        },
      )
    },
    on: (type, listener) => {
      if (status === 'closed') return () => {}
      return emitter.on(String(type), listener as (event: unknown) => void)
    },
    events({ signal, limit = 10_000 } = {}) {
      const reader = createQueue<Server | UnknownEvent>(() => release())
      const onAbort = () => {
        release()
        reader.end()
      }
      const release = () => {
        readers.delete(reader)
        signal?.removeEventListener('abort', onAbort)
      }
      if (status === 'closed' || signal?.aborted) reader.end()
      else {
        readers.set(reader, limit)
        signal?.addEventListener('abort', onAbort, { once: true })
      }
      return reader
    },
    waitFor,
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
    emit: (type, event) => emitter.emit(String(type), event),
  }
}
