import { isFatalApiCode } from '../internal/api-error-codes.js'
import { isProtocolError } from '../protocol/error.js'
import type { ServerError } from '../protocol/events/error.js'
import { isTransportError } from '../transports/error.js'
import { isSessionError, SessionError } from './error.js'
import type { SessionClose } from './options.js'

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
