import { isFatalApiCode } from '../../internal/api-error-codes.js'
import { isProtocolError } from '../../protocol/error.js'
import type { ServerError } from '../../protocol/events/error.js'
import { isTransportError, TransportError } from '../../transports/error.js'
import type { Transport, TransportReconnecting } from '../../transports/transport.js'
import { isSessionError, SessionError } from '../error.js'
import type { SessionClose } from '../options.js'

/** Codes of refusals that are about the server or its time limit and not about what it was sent. */
const temporaryCodes = new Set<unknown>(['session_expired', 'server_error', 'rate_limit_exceeded'])

/**
 * Returns whether an error that the server sent may not come again on another connection. Refusals of what was sent and problems of the
 * account come again; everything else is worth another attempt (PROTOCOL.md, "Errors").
 */
export function isTemporary({ code, type }: ServerError): boolean {
  if (isFatalApiCode(code) || isFatalApiCode(type)) return false
  return type !== 'invalid_request_error' || temporaryCodes.has(code)
}

/** Returns whether restoring the session over another connection would fail for the same reason. */
export function isFatal(error: unknown): boolean {
  if (isSessionError(error, 'SERVER_ERROR')) return !isTemporary(error.data.error)
  if (isProtocolError(error, 'INVALID_EVENT')) return error.data.direction === 'client'
  return isTransportError(error, 'FRAME_TOO_LARGE')
}

/** Returns the error of a session that ends because it could not be restored. An error of another kind becomes its cause. */
export function closeErrorOf(error: unknown, reason: string): NonNullable<SessionClose['error']> {
  if (isSessionError(error) || isTransportError(error)) return error
  return new SessionError('CLOSED', { code: 1006, reason }, { cause: error })
}

/** The last `error` event of the server that may be the reason why the session ends. */
export interface LastServerError {
  error: ServerError | undefined
}

/** The server sent another event, so it does not close the session because of an earlier error. An announced expiry stays the reason. */
export function serverContinued(last: LastServerError): void {
  if (last.error && !isExpiry(last)) last.error = undefined
}

/** Returns the error as a `SERVER_ERROR`, if there is one. */
export function refusalOf({ error }: LastServerError): SessionError | undefined {
  return error && new SessionError('SERVER_ERROR', { error, eventType: undefined })
}

/** Returns the error of a session that ended with this close, if the server sent a reason. */
export function endErrorOf(
  last: LastServerError,
  { code, initiator, wasClean }: Omit<SessionClose, 'error'>,
): SessionError | undefined {
  if (initiator === 'client') return undefined
  if (isExpiry(last)) return new SessionError('EXPIRED', { code })
  return wasClean ? undefined : refusalOf(last)
}

const isExpiry = ({ error }: LastServerError) => error?.code === 'session_expired'

/** Returns whether the transport continues with another server. */
export function failsOver(transport: Transport, error: unknown): boolean {
  return transport.failOver?.(toError(error)) ?? false
}

/** Why an attempt of a transport that reconnects failed. */
export interface AttemptFailure {
  /** A few words that fit into a sentence. */
  readonly reason: string
  readonly error: Error
}

/** Describes a failed attempt. The message of a foreign error stays out of `reason`: it can contain a secret. */
export function describeFailure({ cause }: TransportReconnecting): AttemptFailure {
  if (!(cause instanceof Error)) {
    const { code, reason } = cause
    return {
      reason: `it closed with code ${code}`,
      error: cause.error ?? new TransportError('CLOSED', { code, reason }),
    }
  }
  return { reason: reasonOf(cause), error: cause }
}

function reasonOf(error: Error): string {
  if (isTransportError(error, 'CONNECT_FAILED')) {
    const { status, reason } = error.data
    return status === undefined ? reason : `HTTP ${status}: ${reason}`
  }
  return isTransportError(error) ? error.code : `${error.name}, see error.cause`
}

export const closedError = ({ code, reason }: Pick<SessionClose, 'code' | 'reason'>) =>
  new SessionError('CLOSED', { code, reason })

export const closedByClient = { code: 1000, reason: '' }

/** Returns a thrown value as an error. */
export const toError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('the handshake threw a value that is not an Error')
