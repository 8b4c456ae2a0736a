import type { IncomingMessage } from 'node:http'
import { isIP, isIPv4 } from 'node:net'

/** Origins that pages may have: `'*'` for all, or a list such as `['https://app.example.com']`. */
export type AllowedOrigins = '*' | readonly string[]

/** Returns whether a host is this machine: `localhost`, a name below it, or a loopback address. */
function isThisMachine(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '')
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
  )
}

/**
 * Returns whether a request names this machine or an address as its host. A page can point the name of its own site to 127.0.0.1, and its
 * GET requests have no origin then. A server that listens on other addresses is reachable by any name.
 */
export function isOwnHost(
  { headers }: IncomingMessage,
  { host: listening, allowOrigin }: { readonly host: string; readonly allowOrigin: AllowedOrigins },
): boolean {
  if (!isThisMachine(listening) || allowOrigin === '*') return true
  const url = `http://${headers.host ?? ''}`
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return isThisMachine(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
}

/**
 * Returns whether a page of this origin may use the server. Requests without an origin do not come from pages. Pages on this machine are
 * always allowed, and pages that were loaded from the address of the server itself, unless the address is a name, which may be rebound.
 */
export function isAllowedOrigin({ headers }: IncomingMessage, allowed: AllowedOrigins): boolean {
  const { origin, host } = headers
  if (origin === undefined || allowed === '*' || allowed.includes(origin)) return true
  if (!URL.canParse(origin)) return false
  const { hostname, host: originHost } = new URL(origin)
  return isThisMachine(hostname) || (originHost === host && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
}

/**
 * Returns the CORS headers of a response to an allowed origin. All headers that a preflight asks for are allowed, as the service allows those
 * of its SDKs.
 */
export function crossOriginHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const { origin } = headers
  if (origin === undefined) return {}
  const asked = headers['access-control-request-headers']
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    'access-control-allow-headers': asked ?? 'authorization, content-type',
    'access-control-expose-headers': 'Location, X-Request-Id',
    ...(headers['access-control-request-private-network'] === undefined
      ? {}
      : { 'access-control-allow-private-network': 'true' }),
  }
}
