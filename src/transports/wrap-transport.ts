import { createEmitter } from '../internal/emitter.js'
import type { Transport, TransportClose, TransportEvents, TransportReconnecting } from './transport.js'

/**
 * What a wrapper does differently from the transport that it wraps. Each hook receives `next`, which does what the inner transport would
 * have done: call it once to pass something on, several times to pass on several frames, or not at all to swallow it.
 */
export interface TransportHooks {
  /** Opens the transport. */
  open?(next: (signal?: AbortSignal) => Promise<void>, signal: AbortSignal | undefined): Promise<void>
  /** Sends a frame. */
  send?(frame: string, next: (frame: string) => void): void
  /** Closes the transport. */
  close?(next: (code?: number, reason?: string) => Promise<void>, code?: number, reason?: string): Promise<void>
  /** Runs when the inner transport opened; `next` notifies the listeners of the wrapper. */
  onOpen?(next: () => void): void
  /** Runs for each received frame; `next` delivers a frame to the listeners of the wrapper. */
  onMessage?(frame: string, next: (frame: string) => void): void
  /** Runs when the inner transport lost its connection and retries; `next` notifies the listeners of the wrapper. */
  onReconnecting?(event: TransportReconnecting, next: (event: TransportReconnecting) => void): void
  /** Runs when the inner transport closed; `next` notifies the listeners of the wrapper. */
  onClose?(close: TransportClose, next: (close: TransportClose) => void): void
}

/**
 * Wraps a transport to change how it behaves, for example to log, delay, or translate frames. Members without a hook are those of the inner
 * transport, including members that the {@link Transport} contract does not know.
 *
 * The wrapper listens to the inner transport while it has listeners of its own or is open, and removes its listeners afterwards.
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
 */
export function wrapTransport<Inner extends Transport>(inner: Inner, hooks: TransportHooks): Inner {
  const emitter = createEmitter<TransportEvents>()
  let unsubscribe: (() => void)[] = []
  let isInUse = false
  let listeners = 0

  const emitOpen = () => emitter.emit('open', undefined)
  const emitMessage = (frame: string) => emitter.emit('message', frame)
  const emitReconnecting = (event: TransportReconnecting) => emitter.emit('reconnecting', event)
  const emitClose = (close: TransportClose) => emitter.emit('close', close)
  const send = (frame: string) => inner.send(frame)
  const open = (signal?: AbortSignal) => inner.open(signal)
  const close = (code?: number, reason?: string) => inner.close(code, reason)

  function listen(): void {
    if (unsubscribe.length > 0) return
    unsubscribe = [
      inner.on('open', () => (hooks.onOpen ? hooks.onOpen(emitOpen) : emitOpen())),
      inner.on('message', (frame) => (hooks.onMessage ? hooks.onMessage(frame, emitMessage) : emitMessage(frame))),
      inner.on('reconnecting', (event) =>
        hooks.onReconnecting ? hooks.onReconnecting(event, emitReconnecting) : emitReconnecting(event),
      ),
      inner.on('close', (event) => {
        isInUse = false
        if (hooks.onClose) hooks.onClose(event, emitClose)
        else emitClose(event)
        releaseIfUnused()
      }),
    ]
  }

  function releaseIfUnused(): void {
    if (isInUse || listeners > 0) return
    for (const off of unsubscribe.splice(0)) off()
  }

  const own = {
    async open(signal?: AbortSignal) {
      isInUse = true
      listen()
      try {
        await (hooks.open ? hooks.open(open, signal) : open(signal))
      } catch (error) {
        isInUse = inner.state === 'open' || inner.state === 'opening'
        releaseIfUnused()
        throw error
      }
    },
    send: (frame: string) => (hooks.send ? hooks.send(frame, send) : send(frame)),
    close: async (code?: number, reason?: string) =>
      hooks.close ? hooks.close(close, code, reason) : close(code, reason),
    on<K extends keyof TransportEvents>(type: K, listener: (event: TransportEvents[K]) => void) {
      listeners += 1
      listen()
      const off = emitter.on(type, listener)
      let isSubscribed = true
      return () => {
        if (!isSubscribed) return
        isSubscribed = false
        off()
        listeners -= 1
        releaseIfUnused()
      }
    },
  }
  return overlay(inner, own)
}

/** Returns the object with some members replaced. Every other member is read from the object itself at each access. */
function overlay<T extends object>(inner: T, own: object): T {
  const members: PropertyDescriptorMap = {}
  for (let level: object = inner; level !== Object.prototype && level; level = Object.getPrototypeOf(level))
    for (const name of Object.getOwnPropertyNames(level))
      members[name] ??= {
        enumerable: true,
        get() {
          const member: unknown = Reflect.get(inner, name)
          return typeof member === 'function' ? member.bind(inner) : member
        },
      }
  return Object.defineProperties({}, { ...members, ...Object.getOwnPropertyDescriptors(own) }) as T
}
