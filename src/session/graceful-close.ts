import { throwIfAborted } from '../internal/abort.js'
import { isTransportError } from '../transports/error.js'
import { close } from './connection/connection.js'
import type { ServerFrame } from './connection/connection-options.js'
import type { ConnectionOf } from './connection/connection-parts.js'
import { getStatus, listen } from './connection/event-exchange.js'
import { SessionError, sessionStartStep } from './error.js'
import type { StatusEvent } from './events.js'
import type { RequestOptions, SessionClose, WaitOptions } from './options.js'
import { withTimeout } from './with-timeout.js'

/** Closes a session after the server has processed everything that was sent. */
export interface GracefulClose<T> {
  /**
   * Completes the session and closes it. Concurrent calls share one attempt, with the options of the first call. After a failure the session
   * is as it was, and `finish` may be called again.
   */
  finish(options?: RequestOptions): Promise<T>
  /**
   * Throws while `finish` runs and after it has succeeded.
   * @throws {SessionError} `CLOSED`.
   */
  assertAccepting(): void
}

type CompleteOptions = WaitOptions & { readonly timeoutMs: number }

/** What {@link createGracefulClose} needs of a session. */
export interface GracefulCloseOptions<T> {
  readonly connection: ConnectionOf<never, ServerFrame, { status: StatusEvent }>
  /** Waits until the server has processed everything. A drop aborts `signal`; once the session is restored, it is called again. */
  readonly complete: (options: CompleteOptions) => Promise<T>
}

/** Number of drops that one `finish` survives. The retry policy of the transport usually ends it sooner. */
const maxDrops = 20

/** Data of the error that ends `finish` after too many drops. */
const lostEvent = { eventType: 'the input audio' }

export function createGracefulClose<T>(options: GracefulCloseOptions<T>): GracefulClose<T> {
  const { connection, complete } = options
  const { clock, requestTimeoutMs } = connection.options
  const closed = connection.closed
  let running: Promise<T> | undefined

  function waitUntilOpen(wait: WaitOptions): Promise<void> {
    return withTimeout<void>(clock, wait, sessionStartStep, (resolve, reject) => {
      const check = () => {
        const status = getStatus(connection)
        if (status === 'open') resolve()
        // A failed `connect` returns to `idle`.
        else if (status === 'idle') reject(new SessionError('NOT_CONNECTED', { status }))
        else if (status === 'closing') reject(new SessionError('CLOSED', { code: 1000, reason: '' }))
      }
      closed.then((close) => reject(closedError(close)))
      const unsubscribe = listen(connection, 'status', check)
      check()
      return unsubscribe
    })
  }

  /** Runs `complete` on the open connection. Returns undefined when the connection is lost meanwhile. */
  async function completeOnConnection({ signal, timeoutMs }: CompleteOptions): Promise<{ result: T } | undefined> {
    const ending = new AbortController()
    const abort = () => ending.abort(signal?.reason)
    let isLost = false
    const unsubscribe = listen(connection, 'status', ({ status }) => {
      if (status !== 'reconnecting') return
      isLost = true
      ending.abort(new SessionError('CONNECTION_LOST', lostEvent))
    })
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const result = await complete({ signal: ending.signal, timeoutMs })
      return isLost ? undefined : { result }
    } catch (error) {
      if (isLost && !signal?.aborted) return undefined
      throw error
    } finally {
      unsubscribe()
      signal?.removeEventListener('abort', abort)
    }
  }

  async function attempt({ signal, timeoutMs = requestTimeoutMs }: RequestOptions): Promise<T> {
    const wait = { signal, timeoutMs }
    for (let drops = 0; drops <= maxDrops; drops++) {
      if (getStatus(connection) !== 'open') await waitUntilOpen(wait)
      const completed = await completeOnConnection(wait)
      if (!completed) continue
      await close(connection)
      return completed.result
    }
    throw new SessionError('CONNECTION_LOST', lostEvent)
  }

  async function run(wait: RequestOptions): Promise<T> {
    try {
      return await attempt(wait)
    } catch (error) {
      running = undefined
      throw isTransportError(error) ? closedError(await closed) : error
    }
  }

  return {
    async finish(wait = {}) {
      if (running) return running
      throwIfAborted(wait.signal)
      const status = getStatus(connection)
      if (status === 'idle') throw new SessionError('NOT_CONNECTED', { status })
      running = run(wait)
      return running
    },
    assertAccepting() {
      if (running) throw new SessionError('CLOSED', { code: 1000, reason: 'finish() was called' })
    },
  }
}

/** Returns the error of a call that waits when the session closes. Its `cause` is the reason why the session closed. */
export function closedError({ code, reason, error }: SessionClose): SessionError {
  return new SessionError('CLOSED', { code, reason }, error ? { cause: error } : undefined)
}
