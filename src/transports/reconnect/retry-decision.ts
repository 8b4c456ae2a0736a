import { isRealtimeError } from '../../errors.js'
import { isFatalApiCode } from '../../internal/api-error-codes.js'
import { isTransientStatus } from '../../internal/http-status.js'
import { explainClose } from '../close-codes.js'
import { isTransportError } from '../error.js'
import type { TransportClose } from '../transport.js'

/** Returns whether every further attempt would fail in the same way. Errors of unknown kinds count as temporary. */
export function isFinalError(error: unknown): boolean {
  if (isTransportError(error, 'SIGNALING_FAILED')) return isFinalCause(error.cause)
  if (!isTransportError(error)) return isFinalCause(error)
  if (isTransportError(error, 'CONNECT_FAILED')) {
    const { status, tlsCode } = error.data
    return tlsCode !== undefined || (status !== undefined && !isTransientStatus(status))
  }
  if (isTransportError(error, 'CLOSED')) return explainClose(error.data).kind !== 'transient'
  return (
    isTransportError(error, 'INVALID_OPTION') ||
    isTransportError(error, 'KEY_EXPOSED') ||
    isTransportError(error, 'UNSUPPORTED_RUNTIME') ||
    isTransportError(error, 'RECONNECT_EXHAUSTED')
  )
}

/**
 * Codes and names of errors that a retry cannot fix, such as a denied microphone. They are thrown by functions of the app (`microphone`,
 * `apiKey`, `exchangeSdp`), so their classes are unknown here.
 */
const finalCodes = new Set<unknown>([
  'PERMISSION_DENIED',
  'UNSUPPORTED',
  'INVALID_OPTION',
  'KEY_EXPOSED',
  'NotAllowedError',
  'SecurityError',
])

/** Returns whether a function of the app would throw the same error again. */
function isFinalCause(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { name, code, status, data } = error as Error & { code?: unknown; status?: unknown; data?: unknown }
  if (finalCodes.has(name) || finalCodes.has(code)) return true
  const response = (data ?? {}) as { status?: unknown; code?: unknown }
  const httpStatus = status ?? response.status
  return httpStatus === 401 || httpStatus === 403 || isFatalApiCode(response.code)
}

/** Returns whether a closed connection should stay closed. A close with an `error` comes from a transport that already retried. */
export function isFinalClose(close: TransportClose): boolean {
  return close.error !== undefined || explainClose(close).kind !== 'transient'
}

/** Returns the delay that the server requested with `Retry-After` in milliseconds, or 0. */
export function requestedDelayMs(cause: unknown): number {
  return (isTransportError(cause, 'CONNECT_FAILED') && cause.data.retryAfterMs) || 0
}

/** Describes a failure in a few words. The message of a foreign error is left out, because it could contain a secret. */
export function describeCause(cause: TransportClose | Error): string {
  if (!(cause instanceof Error)) return `${explainClose(cause).meaning}, ${cause.code}`
  if (isTransportError(cause, 'CONNECT_FAILED')) {
    const { status, reason } = cause.data
    return status === undefined ? reason : `HTTP ${status}: ${reason}`
  }
  if (isTransportError(cause, 'CONNECT_TIMEOUT')) return `no handshake within ${cause.data.timeoutMs} ms`
  return isRealtimeError(cause) ? cause.code : `${cause.name} thrown while opening, see cause`
}

/**
 * Returns whether a frame is an `error` event after which a retry is pointless. The service accepts a connection before it reports problems
 * of the account and closes. Frames are parsed only if their first 256 characters look like an `error` event.
 */
export function isFatalApiError(frame: string): boolean {
  if (!/"type"\s*:\s*"error"/.test(frame.slice(0, 256))) return false
  try {
    const event = JSON.parse(frame) as { type?: unknown; error?: { code?: unknown; type?: unknown } | null } | null
    if (event?.type !== 'error') return false
    return isFatalApiCode(event.error?.code) || isFatalApiCode(event.error?.type)
  } catch {
    return false
  }
}
