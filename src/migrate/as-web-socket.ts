import { createEmitter } from '../internal/emitter.js'
import type { Transport, TransportClose } from '../transports/transport.js'

/** The socket that code for the beta uses: the WebSocket of browsers, and `on` of the `ws` package. */
export interface BetaSocket {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: ((event: object) => void) | null
  onmessage: ((event: { readonly data: string }) => void) | null
  onclose: ((event: TransportClose) => void) | null
  onerror: ((event: { readonly error: unknown; readonly message: string }) => void) | null
  send(frame: string): void
  close(code?: number, reason?: string): void
  addEventListener<Type extends keyof BetaSocketEvents>(
    type: Type,
    listener: (event: BetaSocketEvents[Type]) => void,
    options?: { readonly once?: boolean },
  ): void
  removeEventListener(type: string, listener: (event: never) => void): void
  /** As in `ws`: listeners of `message` receive the text, of `close` the code and the reason, of `error` the error. */
  on(type: 'open', listener: () => void): BetaSocket
  on(type: 'message', listener: (frame: string) => void): BetaSocket
  on(type: 'close', listener: (code: number, reason: string) => void): BetaSocket
  on(type: 'error', listener: (error: unknown) => void): BetaSocket
}

/** Events of a {@link BetaSocket} for `addEventListener`. */
export interface BetaSocketEvents {
  open: object
  message: { readonly data: string }
  close: TransportClose
  error: { readonly error: unknown; readonly message: string }
}

const readyStates = { idle: 0, opening: 0, open: 1, closed: 3 } as const

/**
 * Returns a WebSocket-like object that uses a transport. Use it in place of `new WebSocket(url, protocols)`. Like a socket, it connects
 * immediately.
 *
 * @example
 * ```ts
 * const socket = asWebSocket(beta(webSocket({ apiKey, model: 'gpt-realtime-2.1' })))
 * socket.onmessage = ({ data }) => receive(JSON.parse(data))
 * ```
 */
export function asWebSocket(transport: Transport): BetaSocket {
  const emitter = createEmitter<BetaSocketEvents>()
  /** Unsubscribe functions of listeners of `addEventListener`. */
  const added = new Map<string, Map<unknown, () => void>>()
  let isClosing = false
  let isClosed = false

  const unsubscribes = [
    transport.on('open', () => emit('open', {})),
    transport.on('message', (data) => emit('message', { data })),
    transport.on('close', end),
  ]

  function emit<Type extends keyof BetaSocketEvents>(type: Type, event: BetaSocketEvents[Type]): void {
    emitter.emit(type, event)
  }

  function end(close: TransportClose): void {
    if (isClosed) return
    isClosed = true
    for (const unsubscribe of unsubscribes) unsubscribe()
    emit('close', close)
  }

  // Deferred, so that the caller can add listeners first.
  queueMicrotask(() => {
    transport.open().catch((error: unknown) => {
      if (!isClosing) emit('error', { error, message: error instanceof Error ? error.message : '' })
      end({ code: 1006, reason: '', wasClean: false })
    })
  })

  const socket: BetaSocket = {
    get readyState() {
      if (isClosed) return 3
      return isClosing ? 2 : readyStates[transport.state]
    },
    get bufferedAmount() {
      return transport.bufferedAmount
    },
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (frame) => transport.send(frame),
    close(code, reason) {
      isClosing = true
      transport.close(code, reason).then(
        () => end({ code: code ?? 1000, reason: reason ?? '', wasClean: true }),
        () => end({ code: 1006, reason: '', wasClean: false }),
      )
    },
    addEventListener(type, listener, options) {
      const known = added.get(type) ?? new Map<unknown, () => void>()
      added.set(type, known)
      if (known.has(listener)) return
      const unsubscribe = emitter.on(type, (event) => {
        if (options?.once) socket.removeEventListener(type, listener as (event: never) => void)
        listener(event)
      })
      known.set(listener, unsubscribe)
    },
    removeEventListener(type, listener) {
      added.get(type)?.get(listener)?.()
      added.get(type)?.delete(listener)
    },
    on(type: keyof BetaSocketEvents, listener: (...args: never[]) => void) {
      const call = listener as (...args: unknown[]) => void
      if (type === 'open') emitter.on('open', () => call())
      if (type === 'message') emitter.on('message', ({ data }) => call(data))
      if (type === 'close') emitter.on('close', ({ code, reason }) => call(code, reason))
      if (type === 'error') emitter.on('error', ({ error }) => call(error))
      return socket
    },
  }
  emitter.on('open', (event) => socket.onopen?.(event))
  emitter.on('message', (event) => socket.onmessage?.(event))
  emitter.on('close', (event) => socket.onclose?.(event))
  emitter.on('error', (event) => socket.onerror?.(event))
  return socket
}
