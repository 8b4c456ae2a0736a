import { abortReason, throwIfAborted } from '../internal/abort.js'
import { createDeferred, type Deferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { TransportError } from './error.js'
import type { Transport, TransportEvents } from './transport.js'

/** Options of {@link memoryPair}. */
export interface MemoryPairOptions {
  /**
   * Audio mode of both transports.
   * @defaultValue 'events'
   */
  audio?: Transport['audio']
}

/**
 * Creates two transports that are connected in memory. Frames arrive in order, and never during the call to `send`. Each `open()` waits for
 * the other transport to open. For tests, and for a server in the same process.
 *
 * @example
 * ```ts
 * const [client, server] = memoryPair()
 * await Promise.all([client.open(), server.open()])
 * ```
 */
export function memoryPair(options: MemoryPairOptions = {}): readonly [Transport, Transport] {
  const audio = options.audio ?? 'events'
  const left = createEnd(audio)
  const right = createEnd(audio)
  left.join(right)
  right.join(left)
  return [left.transport, right.transport]
}

interface MemoryEnd {
  readonly transport: Transport
  join(peer: MemoryEnd): void
  isWaiting(): boolean
  becomeOpen(): void
  receive(frame: string): void
  end(code: number, reason: string): void
}

function createEnd(audio: Transport['audio']): MemoryEnd {
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  let peer: MemoryEnd | undefined
  let opening: Deferred<void> | undefined
  let buffered = 0

  function end(code: number, reason: string, error: unknown = new TransportError('CLOSED', { code, reason })): void {
    const wasOpen = state === 'open'
    state = 'closed'
    buffered = 0
    opening?.reject(error)
    opening = undefined
    if (wasOpen) emitter.emit('close', { code, reason, wasClean: code !== 1006 })
  }

  async function open(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal)
    opening = createDeferred<void>()
    const { promise } = opening
    state = 'opening'
    const abort = () => end(1000, '', abortReason(signal))
    signal?.addEventListener('abort', abort, { once: true })
    // Deferred, so that the state is `opening` when `open` returns.
    queueMicrotask(() => {
      if (state !== 'opening' || !peer?.isWaiting()) return
      peer.becomeOpen()
      self.becomeOpen()
    })
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  const self: MemoryEnd = {
    join(other) {
      peer = other
    },
    isWaiting: () => state === 'opening',
    becomeOpen() {
      state = 'open'
      opening?.resolve()
      opening = undefined
      emitter.emit('open', undefined)
    },
    receive(frame) {
      if (state === 'open') emitter.emit('message', frame)
    },
    end(code, reason) {
      if (state === 'open') end(code, reason)
    },
    transport: {
      audio,
      get state() {
        return state
      },
      get bufferedAmount() {
        return buffered
      },
      open: (signal) => (state === 'open' ? Promise.resolve() : (opening?.promise ?? open(signal))),
      send(frame) {
        if (state !== 'open') throw new TransportError('NOT_OPEN', { state })
        buffered += frame.length
        queueMicrotask(() => {
          buffered = Math.max(0, buffered - frame.length)
          peer?.receive(frame)
        })
      },
      close(code = 1000, reason = '') {
        if (state === 'open') queueMicrotask(() => peer?.end(code, reason))
        end(code, reason)
        return Promise.resolve()
      },
      on: (type, listener) => emitter.on(type, listener),
    },
  }
  return self
}
