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
 * The address that an {@link Endpoint} names.
 * @throws {TransportError} `INVALID_OPTION` names the option that is missing, contradicts another, or cannot be an address.
 */
export function endpointUrl(endpoint: Endpoint): URL {
  if (endpoint.url !== undefined) {
    for (const option of ['model', 'callId', 'intent', 'service', 'baseUrl'] as const)
      if (endpoint[option] !== undefined) refuse(option, 'cannot stand beside "url"; put it into the address')
    return socketUrl('url', endpoint.url)
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

  const url = socketUrl('baseUrl', endpoint.baseUrl ?? defaultBaseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/realtime${service === 'translations' ? '/translations' : ''}`
  for (const name of Object.values(targets)) url.searchParams.delete(name)
  url.searchParams.set(targets[target], value)
  return url
}

/** The address without anything that could be a secret: no user, no password, no query value but the target's. */
export function printableUrl(url: URL): string {
  const copy = new URL(url)
  copy.username = ''
  copy.password = ''
  const open = new Set<string>(['model', 'intent'])
  for (const name of [...copy.searchParams.keys()]) if (!open.has(name)) copy.searchParams.set(name, 'redacted')
  return copy.href
}

/** Whether an address stays on this machine. */
export function isLoopback(url: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
}

function socketUrl(option: 'url' | 'baseUrl', value: string | URL): URL {
  let url: URL
  try {
    url = new URL(value)
  } catch {
    return refuse(option, 'is not an address; give one such as "wss://example.com/v1"')
  }
  if (url.protocol === 'https:') url.protocol = 'wss:'
  if (url.protocol === 'http:') url.protocol = 'ws:'
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    refuse(option, `must begin with "wss:" or "ws:", not "${url.protocol}"`)
  if (url.username !== '' || url.password !== '')
    refuse(option, 'must not carry a user or password; pass apiKey or headers')
  url.hash = ''
  return url
}

function refuse(option: keyof Endpoint, problem: string): never {
  throw new TransportError('INVALID_OPTION', { option, problem })
}
