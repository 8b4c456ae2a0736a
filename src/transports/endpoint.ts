import {
  type Address,
  type AddressParts,
  formatAddress,
  nameOfPair,
  parseAddress,
  queryPair,
  schemeOf,
} from './address.js'
import { TransportError } from './error.js'

/** Which server and which of its sessions a connection is for; exactly one of `model`, `callId`, `intent` and `url` is given. */
export interface Endpoint {
  /** The model that answers, such as `gpt-realtime-2.1`. */
  model?: string
  /** A live WebRTC or SIP call to attach to (`rtc_…`). */
  callId?: string
  /** A session that transcribes and never answers. */
  intent?: 'transcription'
  /** The whole address, used as it is; `http(s):` is read as `ws(s):`. For proxies and for servers with paths of their own. */
  url?: string | URL
  /**
   * Which service of the API. `translations` takes a `model` and speaks the translation protocol.
   * @default 'realtime'
   */
  service?: 'realtime' | 'translations'
  /**
   * Where the API is, up to and including its version.
   * @default 'wss://api.openai.com/v1'
   */
  baseUrl?: string | URL
}

export const defaultBaseUrl = 'wss://api.openai.com/v1'

const targets = { model: 'model', callId: 'call_id', intent: 'intent' } as const

/**
 * Returns the address of an {@link Endpoint}.
 * @throws {TransportError} `INVALID_OPTION` names the option that is missing, contradicts another, or cannot be an address.
 */
export function endpointUrl(endpoint: Endpoint): Address {
  if (endpoint.url !== undefined) {
    for (const option of ['model', 'callId', 'intent', 'service', 'baseUrl'] as const)
      if (endpoint[option] !== undefined) refuse(option, 'cannot stand beside "url"; put it into the address')
    return formatAddress(socketAddress('url', endpoint.url))
  }
  const given = (Object.keys(targets) as (keyof typeof targets)[]).filter((name) => endpoint[name] !== undefined)
  const [target, second] = given
  if (target === undefined) refuse('model', 'is missing; give exactly one of model, callId, intent and url')
  if (second !== undefined)
    refuse(second, `cannot stand beside "${target}"; give exactly one of model, callId, intent and url`)
  const value = endpoint[target]
  if (typeof value !== 'string' || value.trim() === '') refuse(target, 'must be a string that is not empty')
  if (target === 'intent' && value !== 'transcription') refuse('intent', 'must be "transcription"')
  const service = endpoint.service ?? 'realtime'
  if (service !== 'realtime' && service !== 'translations') refuse('service', 'must be "realtime" or "translations"')
  if (service === 'translations' && target !== 'model') refuse(target, 'has no meaning for translations; give a model')

  const base = socketAddress('baseUrl', endpoint.baseUrl ?? defaultBaseUrl)
  const names = new Set<string | undefined>(Object.values(targets))
  return formatAddress({
    ...base,
    pathname: `${base.pathname.replace(/\/+$/, '')}/realtime${service === 'translations' ? '/translations' : ''}`,
    query: [...base.query.filter((pair) => !names.has(nameOfPair(pair))), queryPair(targets[target], value)],
  })
}

/** Returns the address without anything that could be a secret: no user, no password, no query value but the target's. */
export function printableUrl({ href }: Pick<Address, 'href'>): string {
  const parts = parseAddress(href)
  if (!parts) return 'the server'
  const open = new Set<string | undefined>(['model', 'intent'])
  const query = parts.query.map((pair) => {
    const name = nameOfPair(pair)
    if (name === undefined) return 'redacted'
    return open.has(name) ? pair : `${pair.slice(0, pair.indexOf('='))}=redacted`
  })
  return formatAddress({ ...parts, query: [...new Set(query)] }).href
}

/** Whether an address stays on this machine. */
export function isLoopback({ hostname }: Pick<Address, 'hostname'>): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}

function socketAddress(option: 'url' | 'baseUrl', value: string | URL): AddressParts {
  const parts = parseAddress(value)
  const given = parts?.protocol ?? schemeOf(value)
  const protocol = given === 'https:' ? 'wss:' : given === 'http:' ? 'ws:' : given
  if (protocol !== undefined && protocol !== 'wss:' && protocol !== 'ws:')
    refuse(option, `must begin with "wss:" or "ws:", not "${protocol}"`)
  if (!parts || protocol === undefined)
    return refuse(option, 'is not an address; give one such as "wss://example.com/v1"')
  if (parts.hasUserInfo) refuse(option, 'must not carry a user or password; pass apiKey or headers')
  return { ...parts, protocol }
}

function refuse(option: keyof Endpoint, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
