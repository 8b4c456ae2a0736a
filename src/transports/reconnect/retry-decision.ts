import { isRealtimeError } from '../../errors.js'
import { isFatalApiCode } from '../../internal/api-error-codes.js'
import { explainClose } from '../close.js'
import { isTransportError } from '../error.js'
import type { TransportClose } from '../transport.js'

/** Returns whether every further attempt would fail as this one did. Errors of unknown kinds are taken for temporary. */
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
 * Codes and names of errors that time does not heal, such as a denied microphone. Functions of the app (`microphone`, `key`,
 * `exchangeSdp`) throw them, so their classes are not known here.
 */
const finalCodes = new Set<unknown>([
  'PERMISSION_DENIED',
  'UNSUPPORTED',
  'INVALID_OPTION',
  'KEY_EXPOSED',
  'NotAllowedError',
  'SecurityError',
])

/** Whether what a function of the app threw will be thrown again. */
function isFinalCause(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { name, code, status, data } = error as Error & { code?: unknown; status?: unknown; data?: unknown }
  if (finalCodes.has(name) || finalCodes.has(code)) return true
  const answer = (data ?? {}) as { status?: unknown; code?: unknown }
  const found = status ?? answer.status
  return found === 401 || found === 403 || isFatalApiCode(answer.code)
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
  return isRealtimeError(cause) ? cause.code : `${cause.name} thrown while opening, see cause`
}

/**
 * Whether a frame is an `error` event after which connecting again is pointless: the service accepts a connection first, then says what
 * is wrong with the account and closes. Other frames cost a look at their first characters.
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

function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status <= 599)
}
