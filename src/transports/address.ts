/*
 * The `URL` of React Native knows `http:` and `https:` only: the host of a `wss:` address is empty there, nothing is refused, and most parts
 * cannot be set. Addresses are therefore taken apart here. Where the runtime's `URL` knows the scheme, it normalizes the address first.
 */

/** An absolute address. A `URL` fits. */
export interface Address {
  readonly href: string
  /** The scheme with its colon, such as `wss:`. */
  readonly protocol: string
  /** The host without its port. */
  readonly hostname: string
}

/** The parts of an address. */
export interface AddressParts {
  readonly protocol: string
  readonly hasUserInfo: boolean
  readonly hostname: string
  /** The port with its colon, or an empty string. */
  readonly port: string
  readonly pathname: string
  /** The `name=value` pairs of the query, encoded. */
  readonly query: readonly string[]
}

const defaultPorts: Readonly<Record<string, string>> = {
  'http:': ':80',
  'ws:': ':80',
  'https:': ':443',
  'wss:': ':443',
}

/** What may not occur in a host, https://url.spec.whatwg.org/#forbidden-domain-code-points. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are forbidden in hosts
const forbiddenInHost = /[\u0000-\u0020#%/:<>?@[\\\]^|\u007f]/

/** Takes an absolute address apart; its fragment is dropped. Returns `undefined` for anything else. */
export function parseAddress(value: string | URL): AddressParts | undefined {
  const text = normalized(String(value).trim())
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
    pathname: encoded(path) || '/',
    query: query === '' ? [] : encoded(query).split('&'),
  }
}

/** Returns the scheme with its colon of a text that begins like an address. */
export function schemeOf(value: string | URL): string | undefined {
  return /^([a-z][a-z\d+.-]*:)/i.exec(String(value).trim())?.[1]?.toLowerCase()
}

/** Puts the parts of an address together, without a user and a password. */
export function formatAddress({ protocol, hostname, port, pathname, query }: AddressParts): Address {
  const search = query.length === 0 ? '' : `?${query.join('&')}`
  return { href: `${protocol}//${hostname}${port}${pathname}${search}`, protocol, hostname }
}

/** Encodes one pair of a query as forms do. */
export function queryPair(name: string, value: string): string {
  // Half a character cannot be encoded.
  const text = encodeURIComponent(value.replace(/[\ud800-\udfff]/gu, '\ufffd'))
  const escaped = text.replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${name}=${escaped.replace(/%20/g, '+')}`
}

/** Returns the decoded name of a pair, or `undefined` when it has no value. */
export function nameOfPair(pair: string): string | undefined {
  const end = pair.indexOf('=')
  if (end < 0) return undefined
  const name = pair.slice(0, end).replace(/\+/g, ' ')
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** Returns the address as the runtime normalizes it, where the runtime knows its scheme. */
function normalized(text: string): string {
  try {
    const url = new URL(text)
    return url.hostname === '' ? text : url.href
  } catch {
    // The runtime knows that it is no address.
    return typeof URL === 'function' ? '' : text
  }
}

function encoded(text: string): string {
  return text.replace(/[^\x21-\x7e]+|["<>`{}^]/g, (part) =>
    encodeURIComponent(part.replace(/[\ud800-\udfff]/gu, '\ufffd')),
  )
}
