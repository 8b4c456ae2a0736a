import { throwIfAborted } from '../internal/abort.js'
import { withDeadline } from '../internal/deadline.js'
import { networkRefusal } from '../transports/connection-refusal.js'
import { printableUrl } from '../transports/endpoint.js'
import { type ApiResponse, readResponse, statusError } from './api-response.js'
import { authorize } from './authorization.js'
import { HttpError, isHttpError } from './error.js'
import { type ServerOptions, type Settings, settingsOf } from './options.js'
import { withoutSecrets } from './redacted-error.js'
import type { Body } from './request-body.js'
import { retryDelayMs } from './retry-delay.js'

/** A request to the API. All requests of the library are `POST`. */
export interface Operation<T> {
  /** Path below the base URL. Each segment is escaped. */
  readonly path: readonly string[]
  readonly accept: string
  readonly body: Body | undefined
  /** Whether repeating the request is safe. */
  readonly isIdempotent: boolean
  /** Converts a successful response to the result. */
  read(response: ApiResponse): T
}

/**
 * Sends a request, retries it where that is safe, and returns the result.
 * @throws {HttpError} of every code. Throws the reason of `signal` when it is aborted.
 */
export async function request<T>(operation: Operation<T>, options: ServerOptions): Promise<T> {
  const settings = settingsOf(options)
  const url = urlOf(settings.baseUrl, operation.path)
  const { clock, timeoutMs, signal } = settings
  const endsAt = clock.now() + timeoutMs
  const timeoutError = () => new HttpError('TIMEOUT', { request: nameOf(url), timeoutMs })

  return withDeadline<T>({ clock, timeoutMs, timeoutError, signal }, (resolve, reject) => {
    const controller = new AbortController()
    let cancelWait = () => {}
    const attempt = (attempts: number): void => {
      sendOnce(operation, settings, url, attempts, controller.signal).then(resolve, (error) => {
        if (controller.signal.aborted) return
        const isLast = attempts > settings.maxRetries
        const delayMs = isLast ? undefined : retryDelayMs(error, attempts, operation.isIdempotent)
        // A delay beyond the deadline would replace the error by TIMEOUT.
        if (delayMs === undefined || clock.now() + delayMs >= endsAt) reject(error)
        else cancelWait = clock.after(delayMs, () => attempt(attempts + 1))
      })
    }
    attempt(1)
    return () => {
      controller.abort()
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
  throwIfAborted(signal)
  const name = nameOf(url)
  const init: RequestInit = {
    method: 'POST',
    headers: headersFor(operation, authorization, settings),
    ...(operation.body === undefined ? {} : { body: operation.body.text }),
    redirect: 'manual',
    signal,
  }
  try {
    // Called as a function: `fetch` of browsers and Workers throws when it is called as a method of another object.
    const { fetch: send } = settings
    const response = await send(url.href, init)
    if (isRedirect(response)) throw redirectError(response, url)
    const received = await readResponse(name, response)
    if (received.status < 200 || received.status >= 300) throw statusError(received, attempts)
    return operation.read(received)
  } catch (error) {
    throw withoutSecrets(isHttpError(error) ? error : networkError(error, name, attempts), secrets)
  }
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

/** Browsers report a redirect as a response without a status. A custom `fetch` may have followed it. */
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

// Errors of the runtime may quote the request, so only their code is kept.
function networkError(error: unknown, request: string, attempts: number): HttpError<'NETWORK'> {
  const code = codeOf((error as { cause?: unknown } | null)?.cause) ?? codeOf(error)
  const reason = code === undefined ? 'the connection failed' : networkRefusal(code).reason
  return new HttpError('NETWORK', { request, reason, attempts })
}

function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : undefined
}

function urlOf(baseUrl: URL, path: readonly string[]): URL {
  const url = new URL(baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`
  return url
}

function nameOf(url: URL): string {
  return `POST ${printableUrl(url)}`
}
