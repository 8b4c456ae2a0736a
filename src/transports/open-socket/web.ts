import { TransportError } from '../error.js'
import { type OpenSocket, socketSubprotocols } from './socket.js'
import { attachStandardSocket } from './standard.js'

/**
 * Opens a socket with the runtime's own `WebSocket`: browsers, React Native, Deno and Bun. A browser cannot set headers, so the key is
 * sent as a subprotocol there and in React Native. Deno, Bun, and React Native accept headers.
 */
export const openSocket: OpenSocket = ({ url: { href }, apiKey, headers }, handlers) => {
  if (typeof WebSocket === 'undefined') throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'global WebSocket' })
  if ('Deno' in globalThis || 'Bun' in globalThis) {
    const merged = apiKey === undefined ? headers : { Authorization: `Bearer ${apiKey}`, ...headers }
    const options = { headers: merged, protocols: ['realtime'] }
    return attachStandardSocket(new WebSocket(href, options as unknown as string[]), handlers)
  }
  const names = Object.keys(headers)
  if (names.length === 0) return attachStandardSocket(new WebSocket(href, socketSubprotocols(apiKey)), handlers)
  if (!isReactNative())
    throw new TransportError('UNSUPPORTED_RUNTIME', { missing: 'way to set headers on a WebSocket' })
  // Headers of the caller override those of the library.
  const hasAuthorization = names.some((name) => name.toLowerCase() === 'authorization')
  const protocols = socketSubprotocols(hasAuthorization ? undefined : apiKey)
  const Socket = WebSocket as unknown as new (url: string, protocols: string[], options: object) => WebSocket
  return attachStandardSocket(new Socket(href, protocols, { headers: { ...headers } }), handlers)
}

function isReactNative(): boolean {
  return (globalThis as { navigator?: { product?: string } }).navigator?.product === 'ReactNative'
}
