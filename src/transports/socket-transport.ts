import { openSocket } from '#open-socket'
import { abortReason, throwIfAborted } from '../internal/abort.js'
import { systemClock } from '../internal/clock.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { createSharedGetter } from '../internal/shared-getter.js'
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

/** The phase of the connection. Only `enter` changes it. */
type Connection =
  | { readonly phase: 'idle' }
  /** `fail` ends the attempt. */
  | { readonly phase: 'opening'; readonly opened: Promise<void>; readonly fail: (error: unknown) => void }
  | { readonly phase: 'open'; readonly socket: Socket; readonly heartbeat: Heartbeat | undefined }
  /** `close()` was called while open. `finish` ends the wait for the peer. */
  | {
      readonly phase: 'closing'
      readonly socket: Socket
      readonly closed: Promise<void>
      readonly finish: (close: TransportClose) => void
    }
  | { readonly phase: 'closed' }

/** The connection of a transport, apart from the transport because its getters are shared by all transports. */
interface HeldConnection {
  connection: Connection
}

const states = {
  idle: 'idle',
  opening: 'opening',
  open: 'open',
  closing: 'open',
  closed: 'closed',
} as const satisfies Record<Connection['phase'], Transport['state']>

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
  const held: HeldConnection = { connection: { phase: 'idle' } }
  /** Calls of `close()`. A changed number shows that an `open()` that has waited for the last close is no longer wanted. */
  let closes = 0

  function enter(next: Connection): void {
    if (held.connection.phase === 'open') held.connection.heartbeat?.stop()
    held.connection = next
  }

  function onClosed(close: TransportClose): void {
    enter({ phase: 'closed' })
    emitter.emit('close', close)
  }

  function watch(socket: Socket): Heartbeat | undefined {
    if (heartbeatMs === 0) return undefined
    return startHeartbeat({
      clock: systemClock,
      intervalMs: heartbeatMs,
      timeoutMs: heartbeatTimeoutMs,
      sendHeartbeat() {
        if (socket.ping) socket.ping()
        else {
          const frame = probe?.()
          if (frame === undefined) return false
          socket.send(frame)
        }
        return true
      },
      onTimeout() {
        socket.abandon()
        onClosed({ code: 1006, reason: 'heartbeat', wasClean: false })
      },
    })
  }

  function recordActivity(): void {
    if (held.connection.phase === 'open') held.connection.heartbeat?.recordActivity()
  }

  function connect(signal: AbortSignal | undefined): Promise<void> {
    const opened = createDeferred<void>()
    let current: Socket | undefined
    let url = fixedUrl
    const printable = () => (url ? printableUrl(url) : 'the server')
    const release = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: unknown) => {
      if (opened.settled) return
      release()
      enter({ phase: 'closed' })
      current?.abandon()
      opened.reject(error)
    }
    const onAbort = () => fail(abortReason(signal))
    const timer = setTimeout(
      () => fail(new TransportError('CONNECT_TIMEOUT', { url: printable(), timeoutMs: connectTimeoutMs })),
      connectTimeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    enter({ phase: 'opening', opened: opened.promise, fail })

    const startSocket = async () => {
      const target = typeof address === 'function' ? urlOf(await address()) : (url ?? urlOf())
      if (opened.settled) return
      url = target
      const apiKey = await resolveApiKey(credentials, target)
      if (opened.settled) return
      const isKey = apiKey !== undefined && !isClientSecret(apiKey, credentials.keyKind)
      const keyHeaders = isKey ? endpoint?.headers?.(apiKey) : undefined
      const socket = openSocket(
        keyHeaders
          ? { url: target, apiKey: undefined, headers: { ...keyHeaders, ...headers } }
          : { url: target, apiKey, headers },
        {
          onOpen() {
            release()
            enter({ phase: 'open', socket, heartbeat: watch(socket) })
            opened.resolve()
            emitter.emit('open', undefined)
          },
          onMessage(frame) {
            recordActivity()
            emitter.emit('message', frame)
          },
          onPong: recordActivity,
          onRefused: (refusal) => fail(new TransportError('CONNECT_FAILED', { url: printable(), ...refusal })),
          onClose: (close) => (held.connection.phase === 'closing' ? held.connection.finish(close) : onClosed(close)),
        },
      )
      current = socket
    }
    startSocket().catch(fail)
    return opened.promise
  }

  /** Starts the closing handshake. Resolves when the peer has completed it, or after `closeTimeoutMs`. */
  function closeSocket(socket: Socket, code: number, reason: string): Promise<void> {
    const closed = createDeferred<void>()
    const finish = (close: TransportClose) => {
      clearTimeout(timer)
      onClosed(close)
      closed.resolve()
    }
    const timer = setTimeout(() => {
      socket.abandon()
      finish({ code: 1006, reason: 'the peer did not complete the closing handshake', wasClean: false })
    }, closeTimeoutMs)
    enter({ phase: 'closing', socket, closed: closed.promise, finish })
    socket.close(code, reason)
    return closed.promise
  }

  // Spread last: with keys after a spread, V8 gives each object a hidden class of its own, which makes all access to transports slow.
  const transport = {
    async open(signal?: AbortSignal) {
      const closesBefore = closes
      if (held.connection.phase === 'closing') await held.connection.closed
      if (closes !== closesBefore) throw new TransportError('CLOSED', { code: 1000, reason: '' })
      if (held.connection.phase === 'open') return
      throwIfAborted(signal)
      await (held.connection.phase === 'opening' ? held.connection.opened : connect(signal))
    },
    send(frame: string) {
      if (held.connection.phase === 'open' && held.connection.socket.send(frame)) return
      const state = states[held.connection.phase]
      throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
    },
    async close(code = 1000, reason = '') {
      assertCloseArguments(code, reason)
      closes += 1
      if (held.connection.phase === 'opening') held.connection.fail(new TransportError('CLOSED', { code, reason }))
      if (held.connection.phase === 'closing') await held.connection.closed
      else if (held.connection.phase === 'open') await closeSocket(held.connection.socket, code, reason)
      else enter({ phase: 'closed' })
    },
    on: emitter.on,
    ...kind,
    ...(dialect && { dialect }),
  } satisfies Omit<Transport, 'state' | 'bufferedAmount'>
  return addBufferedAmount(addState(transport, held), held)
}

const addState = /* @__PURE__ */ createSharedGetter(
  'state',
  ({ connection }: HeldConnection): Transport['state'] => states[connection.phase],
)

const addBufferedAmount = /* @__PURE__ */ createSharedGetter('bufferedAmount', ({ connection }: HeldConnection) =>
  connection.phase === 'open' || connection.phase === 'closing' ? connection.socket.bufferedAmount : 0,
)
