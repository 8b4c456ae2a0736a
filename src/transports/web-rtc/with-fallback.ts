import { abortReason } from '../../internal/abort.js'
import { type Clock, systemClock } from '../../internal/clock.js'
import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { assertCloseArguments } from '../close-codes.js'
import { isTransportError, TransportError } from '../error.js'
import type { Transport, TransportClose } from '../transport.js'
import { type TransportHooks, wrapTransport } from '../wrap-transport.js'

/** Options of {@link withFallback}. */
export interface FallbackOptions {
  /**
   * Returns whether the second transport should be opened after the first failed with `error`.
   * @defaultValue `true` for failures of connectivity: a timeout, no network path, no WebRTC in this runtime, HTTP 404 or 5xx. `false` for a
   *   rejected key, an invalid option, and errors of your own functions.
   */
  shouldFallBack?: (error: unknown) => boolean
  /**
   * Number of connections of the first transport in a row that may break within `stableMs`. The next `open` then uses the second transport.
   * @defaultValue 3
   */
  maxBreaks?: number
  /**
   * How long a connection must stay open to count as stable, in milliseconds.
   * @defaultValue 10_000
   */
  stableMs?: number
  /**
   * Clock for `stableMs`.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** A transport with the members of either transport that it may use. Only those of the transport in use are present. */
export type FallbackTransport<First extends Transport, Second extends Transport> = Transport &
  Partial<Omit<First, keyof Transport>> &
  Partial<Omit<Second, keyof Transport>>

/** `inner`: the state is that of the transport in use. `abandoned`: `close()` was called while the wrapper was opening. */
type Phase =
  | { readonly name: 'inner' }
  | { readonly name: 'opening'; readonly outcome: Deferred<void> }
  | { readonly name: 'abandoned' }

/**
 * Opens a second transport when the first cannot be opened, and keeps using it. A WebSocket connects where UDP, and so WebRTC, is blocked.
 *
 * `audio`, `session`, and members such as `mute` are those of the transport in use. They are final once the first `open` succeeded. A
 * connection that was open and broke is not replaced by itself: wrap the result in `reconnecting`. Its next attempt falls back when the first
 * transport cannot be opened, or when `maxBreaks` of its connections in a row broke soon after they opened.
 *
 * @example
 * ```ts
 * withFallback(webRTC({ apiKey, microphone }), webSocket({ apiKey, model: 'gpt-realtime-2.1' }))
 * ```
 */
export function withFallback<First extends Transport, Second extends Transport>(
  first: First,
  second: Second,
  options: FallbackOptions = {},
): FallbackTransport<First, Second> {
  const { shouldFallBack = isConnectivityError, maxBreaks = 3, stableMs = 10_000, clock = systemClock } = options
  let current: Transport = first
  let phase: Phase = { name: 'inner' }
  // Some networks let a connection open and cut it soon after, each time.
  let breaks = 0
  let openedAt: number | undefined

  function recordClose({ code, wasClean }: TransportClose): void {
    if (openedAt === undefined) return
    const wasStable = (wasClean && code === 1000) || clock.now() - openedAt >= stableMs
    breaks = wasStable ? 0 : breaks + 1
    openedAt = undefined
  }

  const wrapper = wrapTransport<Transport>(first, ({ switchTo }): TransportHooks => {
    function switchToSecond(): void {
      current = second
      switchTo(second)
    }

    async function openEither(outcome: Deferred<void>, signal: AbortSignal | undefined): Promise<void> {
      if (breaks >= maxBreaks) switchToSecond()
      try {
        await current.open(signal)
      } catch (error) {
        const isStale = phase.name !== 'opening' || phase.outcome !== outcome || signal?.aborted
        if (isStale || current === second || !shouldFallBack(error)) throw error
        switchToSecond()
        await current.open(signal)
      }
    }

    function settle(outcome: Deferred<void>, finish: () => void): void {
      if (phase.name !== 'opening' || phase.outcome !== outcome) return
      phase = { name: 'inner' }
      finish()
    }

    return {
      state() {
        if (phase.name === 'abandoned') return 'closed'
        return phase.name === 'opening' && current.state !== 'open' ? 'opening' : current.state
      },
      open(_next, signal) {
        if (phase.name === 'opening') return phase.outcome.promise
        if (signal?.aborted) return Promise.reject(abortReason(signal))
        const outcome = createDeferred<void>()
        phase = { name: 'opening', outcome }
        openEither(outcome, signal).then(
          () => settle(outcome, () => outcome.resolve()),
          (error) => settle(outcome, () => outcome.reject(error)),
        )
        return outcome.promise
      },
      async close(next, code = 1000, reason = '') {
        assertCloseArguments(code, reason)
        if (phase.name === 'opening') {
          const { outcome } = phase
          phase = { name: 'abandoned' }
          outcome.reject(new TransportError('CLOSED', { code, reason }))
        }
        await next(code, reason)
      },
      reconnect: (cause) => current.reconnect?.(cause) ?? false,
      onOpen(next) {
        if (current === first) openedAt = clock.now()
        next()
      },
      onClose(close, next) {
        recordClose(close)
        next(close)
      },
    }
  })
  return wrapper as FallbackTransport<First, Second>
}

/** Returns whether an error concerns the path to the server, so that another transport may succeed. */
function isConnectivityError(error: unknown): boolean {
  if (isTransportError(error, 'CONNECT_FAILED')) {
    const { status } = error.data
    return status === undefined || status === 404 || status >= 500
  }
  return (['CONNECT_TIMEOUT', 'UNSUPPORTED_RUNTIME', 'SIGNALING_FAILED', 'CLOSED'] as const).some((code) =>
    isTransportError(error, code),
  )
}
