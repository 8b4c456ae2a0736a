import type { Clock } from '../../internal/clock.js'
import { connectionStep, SessionError, sessionStartStep } from '../error.js'
import type { ConnectionSettings } from './connection-options.js'
import type { AttemptFailure } from './failure.js'

/** The deadline of `connect()` or of a restore, and what its `TIMEOUT` error reports. */
export interface HandshakeDeadline {
  readonly settings: Pick<ConnectionSettings, 'clock' | 'transport' | 'connectTimeoutMs'>
  running: ProgressDeadline | undefined
  /** The event that the handshake waits for. */
  step: string
  /** Why the last attempt of the transport failed. */
  lastFailure: AttemptFailure | undefined
  /** The error of the last event that cannot be used. It is the cause of a timeout while the connection is open. */
  lastUnusable: Error | undefined
}

export function createHandshakeDeadline(settings: HandshakeDeadline['settings']): HandshakeDeadline {
  return { settings, running: undefined, step: sessionStartStep, lastFailure: undefined, lastUnusable: undefined }
}

/** Starts the deadline, and stops the one before. */
export function startDeadline(deadline: HandshakeDeadline, onTimeout: (error: SessionError) => void): void {
  const { clock, transport, connectTimeoutMs: timeoutMs } = deadline.settings
  stopDeadline(deadline)
  deadline.running = startProgressDeadline({
    clock,
    timeoutMs,
    bufferedAmount: () => transport.bufferedAmount,
    onTimeout: () => onTimeout(timeoutError(deadline)),
  })
}

export function stopDeadline(deadline: HandshakeDeadline): void {
  deadline.running?.stop()
  deadline.running = undefined
}

/** Another connection is open: the handshake starts from its first step. */
export function restartHandshake(deadline: HandshakeDeadline): void {
  deadline.step = sessionStartStep
  deadline.lastUnusable = undefined
}

/** Forgets why attempts failed, for another `connect()`. */
export function resetFailures(deadline: HandshakeDeadline): void {
  deadline.lastFailure = undefined
  deadline.lastUnusable = undefined
}

function timeoutError({ settings, step, lastFailure, lastUnusable }: HandshakeDeadline): SessionError {
  const { transport, connectTimeoutMs: timeoutMs } = settings
  if (transport.state === 'open') {
    const cause = lastUnusable && { cause: lastUnusable }
    return new SessionError('TIMEOUT', { waitingFor: step, timeoutMs }, cause)
  }
  const reason = lastFailure && { lastFailure: lastFailure.reason }
  const cause = lastFailure && { cause: lastFailure.error }
  return new SessionError('TIMEOUT', { waitingFor: connectionStep, timeoutMs, ...reason }, cause)
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
