import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { createEmitter } from '../../internal/emitter.js'
import { assertClosable } from '../close.js'
import { isTransportError, TransportError } from '../error.js'
import type { Transport, TransportEvents } from '../transport.js'

/** Options of {@link withFallback}. */
export interface FallbackOptions {
  /**
   * Whether the other transport may do better, given why the first could not be opened.
   * @default after whatever concerns the way and not the caller: a timeout, no path, no WebRTC in this runtime, no such endpoint, a server
   *   that fails; not after a refused key, a wrong option, or what your own functions throw
   */
  shouldFallBack?: (error: unknown) => boolean
}

/**
 * A transport that opens another when the first cannot be opened, and stays with it: a WebSocket gets through where UDP is blocked.
 * `audio` and `session` are those of the transport in use, and certain once the first `open` succeeded. A connection that was open and broke is over, as it is
 * without a fallback; wrap it with `reconnecting`, and the next attempt may fall back.
 *
 * ```ts
 * withFallback(webRTC({ key, microphone }), webSocket({ apiKey: key, model: 'gpt-realtime-2.1' }))
 * ```
 */
export function withFallback(first: Transport, second: Transport, options: FallbackOptions = {}): Transport {
  const { shouldFallBack = concernsTheWay } = options
  const emitter = createEmitter<TransportEvents>()
  let current = first
  let opening: Deferred<void> | undefined
  let isEnded = false
  let unlisten: (() => void)[] = []

  /** Listens to the current transport alone, from before it opens until it is closed. */
  function listen(): void {
    release()
    const transport = current
    unlisten = [
      ...(['open', 'message', 'reconnecting'] as const).map((type) =>
        transport.on(type, (event) => emitter.emit(type, event)),
      ),
      transport.on('close', (close) => {
        // Listeners that open it again get listeners of their own.
        release()
        emitter.emit('close', close)
      }),
    ]
  }

  function release(): void {
    for (const unsubscribe of unlisten.splice(0)) unsubscribe()
  }

  async function open(outcome: Deferred<void>, signal: AbortSignal | undefined): Promise<void> {
    listen()
    try {
      await current.open(signal)
    } catch (error) {
      const isOver = opening !== outcome || signal?.aborted
      if (isOver || current === second || !shouldFallBack(error)) throw error
      current = second
      listen()
      await current.open(signal)
    }
  }

  function settle(outcome: Deferred<void>, finish: () => void): void {
    if (opening !== outcome) return
    opening = undefined
    finish()
  }

  return {
    get audio() {
      return current.audio
    },
    get session() {
      return current.session ?? 'own'
    },
    get state() {
      if (isEnded) return 'closed'
      return opening && current.state !== 'open' ? 'opening' : current.state
    },
    get bufferedAmount() {
      return current.bufferedAmount
    },
    open(signal) {
      if (opening) return opening.promise
      if (signal?.aborted) return Promise.reject(signal.reason)
      const outcome = createDeferred<void>()
      opening = outcome
      isEnded = false
      open(outcome, signal).then(
        () => settle(outcome, () => outcome.resolve()),
        (error) =>
          settle(outcome, () => {
            release()
            outcome.reject(error)
          }),
      )
      return outcome.promise
    },
    send: (frame) => current.send(frame),
    async close(code = 1000, reason = '') {
      assertClosable(code, reason)
      const waiting = opening
      if (waiting) {
        opening = undefined
        isEnded = true
        waiting.reject(new TransportError('CLOSED', { code, reason }))
      }
      try {
        await current.close(code, reason)
      } finally {
        // A transport that was never open ends without a `close` event.
        if (current.state === 'closed' || current.state === 'idle') release()
      }
    },
    reconnect: (cause) => current.reconnect?.(cause) ?? false,
    on: (type, listener) => emitter.on(type, listener),
  }
}

function concernsTheWay(error: unknown): boolean {
  if (isTransportError(error, 'CONNECT_FAILED')) {
    const { status } = error.data
    return status === undefined || status === 404 || status >= 500
  }
  return (['CONNECT_TIMEOUT', 'UNSUPPORTED_RUNTIME', 'SIGNALING_FAILED', 'CLOSED'] as const).some((code) =>
    isTransportError(error, code),
  )
}
