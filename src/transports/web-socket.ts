import { openSocket } from '#open-socket'
import { createDeferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { type Credentials, resolveApiKey } from './credentials.js'
import { type Endpoint, endpointUrl, printableUrl } from './endpoint.js'
import { TransportError } from './error.js'
import type { Socket, SocketRefusal } from './open-socket/socket.js'
import type { Transport, TransportClose, TransportEvents } from './transport.js'

/** Options of {@link webSocket}. */
export interface WebSocketOptions extends Endpoint, Credentials {
  /** Headers of the handshake, where the runtime can set them (not in browsers). They win over those that the library sets. */
  headers?: Readonly<Record<string, string>>
  /**
   * How long the handshake may take, fetching a key included, in milliseconds.
   * @default 10_000
   */
  connectTimeoutMs?: number
}

/** How long a peer may take to answer a close before the socket is dropped, in milliseconds. */
const closeTimeoutMs = 2_000

/**
 * A WebSocket to a Realtime server, in Node.js, browsers, Deno, Bun and Workers alike. It connects when it is opened, and may be
 * opened again after it closed.
 *
 * ```ts
 * webSocket({ apiKey, model: 'gpt-realtime-2.1' })
 * webSocket({ url: 'ws://127.0.0.1:8080/v1/realtime?model=any' })
 * ```
 * @throws {TransportError} `INVALID_OPTION` at once when the options cannot name an address.
 */
export function webSocket(options: WebSocketOptions): Transport {
  const { connectTimeoutMs = 10_000, headers = {} } = options
  const credentials: Credentials = options
  const url = endpointUrl(options)
  if (!(connectTimeoutMs > 0 && connectTimeoutMs <= 2 ** 31 - 1))
    throw new TransportError('INVALID_OPTION', {
      option: 'connectTimeoutMs',
      problem: 'must be between 1 and 2147483647',
    })

  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let socket: Socket | undefined
  let opening: Promise<void> | undefined
  let abandonOpening: ((error: unknown) => void) | undefined
  let closing: { promise: Promise<void>; finish(close: TransportClose): void } | undefined

  function ended(close: TransportClose): void {
    state = 'closed'
    socket = undefined
    emitter.emit('close', close)
  }

  async function connect(signal: AbortSignal | undefined): Promise<void> {
    const settled = createDeferred<void>()
    let current: Socket | undefined
    const giveUp = (error: unknown) => {
      if (settled.settled) return
      state = 'closed'
      current?.abandon()
      settled.reject(error)
    }
    const onAbort = () => giveUp(signal?.reason)
    const timer = setTimeout(
      () => giveUp(new TransportError('CONNECT_TIMEOUT', { url: printableUrl(url), timeoutMs: connectTimeoutMs })),
      connectTimeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    abandonOpening = giveUp
    state = 'opening'

    const dial = async () => {
      const apiKey = await resolveApiKey(credentials, url)
      if (settled.settled) return
      current = openSocket(
        { url, apiKey, headers },
        {
          onOpen() {
            state = 'open'
            socket = current
            settled.resolve()
            emitter.emit('open', undefined)
          },
          onMessage: (frame) => emitter.emit('message', frame),
          onRefused: (refusal: SocketRefusal) =>
            giveUp(new TransportError('CONNECT_FAILED', { url: printableUrl(url), ...refusal })),
          onClose: (close) => (closing ? closing.finish(close) : ended(close)),
        },
      )
    }
    dial().catch(giveUp)
    try {
      await settled.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      abandonOpening = undefined
      opening = undefined
    }
  }

  return {
    audio: 'events',
    get state() {
      return state
    },
    get bufferedAmount() {
      return socket?.bufferedAmount ?? 0
    },
    async open(signal) {
      if (closing) await closing.promise
      if (state === 'open') return
      signal?.throwIfAborted()
      opening ??= connect(signal)
      await opening
    },
    send(frame) {
      if (state !== 'open' || closing || !socket)
        throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
      socket.send(frame)
    },
    async close(code = 1000, reason = '') {
      if (code !== 1000 && !(Number.isInteger(code) && code >= 3000 && code <= 4999))
        throw new TransportError('INVALID_OPTION', { option: 'code', problem: 'must be 1000 or between 3000 and 4999' })
      if (new TextEncoder().encode(reason).length > 123)
        throw new TransportError('INVALID_OPTION', { option: 'reason', problem: 'must be at most 123 bytes' })
      abandonOpening?.(new TransportError('CLOSED', { code, reason }))
      if (closing) return closing.promise
      const current = socket
      if (!current) {
        state = 'closed'
        return
      }
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
