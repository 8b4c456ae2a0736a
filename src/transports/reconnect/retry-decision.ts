import { explainClose } from '../close.js'
import { isTransportError, type TransportError } from '../error.js'
import type { TransportClose } from '../transport.js'

/** Whether every other attempt would fail as this one did. Only errors of transports can say so; anything else may pass. */
export function isFinalError(error: unknown): error is TransportError {
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

/** Whether a connection that ended so should stay ended. A close that carries an error comes from a transport that has tried already. */
export function isFinalClose(close: TransportClose): boolean {
  return close.error !== undefined || explainClose(close).kind !== 'transient'
}

/** How long the server asks to be left alone, in milliseconds; 0 when it does not. */
export function requestedDelayMs(cause: unknown): number {
  return (isTransportError(cause, 'CONNECT_FAILED') && cause.data.retryAfterMs) || 0
}

/** Why an attempt is needed, in few words. What foreign code throws is not repeated: it could hold a secret. */
export function reasonOf(cause: TransportClose | Error): string {
  if (!(cause instanceof Error)) return `${explainClose(cause).meaning}, ${cause.code}`
  if (isTransportError(cause, 'CONNECT_FAILED')) {
    const { status, reason } = cause.data
    return status === undefined ? reason : `HTTP ${status}: ${reason}`
  }
  if (isTransportError(cause, 'CONNECT_TIMEOUT')) return `no handshake within ${cause.data.timeoutMs} ms`
  return isTransportError(cause) ? cause.code : `${cause.name} thrown while opening, see cause`
}

/** Codes of API errors that no other attempt can mend. */
const fatalApiCodes = new Set<unknown>([
  'insufficient_quota',
  'invalid_api_key',
  'account_deactivated',
  'billing_hard_limit_reached',
  'beta_api_shape_disabled',
])

/**
 * Whether a frame is an `error` event after which connecting again is pointless: the service accepts a connection first, then says what
 * is wrong with the account and closes. Other frames cost a look at their first characters.
 */
export function isFatalApiError(frame: string): boolean {
  if (!/"type"\s*:\s*"error"/.test(frame.slice(0, 256))) return false
  try {
    const event = JSON.parse(frame) as { type?: unknown; error?: { code?: unknown; type?: unknown } | null } | null
    if (event?.type !== 'error') return false
    return fatalApiCodes.has(event.error?.code) || fatalApiCodes.has(event.error?.type)
  } catch {
    return false
  }
}

function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status <= 599)
}
