import type { IncomingMessage } from 'node:http'
import { urlOf } from '../../testing/node/api-path.js'
import { keyOf, protocolKeyOf } from '../../testing/node/connect-request.js'

/** Headers of a client that the service reads. All others belong to the connection between client and proxy. */
const forwarded = /^(authorization|api-key|user-agent|openai-.+|x-.+)$/

/**
 * Returns the URL of the service for a request. If `upstream` ends with a path of sessions, it is used unchanged. Otherwise the path of the request
 * follows. Parameters of the request override those of `upstream`.
 */
export function upstreamUrl(upstream: URL, request: IncomingMessage): URL {
  const asked = urlOf(request)
  const url = new URL(upstream)
  const base = url.pathname.replace(/\/+$/, '')
  if (!/\/realtime(\/translations)?$/.test(base))
    url.pathname = base === '' || asked.pathname.startsWith(`${base}/`) ? asked.pathname : `${base}${asked.pathname}`
  for (const [name, value] of asked.searchParams) url.searchParams.set(name, value)
  return url
}

/** Returns the credentials and headers for the service. The key of the client is preferred to the one of the environment. */
export function upstreamOptions(
  request: IncomingMessage,
  environmentKey: string | undefined,
): { readonly headers: Readonly<Record<string, string>>; readonly apiKey?: string } {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers))
    if (forwarded.test(name) && typeof value === 'string') headers[name] = value
  const key = protocolKeyOf(request) ?? (keyOf(request) === undefined ? environmentKey : undefined)
  return { headers, ...(key !== undefined && { apiKey: key }) }
}
