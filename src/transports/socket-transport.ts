import { openSocket } from '#open-socket'
import { abortReason, throwIfAborted } from '../internal/abort.js'
import { systemClock } from '../internal/clock.js'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { assertClosable } from './close.js'
import { assertKeyKind, type Credentials, resolveApiKey } from './credentials.js'
import { type Endpoint, endpointUrl, printableUrl } from './endpoint.js'
import { TransportError } from './error.js'
import type { Socket } from './open-socket/socket.js'
import { type Heartbeat, startHeartbeat } from './reconnect/heartbeat.js'
import { wholeNumber } from './reconnect/whole-number.js'
import type { Transport, TransportClose, TransportEvents } from './transport.js'

/** Options of every transport over a WebSocket. */
export interface SocketOptions extends Omit<Endpoint, 'url'>, Credentials {
  /**
   * The whole address, used as it is; `http(s):` is read as `ws(s):`. For proxies and for servers with paths of their own. A function is
   * called for each connection.
   */
  url?: string | URL | (() => string | URL | Promise<string | URL>)
  /** Headers of the handshake, where the runtime can set them (not in browsers). They win over those that the library sets. */
  headers?: Readonly<Record<string, string>>
  /**
   * How long the handshake may take, fetching an address and a key included, in milliseconds.
   * @default 10_000
   */
  connectTimeoutMs?: number
  /**
   * How long the server may be silent before it is asked for a sign of life, in milliseconds; 0 never asks. It is asked with a ping where
   * the runtime can (Node.js and Bun), else with `probe`.
   * @default 15_000
   */
  heartbeatMs?: number
  /**
   * How long it may take to answer, in milliseconds; then the connection counts as broken: code 1006, reason `heartbeat`.
   * @default 10_000
   */
  heartbeatTimeoutMs?: number
  /**
   * A frame that the server answers and that changes nothing, for runtimes that cannot ping (browsers, Deno, Workers). Called after each
   * silence of `heartbeatMs`; without it, or when it gives nothing, silence proves nothing there.
   */
  probe?: () => string | undefined
}

/** How long a peer may take to answer a close before the socket is dropped, in milliseconds. */
const closeTimeoutMs = 2_000

/** A WebSocket, opened as often as asked for. `nature` is what the server does with a connection of this kind. */
export function socketTransport(options: SocketOptions, nature: Pick<Transport, 'audio' | 'session'>): Transport {
  const { connectTimeoutMs = 10_000, headers = {}, url: address, probe, ...rest } = options
  const credentials: Credentials = rest
  assertKeyKind(credentials.keyKind)
  const heartbeatMs = wholeNumber('heartbeatMs', options.heartbeatMs ?? 15_000, 0)
  const heartbeatTimeoutMs = wholeNumber('heartbeatTimeoutMs', options.heartbeatTimeoutMs ?? 10_000, 1)
  const urlOf = (given?: string | URL) => endpointUrl(given === undefined ? rest : { ...rest, url: given })
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
  let abandonOpening: ((error: unknown) => void) | undefined
  let closing: { promise: Promise<void>; finish(close: TransportClose): void } | undefined

  function ended(close: TransportClose): void {
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
      ask() {
        if (current.ping) current.ping()
        else {
          const frame = probe?.()
          if (frame === undefined) return false
          current.send(frame)
        }
        return true
      },
      onSilence() {
        current.abandon()
        ended({ code: 1006, reason: 'heartbeat', wasClean: false })
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
      abandonOpening = undefined
      opening = undefined
    }
    const giveUp = (error: unknown) => {
      if (settled.settled) return
      release()
      state = 'closed'
      current?.abandon()
      settled.reject(error)
    }
    const onAbort = () => giveUp(abortReason(signal))
    const timer = setTimeout(
      () => giveUp(new TransportError('CONNECT_TIMEOUT', { url: printable(), timeoutMs: connectTimeoutMs })),
      connectTimeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    abandonOpening = giveUp
    state = 'opening'
    opening = settled.promise

    const dial = async () => {
      const target = typeof address === 'function' ? urlOf(await address()) : (url ?? urlOf())
      if (settled.settled) return
      url = target
      const apiKey = await resolveApiKey(credentials, target)
      if (settled.settled) return
      const dialed = openSocket(
        { url: target, apiKey, headers },
        {
          onOpen() {
            release()
            state = 'open'
            socket = dialed
            watch(dialed)
            settled.resolve()
            emitter.emit('open', undefined)
          },
          onMessage(frame) {
            heartbeat?.beat()
            emitter.emit('message', frame)
          },
          onPong: () => heartbeat?.beat(),
          onRefused: (refusal) => giveUp(new TransportError('CONNECT_FAILED', { url: printable(), ...refusal })),
          onClose: (close) => (closing ? closing.finish(close) : ended(close)),
        },
      )
      current = dialed
    }
    dial().catch(giveUp)
    return settled.promise
  }

  return {
    ...nature,
    get state() {
      return state
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    async open(signal) {
      if (closing) await closing.promise
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
      assertClosable(code, reason)
      abandonOpening?.(new TransportError('CLOSED', { code, reason }))
      if (closing) return closing.promise
      const current = socket
      if (!current) {
        state = 'closed'
        return
      }
      heartbeat?.stop()
      const done = createDeferred<void>()
      const finish = (close: TransportClose) => {
        clearTimeout(timer)
        closing = undefined
        ended(close)
        done.resolve()
      }
      const timer = setTimeout(() => {
        current.abandon()
        finish({ code: 1006, reason: 'the peer did not answer the close', wasClean: false })
      }, closeTimeoutMs)
      closing = { promise: done.promise, finish }
      current.close(code, reason)
      return done.promise
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}
