import type { IncomingMessage } from 'node:http'
import type { ConnectRequest } from '../emulator/authentication.js'

const translationsPath = '/v1/realtime/translations'
const keyProtocol = 'openai-insecure-api-key.'

/** Returns the connection options from the query, headers, and subprotocols of a WebSocket upgrade. */
export function connectRequestOf(request: IncomingMessage): ConnectRequest {
  const { pathname, searchParams } = urlOf(request)
  const protocols = protocolsOf(request)
  const apiKey =
    keyOf(request) ?? protocols.find((protocol) => protocol.startsWith(keyProtocol))?.slice(keyProtocol.length)
  const fields = {
    model: searchParams.get('model'),
    intent: searchParams.get('intent'),
    callId: searchParams.get('call_id'),
    service: pathname === translationsPath && 'translations',
    apiKey,
    asksForBeta: 'openai-beta' in request.headers || protocols.some((protocol) => protocol.startsWith('openai-beta.')),
  }
  // Empty values count as omitted.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value))
}

/** Returns whether WebSocket sessions are served at a path. */
export function isSessionPath(path: string): boolean {
  return path === '/v1/realtime' || path === translationsPath
}

/** Returns the requested URL. */
export function urlOf({ url }: IncomingMessage): URL {
  const text = `http://127.0.0.1${url ?? '/'}`
  return new URL(URL.canParse(text) ? text : 'http://127.0.0.1/')
}

/** Returns the API key from the headers of a request. */
export function keyOf({ headers }: IncomingMessage): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const azure = headers['api-key']
  return bearer ?? (typeof azure === 'string' ? azure : undefined)
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
}
