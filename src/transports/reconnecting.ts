import { abortReason, throwIfAborted } from '../internal/abort.js'
import { createDeferred, type Deferred } from '../internal/deferred.js'
import { createEmitter } from '../internal/emitter.js'
import { assertClosable } from './close.js'
import { isTransportError, TransportError } from './error.js'
import { type ReconnectingOptions, retryPolicy } from './reconnect/options.js'
import { createOutage } from './reconnect/outage.js'
import { afterOrOnReturn } from './reconnect/page.js'
import { isFatalApiError, isFinalClose, isFinalError, reasonOf, requestedDelayMs } from './reconnect/retry-decision.js'
import type { Transport, TransportClose, TransportEvents } from './transport.js'

/**
 * A transport that opens the one it wraps again when that fails for a reason that may pass. Each attempt opens it anew, so a key
 * function is asked again. It says `reconnecting` before every further attempt, `open` after each that succeeds, and `close` once, when
 * it is over: when it was closed, when another attempt could not help, or when the attempts of an outage are used up (`error` of the
 * close is then `RECONNECT_EXHAUSTED`). `open()` follows the same rules, and rejects where an open pipe would say `close`.
 *
 * `reconnect()` gives up a connection that is open and of no use: it counts as a failed attempt of the current outage, however long the
 * connection was open.
 *
 * It never sends anything by itself, and nothing twice: what was under way when the connection broke is the business of whoever sent
 * it, and so is telling the new connection what the old one knew.
 *
 * ```ts
 * reconnecting(webSocket({ apiKey, model: 'gpt-realtime-2.1' }))
 * ```
 * @throws {TransportError} `INVALID_OPTION` at once when the policy cannot work.
 */
export function reconnecting(transport: Transport, options: ReconnectingOptions = {}): Transport {
  const policy = retryPolicy(options)
  const { clock } = policy
  const outage = createOutage(policy)
  const emitter = createEmitter<TransportEvents>()
  let state: Transport['state'] = 'idle'
  /** Settles when there is a connection, or never will be. */
  let opening: Deferred<void> | undefined
  let closing: Deferred<void> | undefined
  /** The attempt under way; what an older one still says is ignored. */
  let attempt: object | undefined
  let cancelWait = () => {}
  let unlisten: (() => void)[] = []
  let openedAt = 0
  let isRefused = false
  /** How the last connection ended; undefined before the first. */
  let lost: TransportClose | undefined

  async function begin(signal: AbortSignal | undefined): Promise<void> {
    const outcome = createDeferred<void>()
    const onAbort = () => {
      if (opening !== outcome) return
      closeInner(1000, '').catch(() => {})
      end(abortReason(signal))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    opening = outcome
    state = 'opening'
    lost = undefined
    outage.end()
    unlisten = [transport.on('open', onOpen), transport.on('message', onMessage), transport.on('close', onClose)]
    dial()
    try {
      await outcome.promise
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  function dial(): void {
    const current = {}
    attempt = current
    outage.attempt()
    const open = async () => transport.open()
    open().then(
      () => {
        // When no `open` event came, it was open already, or it is not what it says.
        onOpen()
        if (attempt === current) onFailure(new TransportError('CLOSED', { code: 1006, reason: '' }))
      },
      (error: unknown) => {
        if (attempt === current) onFailure(error)
      },
    )
  }

  function onOpen(): void {
    if (!attempt || transport.state !== 'open') return
    attempt = undefined
    isRefused = false
    openedAt = clock.now()
    state = 'open'
    // The first connection does not cost a later outage any attempt.
    if (!lost) outage.end()
    opening?.resolve()
    opening = undefined
    emitter.emit('open', undefined)
  }

  function onMessage(frame: string): void {
    if (state !== 'open') return
    if (isFatalApiError(frame)) isRefused = true
    emitter.emit('message', frame)
  }

  function onClose(close: TransportClose): void {
    if (state !== 'open') return
    if (closing || isRefused || isFinalClose(close)) {
      end(undefined, close)
      return
    }
    if (clock.now() - openedAt >= policy.stableMs) outage.end()
    lost = close
    state = 'opening'
    opening = createDeferred<void>()
    retry(close)
  }

  function onFailure(error: unknown): void {
    attempt = undefined
    if (isFinalError(error)) giveUp(error)
    else retry(errorOf(error))
  }

  function retry(cause: TransportClose | Error): void {
    const { attempts } = outage
    const delayMs = outage.nextDelayMs(cause)
    if (delayMs === undefined) {
      const because = cause instanceof Error ? { cause } : {}
      giveUp(new TransportError('RECONNECT_EXHAUSTED', { attempts, lastReason: reasonOf(cause) }, because))
      return
    }
    // A page that comes back need not wait, but a server that asked for a pause gets it.
    cancelWait = requestedDelayMs(cause) > 0 ? clock.after(delayMs, dial) : afterOrOnReturn(clock, delayMs, dial)
    emitter.emit('reconnecting', { attempt: attempts + 1, delayMs, cause })
  }

  /** Rejects `open()` with the error as it is. The close of a connection that was lost can only carry an error of transports. */
  function giveUp(error: unknown): void {
    if (!lost || isTransportError(error)) {
      end(error, lost && isTransportError(error) ? { ...lost, error } : undefined)
      return
    }
    const cause = errorOf(error)
    const data = { attempts: outage.attempts, lastReason: reasonOf(cause) }
    end(error, { ...lost, error: new TransportError('RECONNECT_EXHAUSTED', data, { cause }) })
  }

  /** Releases everything, then tells whoever waits for a connection, and those who knew one. */
  function end(error: unknown, close?: TransportClose): void {
    const waiting = opening
    state = 'closed'
    opening = undefined
    attempt = undefined
    cancelWait()
    for (const undo of unlisten.splice(0)) undo()
    waiting?.reject(error)
    if (close) emitter.emit('close', close)
  }

  // Another's transport may throw where it should reject.
  const closeInner = async (code: number, reason: string) => transport.close(code, reason)

  async function closeOpen(code: number, reason: string): Promise<void> {
    closing = createDeferred<void>()
    const { promise, resolve, reject } = closing
    try {
      await closeInner(code, reason)
      if (state === 'open') end(undefined, { code, reason, wasClean: true })
      resolve()
    } catch (error) {
      reject(error)
    }
    closing = undefined
    return promise
  }

  return {
    get audio() {
      return transport.audio
    },
    ...(transport.session && { session: transport.session }),
    get state() {
      return state
    },
    get bufferedAmount() {
      return state === 'open' ? transport.bufferedAmount : 0
    },
    async open(signal) {
      if (closing) await closing.promise.catch(() => {})
      if (state === 'open') return
      throwIfAborted(signal)
      await (opening?.promise ?? begin(signal))
    },
    reconnect(cause) {
      if (state !== 'open' || closing) return false
      // An ordinary drop restores the attempts of a connection that was open for `stableMs`; this connection was of no use.
      lost ??= { code: 1006, reason: '', wasClean: false }
      state = 'opening'
      opening = createDeferred<void>()
      closeInner(1000, '').catch(() => {})
      retry(cause)
      return true
    },
    send(frame) {
      if (state !== 'open' || closing)
        throw new TransportError('NOT_OPEN', { state: state === 'open' ? 'closed' : state })
      transport.send(frame)
    },
    async close(code = 1000, reason = '') {
      assertClosable(code, reason)
      if (closing) return closing.promise
      if (state === 'open') return closeOpen(code, reason)
      if (state === 'closed') return
      const closed = closeInner(code, reason)
      end(new TransportError('CLOSED', { code, reason }), lost && { code, reason, wasClean: false })
      await closed
    },
    on: (type, listener) => emitter.on(type, listener),
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('open() threw a value that is not an Error', { cause: thrown })
}
