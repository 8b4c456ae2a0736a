import { TransportError } from './error.js'
import {
  encodeQueryPair,
  formatUrl,
  joinPath,
  type ParsedUrl,
  parseConfiguredUrl,
  parseUrl,
  queryPairName,
  type UrlParts,
} from './url.js'

/** The server and session to connect to. Pass exactly one of `model`, `callId`, `intent`, and `url`. */
export interface Endpoint {
  /** Model of the session, such as `gpt-realtime-2.1`. */
  model?: string
  /** Id of a live WebRTC or SIP call to attach to (`rtc_…`). */
  callId?: string
  /** Opens a session that transcribes and creates no responses. */
  intent?: 'transcription'
  /** Full URL, used unchanged except that `http(s):` becomes `ws(s):`. For proxies and for servers with other paths. */
  url?: string | URL
  /**
   * Service of the API. `translations` requires a `model` and uses the translation protocol.
   * @defaultValue 'realtime'
   */
  service?: 'realtime' | 'translations'
  /**
   * Base URL of the API, including its version.
   * @defaultValue 'wss://api.openai.com/v1'
   */
  baseUrl?: string | URL
}

export const defaultBaseUrl = 'wss://api.openai.com/v1'

const targets = { model: 'model', callId: 'call_id', intent: 'intent' } as const

/**
 * Returns the URL of an {@link Endpoint}.
 * @throws {TransportError} `INVALID_OPTION` with the name of the option that is missing, conflicts with another, or is not a URL.
 */
export function endpointUrl(endpoint: Endpoint): ParsedUrl {
  if (endpoint.url !== undefined) {
    for (const option of ['model', 'callId', 'intent', 'service', 'baseUrl'] as const)
      if (endpoint[option] !== undefined) reject(option, 'cannot be combined with "url"; put it into the URL')
    return formatUrl(socketAddress('url', endpoint.url))
  }
  const given = (Object.keys(targets) as (keyof typeof targets)[]).filter((name) => endpoint[name] !== undefined)
  const [target, second] = given
  if (target === undefined) reject('model', 'is missing; pass exactly one of model, callId, intent, and url')
  if (second !== undefined)
    reject(second, `cannot be combined with "${target}"; pass exactly one of model, callId, intent, and url`)
  const value = endpoint[target]
  if (typeof value !== 'string' || value.trim() === '') reject(target, 'must be a non-empty string')
  if (target === 'intent' && value !== 'transcription') reject('intent', 'must be "transcription"')
  const service = endpoint.service ?? 'realtime'
  if (service !== 'realtime' && service !== 'translations') reject('service', 'must be "realtime" or "translations"')
  if (service === 'translations' && target !== 'model') reject(target, 'cannot be used with translations; pass a model')

  const base = socketAddress('baseUrl', endpoint.baseUrl ?? defaultBaseUrl)
  const names = new Set<string | undefined>(Object.values(targets))
  return formatUrl({
    ...base,
    pathname: joinPath(base.pathname, service === 'translations' ? 'realtime/translations' : 'realtime'),
    query: [...base.query.filter((pair) => !names.has(queryPairName(pair))), encodeQueryPair(targets[target], value)],
  })
}

/** Returns a URL that contains no secrets: without user and password, and with redacted query values except model and intent. */
export function printableUrl({ href }: Pick<ParsedUrl, 'href'>): string {
  const parts = parseUrl(href)
  if (!parts) return 'the server'
  const plainNames = new Set<string | undefined>(['model', 'intent'])
  const query = parts.query.map((pair) => {
    const name = queryPairName(pair)
    if (name === undefined) return 'redacted'
    return plainNames.has(name) ? pair : `${pair.slice(0, pair.indexOf('='))}=redacted`
  })
  return formatUrl({ ...parts, query: [...new Set(query)] }).href
}

/** Returns whether a URL points to this machine. */
export function isLoopback({ hostname }: Pick<ParsedUrl, 'hostname'>): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

function socketAddress(option: 'url' | 'baseUrl', value: string | URL): UrlParts {
  const parts = parseConfiguredUrl(value, 'ws')
  return 'problem' in parts ? reject(option, parts.problem) : parts
}

function reject(option: keyof Endpoint, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
