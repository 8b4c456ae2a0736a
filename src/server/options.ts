import { type Clock, systemClock } from '../internal/clock.js'
import type { ApiKey } from '../transports/credentials.js'
import { HttpError } from './error.js'

/** Options of requests to the API. */
export interface ServerOptions {
  /**
   * Standard key (servers only) or client secret `ek_…`, or a function that returns one. The function is called for each attempt. The key never
   * appears in errors and is never sent to a redirect.
   */
  apiKey?: ApiKey
  /**
   * Header for the key. `authorization` has the prefix `Bearer`. Other headers, such as `api-key` for Azure, contain the key alone.
   * @defaultValue 'authorization'
   */
  apiKeyHeader?: string
  /**
   * URL of the API, including the version. `ws:` and `wss:` are replaced by `http:` and `https:`. A query is kept.
   * @defaultValue 'https://api.openai.com/v1'
   */
  baseUrl?: string | URL
  /** Organization that is billed, `org-…`. */
  organization?: string
  /** Project that is billed, `proj_…`. */
  project?: string
  /** Headers of each request. They override the headers of the library. `null` removes a header. */
  headers?: Readonly<Record<string, string | null | undefined>>
  /**
   * Time limit in milliseconds, including the key function, all attempts, and the delays between them.
   * @defaultValue 30_000
   */
  timeoutMs?: number
  /**
   * Maximum number of retries. Requests that are not idempotent are retried only if the server has not processed them.
   * @defaultValue 2
   */
  maxRetries?: number
  /** Aborts the request. The promise rejects with the reason of the signal. */
  signal?: AbortSignal
  /**
   * Function that sends requests, for proxies and agents.
   * @defaultValue the global `fetch`
   */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  clock?: Clock
}

/** Validated options with defaults. A copy, so later changes of the options have no effect. */
export interface Settings {
  readonly apiKey: ApiKey | undefined
  readonly apiKeyHeader: string
  readonly baseUrl: URL
  /** Names in lower case. `null` removes a header. */
  readonly headers: ReadonlyMap<string, string | null>
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly signal: AbortSignal | undefined
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
}

/**
 * Validates the options and fills in the defaults.
 * @throws {HttpError} `INVALID_OPTION` with the name of the option.
 */
export function settingsOf(options: ServerOptions): Settings {
  if (typeof options !== 'object' || options === null) throwInvalidOption('options', 'must be an object')
  const { apiKey, apiKeyHeader = 'authorization', signal, clock = systemClock } = options
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throwInvalidOption('signal', 'must be an AbortSignal; pass the signal of the AbortController')
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
  // The entries of a `Headers` object are not properties, so it would be ignored silently.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throwInvalidOption(
      'headers',
      'must be an object of names and values; pass Object.fromEntries(headers) for other types',
    )
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const key = headerName('headers', name)
    all.set(key, value === null ? null : headerValue(`headers.${key}`, value))
  }
  return all
}

function headerName(option: string, name: unknown): string {
  if (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throwInvalidOption(option, 'must be a valid header name; check for spaces and colons')
  return name.toLowerCase()
}

// Checked here, because the runtime's error would quote the value.
function headerValue(option: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    throwInvalidOption(option, 'must be a string without line breaks and control characters')
  return value
}

function baseUrlOf(value: string | URL): URL {
  if (!URL.canParse(String(value)))
    throwInvalidOption('baseUrl', 'is not a URL; pass one such as "https://example.com/v1"')
  const url = new URL(value)
  if (url.protocol === 'wss:') url.protocol = 'https:'
  if (url.protocol === 'ws:') url.protocol = 'http:'
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throwInvalidOption('baseUrl', 'must start with "https:" or "http:"')
  if (url.username !== '' || url.password !== '')
    throwInvalidOption('baseUrl', 'must not contain a user or password; pass apiKey or headers')
  for (const name of url.searchParams.keys())
    if (carriesCredential(name.toLowerCase()))
      throwInvalidOption(
        'baseUrl',
        'must not contain a key in its query, which appears in logs; pass apiKey or headers',
      )
  url.hash = ''
  return url
}

function wholeNumber(option: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throwInvalidOption(option, `must be a whole number between ${min} and ${max}`)
  return value
}

/** Returns whether a header or query parameter with this lower-case name contains a credential. */
export function carriesCredential(name: string): boolean {
  return /auth|(?<!idempotency-)key|token|secret|cookie|credential|password|signature/.test(name)
}

/** @throws {HttpError} `INVALID_OPTION`. */
export function throwInvalidOption(option: string, problem: string): never {
  throw new HttpError('INVALID_OPTION', { option, problem })
}
