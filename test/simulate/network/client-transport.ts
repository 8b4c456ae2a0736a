import { abortReason, throwIfAborted } from '../../../src/internal/abort.js'
import type { Clock } from '../../../src/internal/clock.js'
import { createDeferred } from '../../../src/internal/deferred.js'
import { createEmitter } from '../../../src/internal/emitter.js'
import { TransportError } from '../../../src/transports/error.js'
import type { Transport, TransportClose, TransportEvents } from '../../../src/transports/transport.js'
import type { Line } from './line.js'

/** The end of the client, with the events of its current line. */
export interface ClientEnd {
  readonly transport: Transport
  /** Number of subscriptions of the session and of wrappers. */
  readonly listeners: number
  receive(frame: string): void
  closed(close: TransportClose): void
}

/** What happens to one attempt to open a connection. */
export type Dial =
  | { readonly kind: 'connected'; readonly line: Line }
  | { readonly kind: 'refused'; readonly error: Error }
  /** No answer at all. */
  | { readonly kind: 'silent' }

/** Creates a transport of the simulated network. It behaves like the WebSocket transport, on virtual time. */
export function createClientEnd(options: {
  readonly clock: Clock
  readonly audio: Transport['audio']
  readonly session: 'own' | 'joined'
  readonly latencyMs: () => number
  readonly dial: () => Dial
}): ClientEnd {
  const { clock, latencyMs, dial } = options
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let line: Line | undefined
  let opening: { promise: Promise<void>; fail(error: unknown): void } | undefined
  let closing: ReturnType<typeof createDeferred<void>> | undefined
  let listeners = 0
  let closes = 0

  function connect(signal: AbortSignal | undefined): Promise<void> {
    const outcome = createDeferred<void>()
    state = 'opening'
    const release = () => {
      cancelTimeout()
      cancelDial()
      signal?.removeEventListener('abort', onAbort)
      opening = undefined
    }
    const fail = (error: unknown) => {
      if (outcome.settled) return
      release()
      state = 'closed'
      outcome.reject(error)
    }
    const onAbort = () => fail(abortReason(signal))
    const cancelTimeout = clock.after(connectTimeoutMs, () =>
      fail(new TransportError('CONNECT_TIMEOUT', { url: 'wss://simulated', timeoutMs: connectTimeoutMs })),
    )
    const cancelDial = clock.after(latencyMs(), () => {
      const dialed = dial()
      if (dialed.kind === 'refused') fail(dialed.error)
      if (dialed.kind !== 'connected') return
      release()
      line = dialed.line
      state = 'open'
      outcome.resolve()
      emitter.emit('open', undefined)
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    opening = { promise: outcome.promise, fail }
    return outcome.promise
  }

  const transport: Transport = {
    audio: options.audio,
    ...(options.session === 'joined' ? { session: 'joined' as const } : {}),
    get state() {
      return state
    },
    get bufferedAmount() {
      return line?.bufferedAmount ?? 0
    },
    async open(signal) {
      const closesBefore = closes
      if (closing) await closing.promise
      if (closes !== closesBefore) throw new TransportError('CLOSED', { code: 1000, reason: '' })
      if (state === 'open') return
      throwIfAborted(signal)
      await (opening?.promise ?? connect(signal))
    },
    send(frame) {
      if (state !== 'open' || closing || !line)
        throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
      line.send(frame)
    },
    async close(code = 1000, reason = '') {
      closes += 1
      opening?.fail(new TransportError('CLOSED', { code, reason }))
      if (closing) return closing.promise
      if (!line) {
        state = 'closed'
        return
      }
      closing = createDeferred<void>()
      const { promise } = closing
      line.close(code, reason)
      return promise
    },
    on(type, listener) {
      listeners += 1
      const off = emitter.on(type, listener)
      let isSubscribed = true
      return () => {
        if (isSubscribed) listeners -= 1
        isSubscribed = false
        off()
      }
    },
  }
  return {
    transport,
    get listeners() {
      return listeners
    },
    receive: (frame) => emitter.emit('message', frame),
    closed(close) {
      line = undefined
      state = 'closed'
      const done = closing
      closing = undefined
      emitter.emit('close', close)
      done?.resolve()
    },
  }
}

const connectTimeoutMs = 15_000
