import type { Address } from '../address.js'
import type { TransportClose } from '../transport.js'

/** What every runtime's way of opening a socket is asked for. */
export interface SocketRequest {
  readonly url: Address
  readonly apiKey: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** How it answers. After `onRefused` or `onClose` nothing follows. */
export interface SocketHandlers {
  onOpen(): void
  onMessage(frame: string): void
  /** The peer gave a sign of life that is no frame. */
  onPong(): void
  onRefused(refusal: SocketRefusal): void
  onClose(close: TransportClose): void
}

export interface SocketRefusal {
  readonly reason: string
  readonly status?: number
  readonly tlsCode?: string
  readonly retryAfterMs?: number
}

/** An open or opening socket. */
export interface Socket {
  readonly bufferedAmount: number
  /** False when the farewell has begun, so that nothing can be sent any more. */
  send(frame: string): boolean
  close(code: number, reason: string): void
  /** Asks the peer for a pong; absent where the runtime gives no way to. */
  readonly ping?: () => void
  /** Lets go at once, without a farewell; no handler is called afterwards. */
  abandon(): void
}

export type OpenSocket = (request: SocketRequest, handlers: SocketHandlers) => Socket

/** Sends unless the socket is closing: then a runtime drops the frame, and some complain of it. */
export function sendIfOpen(socket: { readonly readyState: number; send(frame: string): void }, frame: string): boolean {
  if (socket.readyState !== 1) return false
  socket.send(frame)
  return true
}

/** The subprotocols of a runtime whose sockets take no headers. */
export function subprotocols(apiKey: string | undefined): string[] {
  return apiKey === undefined ? ['realtime'] : ['realtime', `openai-insecure-api-key.${apiKey}`]
}

/** A `Retry-After` header in milliseconds: seconds or an HTTP date. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined || header === '') return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined
}

/** The refusal that an HTTP answer other than an upgrade amounts to. */
export function httpRefusal(status: number, retryAfter: string | null | undefined): SocketRefusal {
  const delay = retryAfterMs(retryAfter)
  return { status, reason: httpReason(status), ...(delay === undefined ? {} : { retryAfterMs: delay }) }
}

/** The refusal that a failed connection amounts to, by the code that the runtime gives it. */
export function networkRefusal(code: string | undefined): SocketRefusal {
  if (code === undefined) return { reason: 'the handshake failed' }
  if (!tlsCodes.test(code)) return { reason: code }
  return { tlsCode: code, reason: `TLS failed with ${code}; check the certificate of the server` }
}

/** Codes of OpenSSL and of Node.js that say that TLS, and not the network below it, failed. */
const tlsCodes =
  /^(ERR_SSL_|ERR_TLS_CERT|EPROTO$|CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/

function httpReason(status: number): string {
  if (status === 401) return 'the key was refused; check apiKey'
  if (status === 403) return 'the key may not use this endpoint'
  if (status === 404) return 'there is no such endpoint; check baseUrl or url'
  if (status === 429) return 'too many requests; wait before the next attempt'
  if (status >= 300 && status < 400) return 'the server redirects, and credentials do not follow a redirect'
  if (status >= 500) return 'the server failed; try again'
  return 'the server did not upgrade to a WebSocket'
}
