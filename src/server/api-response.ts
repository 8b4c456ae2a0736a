import { checker } from '../protocol/check.js'
import { formatPath } from '../protocol/invalid-event.js'
import { retryAfterMs } from '../transports/connection-refusal.js'
import { HttpError } from './error.js'

/** HTTP response to one attempt, with its body. */
export interface ApiResponse {
  /** Method and URL, as in errors. */
  readonly request: string
  readonly status: number
  readonly headers: Headers
  /** Body, or `undefined` when it exceeds the size limit. */
  readonly text: string | undefined
}

// The longest responses contain a session with its instructions and tools.
const maxBytes = 4 * 2 ** 20

/** Reads a response up to the size limit. */
export async function readResponse(request: string, response: Response): Promise<ApiResponse> {
  const { status, headers } = response
  return { request, status, headers, text: await textOf(response) }
}

async function textOf({ body }: Response): Promise<string | undefined> {
  if (body === null) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > maxBytes) {
      reader.cancel().catch(() => {})
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Returns a function that parses and validates the JSON body of a response. */
export function jsonReader<T>(schema: Parameters<typeof checker>[0]): (response: ApiResponse) => T {
  return (response) => {
    const value = parse(response.text)
    if (value === undefined)
      throw invalidResponseError(response, '', 'JSON', response.text === undefined ? 'too long' : 'other text')
    const problem = checker(schema)(value)
    if (problem) throw invalidResponseError(response, formatPath(problem.path), problem.expected, problem.found)
    return value as T
  }
}

/** Creates the error for a successful response that does not match the protocol. */
export function invalidResponseError(
  { request, status, headers }: ApiResponse,
  path: string,
  expected: string,
  found: string,
): HttpError<'INVALID_ANSWER'> {
  return new HttpError('INVALID_ANSWER', { request, status, path, expected, found, requestId: requestIdOf(headers) })
}

/** Creates the error for a response with an error status. */
export function statusError({ request, status, headers, text }: ApiResponse, attempts: number): HttpError<'STATUS'> {
  const { code, type, param } = errorOf(parse(text))
  return new HttpError('STATUS', {
    request,
    status,
    code: identifier(code) ?? identifier(type),
    param: identifier(param)?.replace(userDefinedNames, '$1.*'),
    requestId: requestIdOf(headers),
    retryAfterMs: delayOf(headers),
    attempts,
    hint: hintFor(status),
  })
}

/** Returns the requested delay in milliseconds: from `retry-after-ms` if present, otherwise from `Retry-After`. */
function delayOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after-ms')?.trim()
  const ms = text ? Number(text) : Number.NaN
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : retryAfterMs(headers.get('retry-after'))
}

function hintFor(status: number): string {
  if (status === 401) return 'check the API key'
  if (status === 403) return 'check the permissions of the key, the organization, and the project'
  if (status === 404) return 'check the URL, and whether the call has ended'
  if (status === 409) return 'the call is in a state that does not allow it'
  if (status === 429) return 'wait, or check the quota'
  return status >= 500 ? 'try again later' : 'correct the request'
}

function errorOf(body: unknown): Readonly<Record<string, unknown>> {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

// Field names below these are chosen by the app and must not appear in errors.
const userDefinedNames = /\b(metadata|variables|headers)[.[].*$/

function requestIdOf(headers: Headers): string | undefined {
  return identifier(headers.get('x-request-id') ?? headers.get('apim-request-id'))
}

/** Returns a value if it is a short identifier. Sentences, numbers, and addresses are left out, because they may contain content. */
function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z][\w.:[\]-]{0,127}$/i.test(value) ? value : undefined
}
