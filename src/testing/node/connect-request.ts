import type { IncomingMessage } from 'node:http'
import type { ConnectRequest } from '../emulator/authentication.js'
import { apiPathOf, isAzurePath, urlOf } from './api-path.js'

const keyProtocol = 'openai-insecure-api-key.'

/** Returns the connection options from the query, headers, and subprotocols of a WebSocket upgrade. */
export function connectRequestOf(request: IncomingMessage): ConnectRequest {
  const { searchParams } = urlOf(request)
  const fields = {
    ...modelOf(request),
    intent: searchParams.get('intent'),
    callId: searchParams.get('call_id'),
    service: apiPathOf(request)?.path === '/realtime/translations' && 'translations',
    apiKey: keyOf(request) ?? protocolKeyOf(request),
    asksForBeta: asksForBeta(request),
  }
  // Empty values count as omitted.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value))
}

/**
 * Returns the model of a request. On Azure it is the name of a deployment, in `deployment` or `model`, or in the session of a call.
 */
export function modelOf(
  request: IncomingMessage,
  session?: { readonly model?: string | undefined },
): Pick<ConnectRequest, 'model' | 'deployment'> {
  const { searchParams } = urlOf(request)
  const path = apiPathOf(request)
  const model = searchParams.get('model')
  if (!path || !isAzurePath(path)) return model ? { model } : {}
  const deployment = searchParams.get('deployment') ?? model ?? session?.model
  return deployment ? { deployment } : {}
}

/** Returns whether a request selects the beta protocol. Azure selects it by path and `api-version`, which any client of Azure may send. */
export function asksForBeta(request: IncomingMessage): boolean {
  return (
    'openai-beta' in request.headers || protocolsOf(request).some((protocol) => protocol.startsWith('openai-beta.'))
  )
}

/** Returns the API key from the headers of a request, or from the query on Azure, whose clients in browsers cannot set headers. */
export function keyOf(request: IncomingMessage): string | undefined {
  const { headers } = request
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const azure = headers['api-key']
  if (bearer !== undefined) return bearer
  if (typeof azure === 'string') return azure
  const path = apiPathOf(request)
  return path && isAzurePath(path) ? (urlOf(request).searchParams.get('api-key') ?? undefined) : undefined
}

/** Returns the API key that a page sends as a subprotocol, because it cannot set headers. */
export function protocolKeyOf(request: IncomingMessage): string | undefined {
  return protocolsOf(request)
    .find((protocol) => protocol.startsWith(keyProtocol))
    ?.slice(keyProtocol.length)
}

function protocolsOf({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
}
