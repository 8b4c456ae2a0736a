import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/**
 * Data of an {@link HttpError} by code. `request` is the method and URL without query values. Error messages of the server may repeat the
 * request, so only its short identifiers are kept.
 */
export interface HttpErrorData {
  /** The server returned an error status. */
  STATUS: {
    request: string
    status: number
    /** Error code of the server, such as `invalid_api_key`. */
    code: string | undefined
    /** Field that the server names, such as `session.audio.output.voice`. */
    param: string | undefined
    /** Id of the request, for support. */
    requestId: string | undefined
    /** Delay that the server requests, in milliseconds. */
    retryAfterMs: number | undefined
    /** Number of attempts. */
    attempts: number
    /** Advice for the status. */
    hint: string
  }
  /** The connection failed or was interrupted. `reason` is the error code of the runtime, such as `ECONNREFUSED`. */
  NETWORK: { request: string; reason: string; attempts: number }
  /** The response was not received in time. */
  TIMEOUT: { request: string; timeoutMs: number }
  /** The server returned a redirect, which was not followed. `destination` is its origin. */
  REDIRECTED: { request: string; status: number | undefined; destination: string | undefined }
  /** The response has a success status but does not match the protocol. */
  INVALID_ANSWER: {
    request: string
    status: number
    /** Path in the response. Empty for the response itself. */
    path: string
    expected: string
    found: string
    requestId: string | undefined
  }
  /** An option or parameter is missing or invalid. Nothing was sent. */
  INVALID_OPTION: { option: string; problem: string }
  /** A standard API key would be exposed to visitors of a page. Nothing was sent. */
  KEY_EXPOSED: { runtime: string }
}

/** Codes of {@link HttpError}. */
export type HttpErrorCode = keyof HttpErrorData

const messages: MessageTable<HttpErrorData> = {
  STATUS: ({ request, status, code, param, attempts, hint }) =>
    `${request} failed with HTTP ${status}${code === undefined ? '' : ` ${code}`}${
      param === undefined ? '' : ` at "${param}"`
    }${attempts > 1 ? ` after ${attempts} attempts` : ''}; ${hint}.`,
  NETWORK: ({ request, reason, attempts }) =>
    `${request} received no response${attempts > 1 ? ` in ${attempts} attempts` : ''} (${reason}); check the URL and the network.`,
  TIMEOUT: ({ request, timeoutMs }) =>
    `${request} received no response within ${timeoutMs} ms; check the network, or raise timeoutMs.`,
  REDIRECTED: ({ request, destination }) =>
    `${request} was redirected${destination === undefined ? '' : ` to ${destination}`}, which was not followed to protect credentials; set baseUrl to the URL of the API itself.`,
  INVALID_ANSWER: ({ request, path, expected, found }) =>
    `${request} returned an invalid response: ${path === '' ? 'the body' : path} must be ${expected}, but is ${found}; check that baseUrl is the URL of a Realtime API.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  KEY_EXPOSED: ({ runtime }) =>
    `A standard API key must not be used in a ${runtime}, where every visitor can read it; call this on your server, and pass a client secret (ek_…) to the page.`,
}

/** Error of a request to the API. */
export class HttpError<Code extends HttpErrorCode = HttpErrorCode> extends RealtimeError<Code, HttpErrorData[Code]> {
  constructor(code: Code, data: HttpErrorData[Code]) {
    super('HttpError', code, messages[code](data), data)
  }
}

/** Returns whether a value is an {@link HttpError}, optionally with a code. Narrows `data`. */
export function isHttpError<Code extends HttpErrorCode = HttpErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: HttpError<C> }[Code] {
  return isErrorOf(value, 'HttpError', code)
}
