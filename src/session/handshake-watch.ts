import type { Clock } from '../internal/clock.js'
import type { Transport, TransportReconnecting } from '../transports/transport.js'
import { SessionError } from './error.js'
import { type LastFailure, lastFailureOf } from './last-failure.js'
import { type ProgressDeadline, startProgressDeadline } from './progress-deadline.js'
import { aConnection, theStart } from './wait-names.js'

/** The deadline of `connect()` or of a restore, and what its `TIMEOUT` error reports. */
export interface HandshakeWatch {
  /** Starts the deadline. A watch has one deadline at a time. */
  start(onTimeout: (error: SessionError) => void): void
  /** Starts the deadline again after a step of progress. */
  extend(): void
  stop(): void
  /** Another connection is open: the handshake starts from its first step. */
  opened(): void
  /** Forgets why attempts failed, for another `connect()`. */
  reset(): void
  /** Names the event that the handshake waits for now. */
  waitFor(step: string): void
  /** An attempt of the transport failed, or its connection was lost. */
  failed(event: TransportReconnecting): void
  /** An event came that cannot be used. It is the cause of the timeout when nothing better comes. */
  receivedUnusable(error: Error): void
}

export function createHandshakeWatch(options: {
  readonly clock: Clock
  readonly transport: Transport
  readonly timeoutMs: number
}): HandshakeWatch {
  const { clock, transport, timeoutMs } = options
  let deadline: ProgressDeadline | undefined
  let step = theStart
  let lastFailure: LastFailure | undefined
  let lastUnusable: Error | undefined

  function timeoutError(): SessionError {
    if (transport.state === 'open') {
      const cause = lastUnusable && { cause: lastUnusable }
      return new SessionError('TIMEOUT', { waitingFor: step, timeoutMs }, cause)
    }
    const reason = lastFailure && { lastFailure: lastFailure.reason }
    const cause = lastFailure && { cause: lastFailure.error }
    return new SessionError('TIMEOUT', { waitingFor: aConnection, timeoutMs, ...reason }, cause)
  }

  return {
    start(onTimeout) {
      deadline?.stop()
      deadline = startProgressDeadline({
        clock,
        timeoutMs,
        bufferedAmount: () => transport.bufferedAmount,
        onTimeout: () => onTimeout(timeoutError()),
      })
    },
    extend: () => deadline?.extend(),
    stop: () => deadline?.stop(),
    opened() {
      step = theStart
      lastUnusable = undefined
    },
    reset() {
      lastFailure = undefined
      lastUnusable = undefined
    },
    waitFor(next) {
      step = next
    },
    failed(event) {
      lastFailure = lastFailureOf(event)
    },
    receivedUnusable(error) {
      lastUnusable = error
    },
  }
}
