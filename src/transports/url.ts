/*
 * The `URL` of React Native supports `http:` and `https:` only. For a `wss:` URL its host is empty, nothing is validated, and most setters
 * have no effect. This module therefore parses URLs itself. Where the runtime's `URL` supports the scheme, it normalizes the URL first.
 */

/** An absolute URL. A `URL` has the same members. */
export interface ParsedUrl {
  readonly href: string
  /** The scheme with its colon, such as `wss:`. */
  readonly protocol: string
  /** The host without its port. */
  readonly hostname: string
}

/** The components of a URL. */
export interface UrlParts {
  readonly protocol: string
  readonly hasUserInfo: boolean
  readonly hostname: string
  /** The port with its colon, or an empty string. */
  readonly port: string
  readonly pathname: string
  /** The `name=value` pairs of the query, percent-encoded. */
  readonly query: readonly string[]
}

const defaultPorts: Readonly<Record<string, string>> = {
  'http:': ':80',
  'ws:': ':80',
  'https:': ':443',
  'wss:': ':443',
}

/** Code points that a host cannot contain, https://url.spec.whatwg.org/#forbidden-domain-code-points. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are forbidden in hosts
const forbiddenInHost = /[\u0000-\u0020#%/:<>?@[\\\]^|\u007f]/

/** Parses an absolute URL and drops its fragment. Returns `undefined` for any other value. */
export function parseUrl(value: string | URL): UrlParts | undefined {
  const text = normalize(String(value).trim())
  const match = /^([a-z][a-z\d+.-]*:)\/\/([^/?#\\]*)([^?#]*)(?:\?([^#]*))?/i.exec(text)
  if (!match) return undefined
  const [, scheme = '', authority = '', path = '', query = ''] = match
  const at = authority.lastIndexOf('@')
  const host = /^(\[[\da-f:.]+\]|[^:]+)(?::(\d{0,5}))?$/i.exec(authority.slice(at + 1))
  if (!host) return undefined
  const [, hostname = '', port = ''] = host
  if (!hostname.startsWith('[') && forbiddenInHost.test(hostname)) return undefined
  if (Number(port) > 65_535 || path.includes('\\')) return undefined
  const protocol = scheme.toLowerCase()
  return {
    protocol,
    hasUserInfo: at >= 0,
    hostname: hostname.toLowerCase(),
    port: port === '' || defaultPorts[protocol] === `:${Number(port)}` ? '' : `:${Number(port)}`,
    pathname: percentEncode(path) || '/',
    query: query === '' ? [] : percentEncode(query).split('&'),
  }
}

/** The family of schemes that a client connects with: `ws` for sockets, `http` for requests. */
export type UrlFamily = 'ws' | 'http'

/**
 * Parses a URL that the app configured, and converts its scheme to the family: `https:` becomes `wss:` for `ws`, and `wss:` becomes `https:`
 * for `http`. Returns the problem, worded to follow the name of the option, when the value is not such a URL.
 */
export function parseConfiguredUrl(value: string | URL, family: UrlFamily): UrlParts | { readonly problem: string } {
  const parts = parseUrl(value)
  const scheme = parts?.protocol ?? urlScheme(value)
  const match = /^(?:ws|http)(s?):$/.exec(scheme ?? '')
  if (scheme !== undefined && !match)
    return { problem: `must begin with "${family}s:" or "${family}:", not "${scheme}"` }
  if (!parts || !match) return { problem: `is not a URL; pass one such as "${family}s://example.com/v1"` }
  if (parts.hasUserInfo) return { problem: 'must not contain a user or password; pass apiKey or headers' }
  return { ...parts, protocol: `${family}${match[1]}:` }
}

/** Returns the path below a base URL, whose trailing slashes are removed. */
export function joinPath(basePathname: string, path: string): string {
  return `${basePathname.replace(/\/+$/, '')}/${path}`
}

/** Returns the scheme at the start of a text, with its colon and in lower case. */
export function urlScheme(value: string | URL): string | undefined {
  return /^([a-z][a-z\d+.-]*:)/i.exec(String(value).trim())?.[1]?.toLowerCase()
}

/** Formats a URL from its components, without user and password. */
export function formatUrl({ protocol, hostname, port, pathname, query }: UrlParts): ParsedUrl {
  const search = query.length === 0 ? '' : `?${query.join('&')}`
  return { href: `${protocol}//${hostname}${port}${pathname}${search}`, protocol, hostname }
}

/** Encodes a name and a value as `application/x-www-form-urlencoded`. */
export function encodeQueryPair(name: string, value: string): string {
  // `encodeURIComponent` throws for a lone surrogate.
  const text = encodeURIComponent(value.replace(/[\ud800-\udfff]/gu, '\ufffd'))
  const escaped = text.replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${name}=${escaped.replace(/%20/g, '+')}`
}

/** Returns the decoded name of a query pair, or `undefined` when the pair has no value. */
export function queryPairName(pair: string): string | undefined {
  const end = pair.indexOf('=')
  if (end < 0) return undefined
  const name = pair.slice(0, end).replace(/\+/g, ' ')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Returns the URL as the runtime normalizes it, if the runtime supports its scheme. */
function normalize(text: string): string {
  try {
    const url = new URL(text)
    return url.hostname === '' ? text : url.href
  } catch {
    // A runtime that has `URL` rejects only what is not a URL.
    return typeof URL === 'function' ? '' : text
  }
}

function percentEncode(text: string): string {
  return text.replace(/[^\x21-\x7e]+|["<>`{}^]/g, (part) =>
    encodeURIComponent(part.replace(/[\ud800-\udfff]/gu, '\ufffd')),
  )
}
