import { abortReason } from '../../internal/abort.js'
import { type Clock, systemClock } from '../../internal/clock.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { createEmitter } from '../../internal/emitter.js'
import { assertClosable } from '../close.js'
import { isTransportError, TransportError } from '../error.js'
import type { Transport, TransportClose, TransportEvents } from '../transport.js'

/** Options of {@link withFallback}. */
export interface FallbackOptions {
  /**
   * Whether the other transport may do better, given why the first could not be opened.
   * @default after whatever concerns the way and not the caller: a timeout, no path, no WebRTC in this runtime, no such endpoint, a server
   *   that fails; not after a refused key, a wrong option, or what your own functions throw
   */
  shouldFallBack?: (error: unknown) => boolean
  /**
   * How many connections of the first transport in a row may break within `stableMs` of opening. After that, the next `open` uses the second.
   * @default 3
   */
  maxBreaks?: number
  /**
   * How long a connection must stay open to count as stable, in milliseconds.
   * @default 10_000
   */
  stableMs?: number
  /**
   * Where time comes from.
   * @default the system clock
   */
  clock?: Clock
}

/**
 * A transport that opens another when the first cannot be opened, and stays with it: a WebSocket gets through where UDP is blocked.
 * `audio` and `session` are those of the transport in use, and certain once the first `open` succeeded. A connection that was open and broke is over, as it is
 * without a fallback; wrap it with `reconnecting`, and the next attempt may fall back: when the first transport cannot be opened, or when
 * `maxBreaks` of its connections in a row have broken soon after they opened.
 *
 * ```ts
 * withFallback(webRTC({ key, microphone }), webSocket({ apiKey: key, model: 'gpt-realtime-2.1' }))
 * ```
 */
export function withFallback(first: Transport, second: Transport, options: FallbackOptions = {}): Transport {
  const { shouldFallBack = concernsTheWay, maxBreaks = 3, stableMs = 10_000, clock = systemClock } = options
  const emitter = createEmitter<TransportEvents>()
  let current = first
  let opening: Deferred<void> | undefined
  let isEnded = false
  let unlisten: (() => void)[] = []

  // Some networks let a connection open and cut it soon after, each time.
  let breaks = 0
  let openedAt: number | undefined

  function recordEnd({ code, wasClean }: TransportClose): void {
    if (openedAt === undefined) return
    const wasStable = (wasClean && code === 1000) || clock.now() - openedAt >= stableMs
    breaks = wasStable ? 0 : breaks + 1
    openedAt = undefined
  }

  /** Listens to the current transport alone, from before it opens until it is closed. */
  function listen(): void {
    release()
    const transport = current
    unlisten = [
      ...(['message', 'reconnecting'] as const).map((type) => transport.on(type, (event) => emitter.emit(type, event))),
      transport.on('open', () => {
        if (transport === first) openedAt = clock.now()
        emitter.emit('open', undefined)
      }),
      transport.on('close', (close) => {
        recordEnd(close)
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
    if (breaks >= maxBreaks) current = second
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
      if (signal?.aborted) return Promise.reject(abortReason(signal))
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
