import { openSocket } from '#open-socket'
import { abortReason, throwIfAborted } from '../internal/abort.js'
import { systemClock } from '../internal/clock.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { assertCloseArguments } from './close-codes.js'
import { assertKeyKind, type Credentials, isClientSecret, resolveApiKey } from './credentials.js'
import type { ServerDialect } from './dialect.js'
import { type Endpoint, endpointUrl, printableUrl } from './endpoint.js'
import { TransportError } from './error.js'
import { type Heartbeat, startHeartbeat } from './heartbeat.js'
import { integerOption } from './integer-option.js'
import type { Socket } from './open-socket/socket.js'
import type { Transport, TransportClose, TransportEvents } from './transport.js'

/** Options shared by transports over a WebSocket. */
export interface SocketOptions extends Omit<Endpoint, 'url'>, Credentials {
  /**
   * Full URL, used unchanged except that `http(s):` becomes `ws(s):`. For proxies and for servers with other paths. A function is called
   * for each connection.
   */
  url?: string | URL | (() => string | URL | Promise<string | URL>)
  /**
   * Dialect of the server: `realtime-primitives/dialects` has `xai`, `azure`, and others. It sets the URL and the authentication, and a session
   * on this transport speaks it.
   * @defaultValue the GA protocol of OpenAI
   */
  dialect?: ServerDialect | undefined
  /** Headers of the handshake, in runtimes that can set them (not in browsers). They override headers of the library. */
  headers?: Readonly<Record<string, string>>
  /**
   * Timeout of the handshake, including functions for URL and key, in milliseconds.
   * @defaultValue 10_000
   */
  connectTimeoutMs?: number
  /**
   * How long the server may be silent before a heartbeat is sent, in milliseconds. 0 turns heartbeats off. A heartbeat is a ping in runtimes
   * that can send one (Node.js and Bun), and a `probe` elsewhere.
   * @defaultValue 15_000
   */
  heartbeatMs?: number
  /**
   * How long the server may take to respond to a heartbeat, in milliseconds. Then the connection closes with code 1006 and reason `heartbeat`.
   * @defaultValue 10_000
   */
  heartbeatTimeoutMs?: number
  /**
   * Returns a frame to which the server responds and which changes nothing, for runtimes that cannot ping (browsers, Deno, Workers). Called
   * after `heartbeatMs` of silence. Without it, or when it returns `undefined`, silent connections are not detected there.
   */
  probe?: () => string | undefined
}

/** How long a peer may take to complete the closing handshake, in milliseconds. */
const closeTimeoutMs = 2_000

/** Creates a transport over a WebSocket. `kind` describes how the server treats the connection. */
export function socketTransport(options: SocketOptions, kind: Pick<Transport, 'audio' | 'session'>): Transport {
  const { connectTimeoutMs = 10_000, headers = {}, url: address, probe, dialect, ...rest } = options
  const credentials: Credentials = rest
  assertKeyKind(credentials.keyKind)
  const heartbeatMs = integerOption('heartbeatMs', options.heartbeatMs ?? 15_000, 0)
  const heartbeatTimeoutMs = integerOption('heartbeatTimeoutMs', options.heartbeatTimeoutMs ?? 10_000, 1)
  const endpoint = dialect?.endpoint
  const urlOf = (given?: string | URL) => {
    if (given !== undefined) return endpointUrl({ ...rest, url: given })
    return endpointUrl(endpoint ? { url: endpoint.url(rest) } : rest)
  }
  const fixedUrl = typeof address === 'function' ? undefined : urlOf(address)
  if (!(connectTimeoutMs > 0 && connectTimeoutMs <= 2 ** 31 - 1))
    throw new TransportError('INVALID_OPTION', {
      option: 'connectTimeoutMs',
      problem: 'must be between 1 and 2147483647',
    })

  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let socket: Socket | undefined
  let heartbeat: Heartbeat | undefined
  let opening: Promise<void> | undefined
  let rejectOpening: ((error: unknown) => void) | undefined
  let closing: { promise: Promise<void>; settle(close: TransportClose): void } | undefined
  /** Calls of `close()`. A changed number shows that an `open()` that has waited for the last close is no longer wanted. */
  let closes = 0

  function finish(close: TransportClose): void {
    state = 'closed'
    socket = undefined
    heartbeat?.stop()
    heartbeat = undefined
    emitter.emit('close', close)
  }

  function watch(current: Socket): void {
    if (heartbeatMs === 0) return
    heartbeat = startHeartbeat({
      clock: systemClock,
      intervalMs: heartbeatMs,
      timeoutMs: heartbeatTimeoutMs,
      sendHeartbeat() {
        if (current.ping) current.ping()
        else {
          const frame = probe?.()
          if (frame === undefined) return false
          current.send(frame)
        }
        return true
      },
      onTimeout() {
        current.abandon()
        finish({ code: 1006, reason: 'heartbeat', wasClean: false })
      },
    })
  }

  function connect(signal: AbortSignal | undefined): Promise<void> {
    const settled = createDeferred<void>()
    let current: Socket | undefined
    let url = fixedUrl
    const printable = () => (url ? printableUrl(url) : 'the server')
    const release = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      rejectOpening = undefined
      opening = undefined
    }
    const fail = (error: unknown) => {
      if (settled.settled) return
      release()
      state = 'closed'
      current?.abandon()
      settled.reject(error)
    }
    const onAbort = () => fail(abortReason(signal))
    const timer = setTimeout(
      () => fail(new TransportError('CONNECT_TIMEOUT', { url: printable(), timeoutMs: connectTimeoutMs })),
      connectTimeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    rejectOpening = fail
    state = 'opening'
    opening = settled.promise

    const startSocket = async () => {
      const target = typeof address === 'function' ? urlOf(await address()) : (url ?? urlOf())
      if (settled.settled) return
      url = target
      const apiKey = await resolveApiKey(credentials, target)
      if (settled.settled) return
      const isKey = apiKey !== undefined && !isClientSecret(apiKey, credentials.keyKind)
      const keyHeaders = isKey ? endpoint?.headers?.(apiKey) : undefined
      const opened = openSocket(
        keyHeaders
          ? { url: target, apiKey: undefined, headers: { ...keyHeaders, ...headers } }
          : { url: target, apiKey, headers },
        {
          onOpen() {
            release()
            state = 'open'
            socket = opened
            watch(opened)
            settled.resolve()
            emitter.emit('open', undefined)
          },
          onMessage(frame) {
            heartbeat?.recordActivity()
            emitter.emit('message', frame)
          },
          onPong: () => heartbeat?.recordActivity(),
          onRefused: (refusal) => fail(new TransportError('CONNECT_FAILED', { url: printable(), ...refusal })),
          onClose: (close) => (closing ? closing.settle(close) : finish(close)),
        },
      )
      current = opened
    }
    startSocket().catch(fail)
    return settled.promise
  }

  return {
    ...kind,
    ...(dialect && { dialect }),
    get state() {
      return state
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    async open(signal) {
      const closesBefore = closes
      if (closing) await closing.promise
      if (closes !== closesBefore) throw new TransportError('CLOSED', { code: 1000, reason: '' })
      if (state === 'open') return
      throwIfAborted(signal)
      await (opening ?? connect(signal))
    },
    send(frame) {
      if (state !== 'open' || closing || !socket)
        throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
      if (!socket.send(frame)) throw new TransportError('NOT_OPEN', { state: 'closed' })
    },
    async close(code = 1000, reason = '') {
      assertCloseArguments(code, reason)
      closes += 1
      rejectOpening?.(new TransportError('CLOSED', { code, reason }))
      if (closing) return closing.promise
      const current = socket
      if (!current) {
        state = 'closed'
        return
      }
      heartbeat?.stop()
      const done = createDeferred<void>()
      const settle = (close: TransportClose) => {
        clearTimeout(timer)
        closing = undefined
        finish(close)
        done.resolve()
      }
      const timer = setTimeout(() => {
        current.abandon()
        settle({ code: 1006, reason: 'the peer did not complete the closing handshake', wasClean: false })
      }, closeTimeoutMs)
      closing = { promise: done.promise, settle }
      current.close(code, reason)
      return done.promise
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}
