import { withDeadline } from '../internal/deadline.js'
import { printableUrl } from '../transports/endpoint.js'
import { networkRefusal } from '../transports/open-socket/socket.js'
import { type ApiResponse, readResponse, statusError } from './response.js'
import { authorize } from './authorize.js'
import type { Body } from './request-body.js'
import { HttpError, isHttpError } from './error.js'
import { type ServerOptions, type Settings, settingsOf } from './options.js'

/** One thing to ask of the API; every request that the library makes is a `POST`. */
export interface Operation<T> {
  /** The path below the base address; each part is escaped. */
  readonly path: readonly string[]
  readonly accept: string
  readonly body: Body | undefined
  /** Whether asking twice does what asking once does. */
  readonly isIdempotent: boolean
  /** Makes the result of an answer that agrees. */
  read(answer: ApiResponse): T
}

// Refusals that stay the same however often one asks.
const fatalCodes = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'account_deactivated',
  'invalid_api_key',
])
const transientStatuses = new Set([408, 429, 500, 502, 503, 504])
// The connection was not made, so nothing was asked.
const unsentReasons = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ConnectionRefused',
])

/**
 * Asks, waits, asks again where that is safe, and gives the result.
 * @throws {HttpError} of every code; the reason of `signal` when that aborts.
 */
export async function request<T>(operation: Operation<T>, options: ServerOptions): Promise<T> {
  const settings = settingsOf(options)
  const url = urlOf(settings.baseUrl, operation.path)
  const { clock, timeoutMs, signal } = settings
  const endsAt = clock.now() + timeoutMs
  const timeoutError = () => new HttpError('TIMEOUT', { request: nameOf(url), timeoutMs })

  return withDeadline<T>({ clock, timeoutMs, timeoutError, signal }, (resolve, reject) => {
    const giveUp = new AbortController()
    let cancelWait = () => {}
    const attempt = (attempts: number): void => {
      sendOnce(operation, settings, url, attempts, giveUp.signal).then(resolve, (error) => {
        if (giveUp.signal.aborted) return
        const isLast = attempts > settings.maxRetries
        const delayMs = isLast ? undefined : retryDelayMs(error, attempts, operation.isIdempotent)
        // A wait that outlasts the deadline would only hide what went wrong.
        if (delayMs === undefined || clock.now() + delayMs >= endsAt) reject(error)
        else cancelWait = clock.after(delayMs, () => attempt(attempts + 1))
      })
    }
    attempt(1)
    return () => {
      giveUp.abort()
      cancelWait()
    }
  })
}

async function sendOnce<T>(
  operation: Operation<T>,
  settings: Settings,
  url: URL,
  attempts: number,
  signal: AbortSignal,
): Promise<T> {
  const { headers: authorization, secrets } = await authorize(settings)
  signal.throwIfAborted()
  const name = nameOf(url)
  const init: RequestInit = {
    method: 'POST',
    headers: headersFor(operation, authorization, settings),
    ...(operation.body === undefined ? {} : { body: operation.body.text }),
    redirect: 'manual',
    signal,
  }
  try {
    // Not as a method: the `fetch` of browsers and Workers refuses to be that of another object.
    const { fetch: send } = settings
    const response = await send(url.href, init)
    if (isRedirect(response)) throw redirectError(response, url)
    const answer = await readResponse(name, response)
    if (answer.status < 200 || answer.status >= 300) throw statusError(answer, attempts)
    return operation.read(answer)
  } catch (error) {
    throw withoutSecrets(isHttpError(error) ? error : networkError(error, name, attempts), secrets)
  }
}

/** A server, or something that pretends to be one, may send back what it was sent: then its words are not repeated. */
function withoutSecrets(error: HttpError, secrets: readonly string[]): HttpError {
  // A host is told in lower case, and what is very short is in every text.
  const hidden = secrets.filter(({ length }) => length >= 8).map((secret) => secret.toLowerCase())
  const leaks = (field: string, value: unknown) =>
    field !== 'request' && typeof value === 'string' && hidden.some((secret) => value.toLowerCase().includes(secret))
  const data = Object.entries(error.data)
  if (!data.some(([field, value]) => leaks(field, value))) return error
  const cleaned = data.map(([field, value]) => [field, leaks(field, value) ? 'redacted' : value])
  return new HttpError(error.code, Object.fromEntries(cleaned))
}

function headersFor<T>(
  { accept, body }: Operation<T>,
  authorization: Readonly<Record<string, string>>,
  settings: Settings,
): Record<string, string> {
  const headers: Record<string, string> = { accept, ...authorization }
  if (body !== undefined) headers['content-type'] = body.contentType
  for (const [name, value] of settings.headers) {
    if (value === null) delete headers[name]
    else headers[name] = value
  }
  return headers
}

/** A browser shows a redirect as an answer without a status; and a `fetch` of the caller's own may have followed it already. */
function isRedirect({ status, type, redirected }: Response): boolean {
  return type === 'opaqueredirect' || redirected || (status >= 300 && status < 400)
}

function redirectError({ status, headers, body }: Response, url: URL): HttpError {
  body?.cancel().catch(() => {})
  return new HttpError('REDIRECTED', {
    request: nameOf(url),
    status: status === 0 ? undefined : status,
    destination: originOf(headers.get('location'), url),
  })
}

function originOf(location: string | null, base: URL): string | undefined {
  if (location === null || !URL.canParse(location, base)) return undefined
  const { protocol, host } = new URL(location, base)
  return host === '' ? protocol : `${protocol}//${host}`
}

// What a runtime throws may quote the request, so only the name that it gives to the failure is kept.
function networkError(error: unknown, request: string, attempts: number): HttpError<'NETWORK'> {
  const code = codeOf((error as { cause?: unknown } | null)?.cause) ?? codeOf(error)
  const reason = code === undefined ? 'the connection failed' : networkRefusal(code).reason
  return new HttpError('NETWORK', { request, reason, attempts })
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : undefined
}

/** How long to wait before another attempt; `undefined` when there should be none. */
function retryDelayMs(error: unknown, attempts: number, isRepeatable: boolean): number | undefined {
  const backoffMs = Math.min(8_000, 500 * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2)
  if (isHttpError(error, 'NETWORK')) return isRepeatable || unsentReasons.has(error.data.reason) ? backoffMs : undefined
  if (!isHttpError(error, 'STATUS')) return undefined
  const { status, code, retryAfterMs } = error.data
  // Whoever says 429 has done nothing; after other failures nobody knows.
  const mayRepeat = status === 429 || (isRepeatable && transientStatuses.has(status))
  if (!mayRepeat || (code !== undefined && fatalCodes.has(code))) return undefined
  // A date that is over already says no more than that clocks differ.
  return retryAfterMs || backoffMs
}

function urlOf(baseUrl: URL, path: readonly string[]): URL {
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`
  return url
}

function nameOf(url: URL): string {
  return `POST ${printableUrl(url)}`
}
