import { type Clock, systemClock } from '../internal/clock.js'
import type { ApiKey } from '../transports/credentials.js'
import { HttpError } from './error.js'

/** Where requests go, on whose behalf, and how long they may take. */
export interface ServerOptions {
  /**
   * A standard key (on servers), or a client secret `ek_…` (anywhere). A function is called for each attempt. It never appears in an error
   * or a log, and never follows a redirect.
   */
  apiKey?: ApiKey
  /**
   * The header that carries the key. In `authorization` it stands behind `Bearer`, in any other (`api-key` for Azure) alone.
   * @defaultValue 'authorization'
   */
  apiKeyHeader?: string
  /**
   * Where the API is, up to and including its version; `ws(s):` is read as `http(s):`, a query is kept.
   * @defaultValue 'https://api.openai.com/v1'
   */
  baseUrl?: string | URL
  /** The organization that is billed, `org-…`. */
  organization?: string
  /** The project that is billed, `proj_…`. */
  project?: string
  /** Headers of each request. They win over those that the library sets, and `null` removes one. */
  headers?: Readonly<Record<string, string | null | undefined>>
  /**
   * How long the whole of it may take in milliseconds: fetching a key, all attempts, and the waits between them.
   * @defaultValue 30_000
   */
  timeoutMs?: number
  /**
   * How often a failed request is sent again, at most. Requests that must not happen twice are sent again only where the first cannot have
   * happened.
   * @defaultValue 2
   */
  maxRetries?: number
  /** Ends the wait; the promise rejects with its reason. */
  signal?: AbortSignal
  /**
   * What sends the requests, for proxies and agents.
   * @defaultValue the runtime's own `fetch`
   */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
  /**
   * Where the time of deadlines and waits comes from.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** The options with nothing left out; nothing that the caller changes afterwards reaches it. */
export interface Settings {
  readonly apiKey: ApiKey | undefined
  readonly apiKeyHeader: string
  readonly baseUrl: URL
  /** Lower-case names; `null` removes. */
  readonly headers: ReadonlyMap<string, string | null>
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly signal: AbortSignal | undefined
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
}

/**
 * The settings that the options amount to.
 * @throws {HttpError} `INVALID_OPTION` names the option that cannot work.
 */
export function settingsOf(options: ServerOptions): Settings {
  if (typeof options !== 'object' || options === null) throwInvalidOption('options', 'must be an object')
  const { apiKey, apiKeyHeader = 'authorization', signal, clock = systemClock } = options
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throwInvalidOption('signal', 'must be an AbortSignal; pass that of the controller')
  const send = options.fetch ?? ((url, init) => fetch(url, init))
  if (typeof send !== 'function') throwInvalidOption('fetch', 'must be a function')
  return {
    apiKey,
    apiKeyHeader: headerName('apiKeyHeader', apiKeyHeader),
    baseUrl: baseUrlOf(options.baseUrl ?? 'https://api.openai.com/v1'),
    headers: headersOf(options),
    timeoutMs: wholeNumber('timeoutMs', options.timeoutMs ?? 30_000, 1, 2 ** 31 - 1),
    maxRetries: wholeNumber('maxRetries', options.maxRetries ?? 2, 0, 10),
    signal,
    fetch: send,
    clock,
  }
}

function headersOf({ organization, project, headers = {} }: ServerOptions): ReadonlyMap<string, string | null> {
  const all = new Map<string, string | null>()
  if (organization !== undefined) all.set('openai-organization', headerValue('organization', organization))
  if (project !== undefined) all.set('openai-project', headerValue('project', project))
  // The entries of a `Headers` are not its properties: it would be passed over without a word, keys and all.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throwInvalidOption('headers', 'must be an object of names and values; for others pass Object.fromEntries(headers)')
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const key = headerName('headers', name)
    all.set(key, value === null ? null : headerValue(`headers.${key}`, value))
  }
  return all
}

function headerName(option: string, name: unknown): string {
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throwInvalidOption(option, 'must be a legal header name; check for spaces and colons')
  return name.toLowerCase()
}

// Judged here, because the runtime's own complaint would quote the value.
function headerValue(option: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throwInvalidOption(option, 'must be a string without line breaks and control characters')
  return value
}

function baseUrlOf(value: string | URL): URL {
  if (!URL.canParse(String(value)))
    throwInvalidOption('baseUrl', 'is not an address; give one such as "https://example.com/v1"')
  const url = new URL(value)
  if (url.protocol === 'wss:') url.protocol = 'https:'
  if (url.protocol === 'ws:') url.protocol = 'http:'
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throwInvalidOption('baseUrl', 'must begin with "https:" or "http:"')
  if (url.username !== '' || url.password !== '')
    throwInvalidOption('baseUrl', 'must not carry a user or password; pass apiKey or headers')
  for (const name of url.searchParams.keys())
    if (carriesCredential(name.toLowerCase()))
      throwInvalidOption('baseUrl', 'must not carry a key in its query, where logs keep it; pass apiKey or headers')
  url.hash = ''
  return url
}

function wholeNumber(option: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throwInvalidOption(option, `must be a whole number between ${min} and ${max}`)
  return value
}

/** Whether a header or a parameter of this name, in lower case, is one that lets somebody in. */
export function carriesCredential(name: string): boolean {
  return /auth|(?<!idempotency-)key|token|secret|cookie|credential|password|signature/.test(name)
}

/** Refuses an option. */
export function throwInvalidOption(option: string, problem: string): never {
  throw new HttpError('INVALID_OPTION', { option, problem })
}
