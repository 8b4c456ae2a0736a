import type { Clock } from '../../internal/clock.js'
import type { Transport, TransportReconnecting } from '../../transports/transport.js'
import { connectionStep, SessionError, sessionStartStep } from '../error.js'
import { type AttemptFailure, describeFailure } from './failure.js'

/** The deadline of `connect()` or of a restore, and what its `TIMEOUT` error reports. */
export interface HandshakeDeadline {
  /** Starts the deadline, and stops the one before. */
  start(onTimeout: (error: SessionError) => void): void
  /** Starts the deadline again after a step of progress. */
  extend(): void
  stop(): void
  /** Another connection is open: the handshake starts from its first step. */
  connectionOpened(): void
  /** Forgets why attempts failed, for another `connect()`. */
  reset(): void
  /** Sets the event that the handshake waits for now. */
  waitFor(step: string): void
  /** An attempt of the transport failed, or its connection was lost. */
  attemptFailed(event: TransportReconnecting): void
  /** Keeps the error of an event that cannot be used: it is the cause of a timeout while the connection is open. */
  receivedUnusable(error: Error): void
}

export function createHandshakeDeadline(options: {
  readonly clock: Clock
  readonly transport: Transport
  readonly timeoutMs: number
}): HandshakeDeadline {
  const { clock, transport, timeoutMs } = options
  let deadline: ProgressDeadline | undefined
  let step = sessionStartStep
  let lastFailure: AttemptFailure | undefined
  let lastUnusable: Error | undefined

  function timeoutError(): SessionError {
    if (transport.state === 'open') {
      const cause = lastUnusable && { cause: lastUnusable }
      return new SessionError('TIMEOUT', { waitingFor: step, timeoutMs }, cause)
    }
    const reason = lastFailure && { lastFailure: lastFailure.reason }
    const cause = lastFailure && { cause: lastFailure.error }
    return new SessionError('TIMEOUT', { waitingFor: connectionStep, timeoutMs, ...reason }, cause)
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
    connectionOpened() {
      step = sessionStartStep
      lastUnusable = undefined
    },
    reset() {
      lastFailure = undefined
      lastUnusable = undefined
    },
    waitFor(next) {
      step = next
    },
    attemptFailed(event) {
      lastFailure = describeFailure(event)
    },
    receivedUnusable(error) {
      lastUnusable = error
    },
  }
}

/** A deadline that each step of progress starts again. A slow connection gets the time it needs, a silent one times out. */
export interface ProgressDeadline {
  /** Starts the deadline again. It costs two assignments, so it can be called for each item of a long history. */
  extend(): void
  stop(): void
}

export interface ProgressDeadlineOptions {
  readonly clock: Clock
  /** Longest time without progress, in milliseconds. */
  readonly timeoutMs: number
  /** Returns the bytes that wait to be sent. Fewer bytes than at the last step are progress: one frame may take longer than the deadline. */
  readonly bufferedAmount: () => number
  readonly onTimeout: () => void
}

export function startProgressDeadline(options: ProgressDeadlineOptions): ProgressDeadline {
  const { clock, timeoutMs, bufferedAmount } = options
  let progressedAtMs = clock.now()
  let waitingBytes = bufferedAmount()
  let cancel = () => {}

  function extend(): void {
    progressedAtMs = clock.now()
    waitingBytes = bufferedAmount()
  }

  function wait(delayMs: number): void {
    cancel = clock.after(delayMs, () => {
      if (bufferedAmount() < waitingBytes) extend()
      const leftMs = progressedAtMs + timeoutMs - clock.now()
      if (leftMs > 0) wait(leftMs)
      else options.onTimeout()
    })
  }

  if (Number.isFinite(timeoutMs)) wait(timeoutMs)
  return { extend, stop: () => cancel() }
}
