import { callsStatusAdvice, statusAdvice } from '../internal/http-status.js'

/** Why a connection was refused, or failed before it was open. */
export interface ConnectionRefusal {
  /** The reason and what to do, as part of a sentence. */
  readonly reason: string
  /** HTTP status of the response. */
  readonly status?: number
  /** Code of a TLS failure. */
  readonly tlsCode?: string
  /** Delay that the server requested with `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number
}

/** Returns the refusal for an HTTP response that did not upgrade to a WebSocket. */
export function upgradeRefusal(status: number, retryAfter: string | null | undefined): ConnectionRefusal {
  const reason = statusAdvice(status) ?? 'the server did not upgrade to a WebSocket'
  return { status, reason, ...delayOf(retryAfter) }
}

/** Returns the refusal for an HTTP response of `/realtime/calls`. `apiCode` is the code of the API error. */
export function callRefusal(
  status: number,
  retryAfter: string | null | undefined,
  apiCode: string | undefined,
): ConnectionRefusal {
  const reason = callsStatusAdvice(status) + (apiCode === undefined ? '' : ` (${apiCode})`)
  // Browsers hide the status of a redirect and report 0.
  return { ...(status === 0 ? {} : { status }), reason, ...delayOf(retryAfter) }
}

/** Returns the refusal for a network failure with the error code of the runtime. */
export function networkRefusal(code: string | undefined): ConnectionRefusal {
  if (code === undefined) return { reason: 'the handshake failed' }
  if (!tlsCodes.test(code)) return { reason: code }
  return { tlsCode: code, reason: `TLS failed with ${code}; check the certificate of the server` }
}

/** Parses a `Retry-After` header, which contains seconds or an HTTP date. Returns milliseconds. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined || header === '') return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined
}

function delayOf(retryAfter: string | null | undefined): { readonly retryAfterMs?: number } {
  const ms = retryAfterMs(retryAfter)
  return ms === undefined ? {} : { retryAfterMs: ms }
}

/** Error codes of OpenSSL and Node.js for failures of TLS rather than of the network. */
const tlsCodes =
  /^(ERR_SSL_|ERR_TLS_CERT|EPROTO$|CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/
