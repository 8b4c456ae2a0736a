import { checker } from '../protocol/check.js'
import { formatPath } from '../protocol/invalid-event.js'
import { retryAfterMs } from '../transports/open-socket/socket.js'
import { HttpError } from './error.js'

/** What the server said to one attempt, with its text read. */
export interface ApiResponse {
  /** Method and address, as errors tell it. */
  readonly request: string
  readonly status: number
  readonly headers: Headers
  /** `undefined` when it was too long. */
  readonly text: string | undefined
}

// The longest that the service sends is a session with its instructions and tools.
const maxBytes = 4 * 2 ** 20

/** Reads an answer to its end, or until it is too long to be one. */
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

/** Reads the JSON of an answer that a schema describes. */
export function jsonReader<T>(schema: Parameters<typeof checker>[0]): (answer: ApiResponse) => T {
  return (answer) => {
    const value = parse(answer.text)
    if (value === undefined)
      throw invalidResponseError(answer, '', 'JSON', answer.text === undefined ? 'too long' : 'other text')
    const problem = checker(schema)(value)
    if (problem) throw invalidResponseError(answer, formatPath(problem.path), problem.expected, problem.found)
    return value as T
  }
}

/** The error for an answer that is not what the protocol says. */
export function invalidResponseError(
  { request, status, headers }: ApiResponse,
  path: string,
  expected: string,
  found: string,
): HttpError<'INVALID_ANSWER'> {
  return new HttpError('INVALID_ANSWER', { request, status, path, expected, found, requestId: requestIdOf(headers) })
}

/** The error for an answer that refuses. */
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

/** How long the server asks to wait: in milliseconds where it says that, for seconds are a coarse measure; otherwise as HTTP has it. */
function delayOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after-ms')?.trim()
  const ms = text ? Number(text) : Number.NaN
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : retryAfterMs(headers.get('retry-after'))
}

function hintFor(status: number): string {
  if (status === 401) return 'check the API key'
  if (status === 403) return 'check what the key, the organization and the project may do'
  if (status === 404) return 'check the address and the call, which may be over'
  if (status === 409) return 'the call is no longer in a state that allows it'
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

// Below these the names are the caller's own words.
const userDefinedNames = /\b(metadata|variables|headers)[.[].*$/

function requestIdOf(headers: Headers): string | undefined {
  return identifier(headers.get('x-request-id') ?? headers.get('apim-request-id'))
}

/** A short name of the server's: nothing that could be a sentence, a number or an address of somebody. */
function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z][\w.:[\]-]{0,127}$/i.test(value) ? value : undefined
}
