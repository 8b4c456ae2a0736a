import { type Clock, systemClock } from '../../internal/clock.js'
import { abortReason } from '../../internal/abort.js'
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
 * `audio` says which way the sound goes, and is certain from the first `open` on. A connection that was open and broke is over, as it is
 * without a fallback; wrap it with `reconnecting`, and the next attempt may fall back. It does so when it cannot be opened, or when
 * `maxBreaks` connections in a row have broken soon after they opened.
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
  for (const transport of [first, second]) {
    for (const type of ['open', 'message', 'reconnecting', 'close'] as const)
      transport.on(type, (event) => {
        if (transport === current) emitter.emit(type, event)
      })
  }

  // Some networks let a connection open and cut it soon after, each time.
  let breaks = 0
  let openedAt: number | undefined
  first.on('open', () => {
    openedAt = clock.now()
  })
  first.on('close', ({ code, wasClean }) => {
    if (openedAt === undefined) return
    const isEnd = wasClean && code === 1000
    breaks = isEnd || clock.now() - openedAt >= stableMs ? 0 : breaks + 1
    openedAt = undefined
  })

  async function open(outcome: Deferred<void>, signal: AbortSignal | undefined): Promise<void> {
    try {
      if (breaks >= maxBreaks) current = second
      await current.open(signal)
    } catch (error) {
      const isOver = opening !== outcome || signal?.aborted
      if (isOver || current === second || !shouldFallBack(error)) throw error
      current = second
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
        (error) => settle(outcome, () => outcome.reject(error)),
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
      await current.close(code, reason)
    },
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
