import { createEmitter } from '../internal/emitter.js'
import type { Transport, TransportClose, TransportEvents, TransportReconnecting } from './transport.js'

/**
 * What a wrapper does differently from the transport that it wraps. Most hooks receive `next`, which does what the inner transport would
 * have done: call it once to pass something on, several times to pass on several frames, or not at all to swallow it.
 */
export interface TransportHooks {
  /** Opens the transport. */
  open?(next: (signal?: AbortSignal) => Promise<void>, signal: AbortSignal | undefined): Promise<void>
  /** Sends a frame. */
  send?(frame: string, next: (frame: string) => void): void
  /** Closes the transport. */
  close?(next: (code?: number, reason?: string) => Promise<void>, code?: number, reason?: string): Promise<void>
  /** Replaces the connection, see {@link Transport.reconnect}. Give it only to a wrapper that retries by itself. */
  reconnect?(cause: Error): boolean
  /**
   * Returns the state of a wrapper whose state differs from that of the inner transport, for example because it retries. Such a wrapper
   * listens to the inner transport only while it is `opening` or `open`.
   */
  state?(): Transport['state']
  /** Returns the bytes that were accepted and not yet sent. `innerAmount` is that of the inner transport. */
  bufferedAmount?(innerAmount: number): number
  /** Runs when the inner transport opened; `next` notifies the listeners of the wrapper. */
  onOpen?(next: () => void): void
  /** Runs for each received frame; `next` delivers a frame to the listeners of the wrapper. */
  onMessage?(frame: string, next: (frame: string) => void): void
  /** Runs when the inner transport lost its connection and retries; `next` notifies the listeners of the wrapper. */
  onReconnecting?(event: TransportReconnecting, next: (event: TransportReconnecting) => void): void
  /** Runs when the inner transport closed; `next` notifies the listeners of the wrapper. */
  onClose?(close: TransportClose, next: (close: TransportClose) => void): void
}

/** Access to a wrapper for its own hooks. */
export interface TransportWrapper {
  /** Notifies the listeners of the wrapper. */
  emit<K extends keyof TransportEvents>(type: K, event: TransportEvents[K]): void
  /** Wraps another transport from now on. The wrapper stops listening to the previous one. */
  switchTo(transport: Transport): void
}

/**
 * Wraps a transport to change how it behaves, for example to log, delay, or translate frames. Members and events without a hook are those
 * of the inner transport, including members and events that the {@link Transport} contract does not contain.
 *
 * The wrapper listens to the inner transport while it is opening or open or has listeners of its own, and removes its listeners afterwards.
 *
 * @example
 * ```ts
 * const logged = wrapTransport(webSocket({ apiKey, model: 'gpt-realtime-2.1' }), {
 *   send(frame, next) {
 *     console.log('sent', frame.length)
 *     next(frame)
 *   },
 * })
 * ```
 * @param hooks The hooks, or a function that receives the {@link TransportWrapper} and returns them.
 */
export function wrapTransport<Inner extends Transport>(
  inner: Inner,
  hooks: TransportHooks | ((wrapper: TransportWrapper) => TransportHooks),
): Inner {
  const emitter = createEmitter<TransportEvents>()
  let current: Transport = inner
  let unsubscribe: (() => void)[] = []
  let pendingOpens = 0
  let listeners = 0

  function switchTo(transport: Transport): void {
    if (transport === current) return
    const isListening = unsubscribe.length > 0
    stopListening()
    current = transport
    addMembers(wrapper, transport, () => current)
    if (isListening) listen()
  }

  function emit<K extends keyof TransportEvents>(type: K, event: TransportEvents[K]): void {
    emitter.emit(type, event)
    if (type === 'close') stopListeningIfUnused()
  }

  const own: TransportHooks = typeof hooks === 'function' ? hooks({ emit, switchTo }) : hooks
  const emitOpen = () => emit('open', undefined)
  const emitMessage = (frame: string) => emit('message', frame)
  const emitReconnecting = (event: TransportReconnecting) => emit('reconnecting', event)
  const emitClose = (close: TransportClose) => emit('close', close)
  const send = (frame: string) => current.send(frame)
  const open = (signal?: AbortSignal) => current.open(signal)
  const close = (code?: number, reason?: string) => current.close(code, reason)
  const state = () => (own.state ? own.state() : current.state)

  function listen(): void {
    if (unsubscribe.length > 0) return
    unsubscribe = [
      current.on('open', () => (own.onOpen ? own.onOpen(emitOpen) : emitOpen())),
      current.on('message', (frame) => (own.onMessage ? own.onMessage(frame, emitMessage) : emitMessage(frame))),
      current.on('reconnecting', (event) =>
        own.onReconnecting ? own.onReconnecting(event, emitReconnecting) : emitReconnecting(event),
      ),
      current.on('close', (event) => {
        if (own.onClose) own.onClose(event, emitClose)
        else emitClose(event)
        stopListeningIfUnused()
      }),
    ]
  }

  function stopListening(): void {
    for (const off of unsubscribe.splice(0)) off()
  }

  function stopListeningIfUnused(): void {
    const isActive = pendingOpens > 0 || state() === 'opening' || state() === 'open'
    // Without a state of its own, the wrapper also reports what others do with the inner transport.
    if (!isActive && (own.state || listeners === 0)) stopListening()
  }

  const { reconnect } = own
  const wrapper = Object.defineProperties({} as Transport, {
    ...Object.getOwnPropertyDescriptors({
      async open(signal?: AbortSignal) {
        pendingOpens += 1
        listen()
        try {
          await (own.open ? own.open(open, signal) : open(signal))
        } finally {
          pendingOpens -= 1
          stopListeningIfUnused()
        }
      },
      send: (frame: string) => (own.send ? own.send(frame, send) : send(frame)),
      async close(code?: number, reason?: string) {
        try {
          await (own.close ? own.close(close, code, reason) : close(code, reason))
        } finally {
          stopListeningIfUnused()
        }
      },
      on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void) {
        if (!isContractEvent(type)) return current.on(type, listener)
        listeners += 1
        if (!own.state) listen()
        const off = emitter.on(type, listener)
        let isSubscribed = true
        return () => {
          if (!isSubscribed) return
          isSubscribed = false
          off()
          listeners -= 1
          stopListeningIfUnused()
        }
      },
    }),
    ...(reconnect && { reconnect: { enumerable: true, value: (cause: Error) => reconnect(cause) } }),
    ...(own.state && { state: { enumerable: true, get: state } }),
    ...(own.bufferedAmount && {
      bufferedAmount: { enumerable: true, get: () => own.bufferedAmount?.(current.bufferedAmount) },
    }),
  })
  addMembers(wrapper, inner, () => current)
  return wrapper as Inner
}

const contractEvents: Readonly<Record<keyof TransportEvents, true>> = {
  open: true,
  message: true,
  reconnecting: true,
  close: true,
}

function isContractEvent(type: string): boolean {
  return Object.hasOwn(contractEvents, type)
}

/** Adds the members of a transport that the wrapper lacks. Each access reads the member of the transport that is wrapped at that time. */
function addMembers(wrapper: Transport, transport: Transport, current: () => Transport): void {
  for (let level: object = transport; level && level !== Object.prototype; level = Object.getPrototypeOf(level))
    for (const name of Object.getOwnPropertyNames(level)) {
      if (Object.hasOwn(wrapper, name)) continue
      Object.defineProperty(wrapper, name, {
        enumerable: true,
        get() {
          const inner = current()
          const member: unknown = Reflect.get(inner, name)
          return typeof member === 'function' ? member.bind(inner) : member
        },
      })
    }
}
