import { isFatalApiCode } from '../internal/api-error-codes.js'
import { isHttpError } from './error.js'

// Narrower than for connections: 501 and 505 are permanent for the same request.
const transientStatuses = new Set([408, 429, 500, 502, 503, 504])
// The connection was not established, so nothing was sent.
const unsentReasons = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
])

/** Returns the delay before the next attempt in milliseconds, or `undefined` when the request must not be retried. */
export function retryDelayMs(error: unknown, attempts: number, isIdempotent: boolean): number | undefined {
  const backoffMs = Math.min(8_000, 500 * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2)
  if (isHttpError(error, 'NETWORK')) return isIdempotent || unsentReasons.has(error.data.reason) ? backoffMs : undefined
  if (!isHttpError(error, 'STATUS')) return undefined
  const { status, code, retryAfterMs } = error.data
  // A request that is refused with 429 was not processed. After other errors this is unknown.
  const mayRepeat = status === 429 || (isIdempotent && transientStatuses.has(status))
  if (!mayRepeat || isFatalApiCode(code)) return undefined
  // A `Retry-After` date in the past yields 0 and is ignored.
  return retryAfterMs || backoffMs
}
