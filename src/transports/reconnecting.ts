import { abortReason, throwIfAborted } from '../internal/abort.js'
import { createDeferred, type Deferred } from '../internal/deferred.js'
import { assertCloseArguments } from './close-codes.js'
import { isTransportError, TransportError } from './error.js'
import { afterDelayOrReturn } from './reconnect/online-state.js'
import { createRetryBudget } from './reconnect/retry-budget.js'
import {
  describeCause,
  isFatalApiError,
  isFinalClose,
  isFinalError,
  requestedDelayMs,
} from './reconnect/retry-decision.js'
import { type ReconnectingOptions, resolveRetryPolicy } from './reconnect/retry-policy.js'
import type { Transport, TransportClose } from './transport.js'
import { wrapTransport } from './wrap-transport.js'

/** The phase of the connection. Only `enter` changes it. */
type Connection =
  | { readonly phase: 'idle' }
  /** An attempt is in progress. */
  | (Opening & { readonly phase: 'opening' })
  /** The next attempt starts after a delay. */
  | (Opening & { readonly phase: 'waiting'; readonly cancelWait: () => void })
  | OpenConnection
  /** `close()` was called while open. When the inner transport fails to close, the connection returns to `open`. */
  | { readonly phase: 'closing'; readonly open: OpenConnection; readonly done: Deferred<void> }
  /** `closing` is pending while the inner transport has reported its close and `close()` has not settled. */
  | { readonly phase: 'closed'; readonly closing?: Promise<void> }

interface Opening {
  /** Settles when the connection opens or when the last attempt has failed. */
  readonly outcome: Deferred<void>
  /** How the last open connection ended; `undefined` before the first one. */
  readonly lastClose: TransportClose | undefined
}

interface OpenConnection {
  readonly phase: 'open'
  readonly openedAt: number
  readonly lastClose: TransportClose | undefined
  /** Whether the server sent an `error` event after which a retry is pointless. */
  readonly isRefused: boolean
}

const states = {
  idle: 'idle',
  opening: 'opening',
  waiting: 'opening',
  open: 'open',
  closing: 'open',
  closed: 'closed',
} as const satisfies Record<Connection['phase'], Transport['state']>

/**
 * Wraps a transport so that it reconnects after failures that may be temporary. Each attempt opens the inner transport again, so key and URL
 * functions are called again.
 *
 * The wrapper emits `reconnecting` before every further attempt, `open` after each attempt that succeeds, and `close` once: when it was
 * closed, when a retry is pointless, or when no attempts are left (`close.error` is then `RECONNECT_EXHAUSTED`). `open()` follows the same
 * policy and rejects in these cases.
 *
 * The wrapper sends no frames by itself and never sends a frame twice. A session restores its state after each reconnect.
 *
 * @example
 * ```ts
 * const transport = reconnecting(webSocket({ apiKey, model: 'gpt-realtime-2.1' }), { maxAttempts: 12 })
 * ```
 * @throws {TransportError} `INVALID_OPTION` when an option is out of range.
 */
export function reconnecting<Inner extends Transport>(transport: Inner, options: ReconnectingOptions = {}): Inner {
  const policy = resolveRetryPolicy(options)
  const { clock } = policy
  const budget = createRetryBudget(policy)
  let connection: Connection = { phase: 'idle' }

  function enter(next: Connection): void {
    if (connection.phase === 'waiting') connection.cancelWait()
    connection = next
  }

  // Transports of apps may throw where they should reject.
  const openInner = async () => transport.open()
  const closeInner = async (code: number, reason: string) => transport.close(code, reason)

  return wrapTransport(transport, ({ emit }) => {
    async function start(signal: AbortSignal | undefined): Promise<void> {
      const outcome = createDeferred<void>()
      const onAbort = () => {
        const opening = openingOf(connection)
        if (opening?.outcome !== outcome) return
        closeInner(1000, '').catch(() => {})
        finish(opening, abortReason(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      budget.reset()
      attempt({ outcome, lastClose: undefined })
      try {
        await outcome.promise
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    }

    function attempt({ outcome, lastClose }: Opening): void {
      const current: Connection = { phase: 'opening', outcome, lastClose }
      enter(current)
      budget.recordAttempt()
      const onFailure = (error: unknown) => {
        // An attempt that was superseded may still fail.
        if (connection !== current) return
        if (isFinalError(error)) giveUp(current, error)
        else retry(current, toError(error))
      }
      openInner().then(() => {
        // A transport may open after `close()` when `open()` had to wait for the end of its last connection.
        if (connection.phase === 'closed') {
          closeInner(1000, '').catch(() => {})
          return
        }
        onOpen()
        // The inner transport resolved `open()` and is not open.
        onFailure(new TransportError('CLOSED', { code: 1006, reason: '' }))
      }, onFailure)
    }

    function onOpen(): void {
      if (connection.phase !== 'opening' || transport.state !== 'open') return
      const { outcome, lastClose } = connection
      enter({ phase: 'open', openedAt: clock.now(), lastClose, isRefused: false })
      // Attempts of the first `open()` do not count against a later outage.
      if (!lastClose) budget.reset()
      outcome.resolve()
      emit('open', undefined)
    }

    function onClose(close: TransportClose): void {
      if (connection.phase === 'closing') {
        finish(undefined, undefined, close)
        return
      }
      if (connection.phase !== 'open') return
      if (connection.isRefused || isFinalClose(close)) {
        finish(undefined, undefined, close)
        return
      }
      if (clock.now() - connection.openedAt >= policy.stableMs) budget.reset()
      retry({ outcome: createDeferred<void>(), lastClose: close }, close)
    }

    function retry(opening: Opening, cause: TransportClose | Error): void {
      const { outcome, lastClose } = opening
      const { attempts } = budget
      let delayMs: number | undefined
      try {
        delayMs = budget.nextDelayMs(cause)
      } catch (error) {
        giveUp(opening, error)
        return
      }
      if (delayMs === undefined) {
        const data = { attempts, lastReason: describeCause(cause) }
        giveUp(opening, new TransportError('RECONNECT_EXHAUSTED', data, cause instanceof Error ? { cause } : {}))
        return
      }
      const next = () => attempt(opening)
      // An event of the page must not shorten a delay that the server requested.
      const cancelWait =
        requestedDelayMs(cause) > 0 ? clock.after(delayMs, next) : afterDelayOrReturn(clock, delayMs, next)
      enter({ phase: 'waiting', outcome, lastClose, cancelWait })
      emit('reconnecting', { attempt: attempts + 1, delayMs, cause })
    }

    /** Rejects `open()` with the error itself. `close.error` must be a `TransportError`, so another error becomes its cause. */
    function giveUp(opening: Opening, error: unknown): void {
      const { lastClose } = opening
      if (!lastClose) {
        finish(opening, error)
        return
      }
      if (isTransportError(error)) {
        finish(opening, error, { ...lastClose, error })
        return
      }
      const cause = toError(error)
      const data = { attempts: budget.attempts, lastReason: describeCause(cause) }
      finish(opening, error, { ...lastClose, error: new TransportError('RECONNECT_EXHAUSTED', data, { cause }) })
    }

    function finish(opening: Opening | undefined, error: unknown, close?: TransportClose): void {
      const closing = connection.phase === 'closing' ? { closing: connection.done.promise } : {}
      enter({ phase: 'closed', ...closing })
      opening?.outcome.reject(error)
      if (close) emit('close', close)
    }

    async function closeOpen(open: OpenConnection, code: number, reason: string): Promise<void> {
      const done = createDeferred<void>()
      const closing: Connection = { phase: 'closing', open, done }
      enter(closing)
      try {
        await closeInner(code, reason)
        if (connection === closing) finish(undefined, undefined, { code, reason, wasClean: true })
        done.resolve()
      } catch (error) {
        if (connection === closing) enter(open)
        done.reject(error)
      }
      return done.promise
    }

    return {
      state: () => states[connection.phase],
      bufferedAmount: (innerAmount) => (states[connection.phase] === 'open' ? innerAmount : 0),
      async open(_next, signal) {
        const closing = closingOf(connection)
        if (closing) await closing.catch(() => {})
        if (connection.phase === 'open') return
        throwIfAborted(signal)
        await (openingOf(connection)?.outcome.promise ?? start(signal))
      },
      reconnect(cause) {
        if (connection.phase !== 'open') return false
        // A connection that was of no use restores no attempts, however long it was open.
        const lastClose = connection.lastClose ?? { code: 1006, reason: '', wasClean: false }
        const opening = { outcome: createDeferred<void>(), lastClose }
        // The close event of the inner transport is ignored in this phase.
        enter({ ...opening, phase: 'waiting', cancelWait() {} })
        closeInner(1000, '').catch(() => {})
        retry(opening, cause)
        return true
      },
      send(frame, next) {
        if (connection.phase === 'open') return next(frame)
        const state = states[connection.phase]
        throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
      },
      async close(_next, code = 1000, reason = '') {
        assertCloseArguments(code, reason)
        if (connection.phase === 'open') return closeOpen(connection, code, reason)
        if (connection.phase === 'closing' || connection.phase === 'closed') return closingOf(connection)
        const opening = openingOf(connection)
        const closed = closeInner(code, reason)
        const close = opening?.lastClose && { code, reason, wasClean: false }
        finish(opening, new TransportError('CLOSED', { code, reason }), close)
        await closed
      },
      onOpen,
      onMessage(frame, next) {
        if (states[connection.phase] !== 'open') return
        if (connection.phase === 'open' && isFatalApiError(frame)) enter({ ...connection, isRefused: true })
        next(frame)
      },
      onReconnecting() {},
      onClose,
    }
  })
}

function openingOf(connection: Connection): Opening | undefined {
  return connection.phase === 'opening' || connection.phase === 'waiting' ? connection : undefined
}

function closingOf(connection: Connection): Promise<void> | undefined {
  if (connection.phase === 'closing') return connection.done.promise
  return connection.phase === 'closed' ? connection.closing : undefined
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('open() threw a value that is not an Error', { cause: thrown })
}
