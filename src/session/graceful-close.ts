import type { Clock } from '../internal/clock.js'
import { isTransportError } from '../transports/error.js'
import { SessionError, sessionStartStep } from './error.js'
import type { SessionStatus, StatusEvent } from './events.js'
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
  /** Notes that the connection dropped: everything that was sent and not settled is sent again after the restore. */
  connectionLost(): void
}

type CompleteOptions = WaitOptions & { readonly timeoutMs: number }

/** What {@link createGracefulClose} needs of a session. */
export interface GracefulCloseOptions<T> {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly core: {
    readonly status: SessionStatus
    readonly closed: Promise<SessionClose>
    on(type: 'status', listener: (event: StatusEvent) => void): () => void
    close(): Promise<void>
  }
  /** Waits until the server has processed everything. A drop aborts `signal`; once the session is restored, it is called again. */
  readonly complete: (options: CompleteOptions) => Promise<T>
}

/** How many drops one `finish` survives. The transport's own retry policy usually ends it sooner. */
const maxDrops = 20

/** What an error names that ends `finish` after too many drops. */
const lostEvent = { eventType: 'the input audio' }

export function createGracefulClose<T>(options: GracefulCloseOptions<T>): GracefulClose<T> {
  const { clock, core, complete } = options
  let running: Promise<T> | undefined
  let noteLost = () => {}

  function waitUntilOpen(wait: WaitOptions): Promise<void> {
    return withTimeout<void>(clock, wait, sessionStartStep, (resolve, reject) => {
      const check = () => {
        const { status } = core
        if (status === 'open') resolve()
        // A `connect` that fails leads back to `idle`.
        else if (status === 'idle') reject(new SessionError('NOT_CONNECTED', { status }))
        else if (status === 'closing') reject(new SessionError('CLOSED', { code: 1000, reason: '' }))
      }
      core.closed.then((close) => reject(closedError(close)))
      const unsubscribe = core.on('status', check)
      check()
      return unsubscribe
    })
  }

  /** Runs `complete` on the connection that is open. Returns undefined when the connection drops meanwhile. */
  async function completeOnConnection({ signal, timeoutMs }: CompleteOptions): Promise<{ result: T } | undefined> {
    const ending = new AbortController()
    const abort = () => ending.abort(signal?.reason)
    let isLost = false
    noteLost = () => {
      isLost = true
      ending.abort(new SessionError('CONNECTION_LOST', lostEvent))
    }
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const result = await complete({ signal: ending.signal, timeoutMs })
      return isLost ? undefined : { result }
    } catch (error) {
      if (isLost && !signal?.aborted) return undefined
      throw error
    } finally {
      noteLost = () => {}
      signal?.removeEventListener('abort', abort)
    }
  }

  async function attempt({ signal, timeoutMs = options.requestTimeoutMs }: RequestOptions): Promise<T> {
    const wait = { signal, timeoutMs }
    for (let drops = 0; drops <= maxDrops; drops++) {
      if (core.status !== 'open') await waitUntilOpen(wait)
      const completed = await completeOnConnection(wait)
      if (!completed) continue
      await core.close()
      return completed.result
    }
    throw new SessionError('CONNECTION_LOST', lostEvent)
  }

  async function run(wait: RequestOptions): Promise<T> {
    try {
      return await attempt(wait)
    } catch (error) {
      running = undefined
      throw isTransportError(error) ? closedError(await core.closed) : error
    }
  }

  return {
    connectionLost: () => noteLost(),
    async finish(wait = {}) {
      if (running) return running
      wait.signal?.throwIfAborted()
      const { status } = core
      if (status === 'idle') throw new SessionError('NOT_CONNECTED', { status })
      running = run(wait)
      return running
    },
    assertAccepting() {
      if (running) throw new SessionError('CLOSED', { code: 1000, reason: 'finish() was called' })
    },
  }
}

/** The rejection of a wait that the end of the session cut short; `cause` is why the session ended. */
export function closedError({ code, reason, error }: SessionClose): SessionError {
  return new SessionError('CLOSED', { code, reason }, error ? { cause: error } : undefined)
}
