import { TransportError } from '../error.js'
import { type OpenSocket, subprotocols } from './socket.js'
import { attachStandardSocket } from './standard.js'

/**
 * Opens a socket with the runtime's own `WebSocket`: browsers, React Native, Deno and Bun. A browser cannot set headers, so the key travels as
 * a subprotocol there and in React Native. Deno, Bun and React Native take headers.
 */
export const openSocket: OpenSocket = ({ url: { href }, apiKey, headers }, handlers) => {
  if (typeof WebSocket === 'undefined') throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'global WebSocket' })
  if ('Deno' in globalThis || 'Bun' in globalThis) {
    const all = apiKey === undefined ? headers : { Authorization: `Bearer ${apiKey}`, ...headers }
    const options = { headers: all, protocols: ['realtime'] }
    return attachStandardSocket(new WebSocket(href, options as unknown as string[]), handlers)
  }
  const names = Object.keys(headers)
  if (names.length === 0) return attachStandardSocket(new WebSocket(href, subprotocols(apiKey)), handlers)
  if (!isReactNative())
    throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'way to set headers on a WebSocket' })
  // Headers win over what the library sets.
  const hasAuthorization = names.some((name) => name.toLowerCase() === 'authorization')
  const protocols = subprotocols(hasAuthorization ? undefined : apiKey)
  const Socket = WebSocket as unknown as new (url: string, protocols: string[], options: object) => WebSocket
  return attachStandardSocket(new Socket(href, protocols, { headers: { ...headers } }), handlers)
}

function isReactNative(): boolean {
  return (globalThis as { navigator?: { product?: string } }).navigator?.product === 'ReactNative'
}
