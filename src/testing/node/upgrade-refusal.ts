import { Buffer } from 'node:buffer'
import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import type { RefuseFault } from '../emulator/faults.js'
import type { HttpResponse } from './http-response.js'

/** The HTTP response that rejects a handshake. */
export interface UpgradeRefusal {
  /** HTTP status, for example 429 or 503. */
  readonly status: number
  /** Headers, for example `{ 'retry-after': '1' }`. */
  readonly headers?: Readonly<Record<string, string>>
  /** @defaultValue a JSON error */
  readonly body?: string
}

/** Returns the response that rejects the request of a WebRTC call. */
export function handshakeRefusal({ status = 429, headers = {}, body }: RefuseFault): HttpResponse {
  const text = body ?? errorBody(STATUS_CODES[status] ?? '')
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: text }
}

/**
 * Returns the response that rejects an upgrade, as it is written to the socket.
 * @throws {RangeError} When the status is not final. `TypeError` when a header is invalid.
 */
export function upgradeRejection({
  status,
  headers = {},
  body = errorBody(STATUS_CODES[status] ?? ''),
}: UpgradeRefusal): string {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError('not a final HTTP status')
  const lines = Object.entries({
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return `${name}: ${value}\r\n`
  })
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}

export function errorBody(message: string): string {
  return JSON.stringify({ error: { type: 'server_error', code: null, message, param: null } })
}
