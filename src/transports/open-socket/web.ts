import { TransportError } from '../error.js'
import { type OpenSocket, subprotocols } from './socket.js'
import { attachStandardSocket } from './standard.js'

/**
 * Opens a socket with the runtime's own `WebSocket`: browsers, Deno and Bun. A browser cannot set headers, so the key travels as a
 * subprotocol there; Deno and Bun take headers.
 */
export const openSocket: OpenSocket = ({ url, apiKey, headers }, handlers) => {
  if (typeof WebSocket === 'undefined') throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'global WebSocket' })
  if ('Deno' in globalThis || 'Bun' in globalThis) {
    const all = apiKey === undefined ? headers : { Authorization: `Bearer ${apiKey}`, ...headers }
    const options = { headers: all, protocols: ['realtime'] }
    return attachStandardSocket(new WebSocket(url, options as unknown as string[]), handlers)
  }
  if (Object.keys(headers).length > 0)
    throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'way to set headers on a WebSocket' })
  return attachStandardSocket(new WebSocket(url, subprotocols(apiKey)), handlers)
}
