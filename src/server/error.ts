import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/**
 * Data of an {@link HttpError} by code. Error messages of the server can repeat the request, so only its short identifiers are kept.
 */
export interface HttpErrorData {
  /** The server returned an error status. */
  STATUS: {
    /** Method and URL of the request, without query values. */
    request: string
    /** HTTP status. */
    status: number
    /** Error code of the server, such as `invalid_api_key`. */
    code: string | undefined
    /** Field that the server reports, such as `session.audio.output.voice`. */
    param: string | undefined
    /** Id of the request, for support. */
    requestId: string | undefined
    /** Delay that the server requests, in milliseconds. */
    retryAfterMs: number | undefined
    /** Number of attempts. */
    attempts: number
    /** What to do about this status. */
    hint: string
  }
  /** The connection failed or was interrupted. */
  NETWORK: {
    /** Method and URL of the request, without query values. */
    request: string
    /** Error code of the runtime, such as `ECONNREFUSED`. */
    reason: string
    /** Number of attempts. */
    attempts: number
  }
  /** The response was not received in time. */
  TIMEOUT: {
    /** Method and URL of the request, without query values. */
    request: string
    /** The timeout, in milliseconds. */
    timeoutMs: number
  }
  /** The server returned a redirect, which was not followed. */
  REDIRECTED: {
    /** Method and URL of the request, without query values. */
    request: string
    /** HTTP status. `undefined` in browsers, which hide it. */
    status: number | undefined
    /** Origin of the redirect target, if it is known. */
    destination: string | undefined
  }
  /** The response has a success status but does not match the protocol. */
  INVALID_ANSWER: {
    /** Method and URL of the request, without query values. */
    request: string
    /** HTTP status. */
    status: number
    /** Path in the response. Empty for the response itself. */
    path: string
    /** The expected value, such as `a string`. */
    expected: string
    /** The kind of value that was found. */
    found: string
    /** Id of the request, for support. */
    requestId: string | undefined
  }
  /** An option or parameter is missing or invalid. Nothing was sent. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a non-empty string`. */
    problem: string
  }
  /** A standard API key would be exposed to visitors of a page. Nothing was sent. */
  KEY_EXPOSED: {
    /** Kind of runtime, such as `browser`. */
    runtime: string
  }
}

/** Codes of {@link HttpError}. */
export type HttpErrorCode = keyof HttpErrorData

const messages: MessageTable<HttpErrorData> = {
  STATUS: ({ request, status, code, param, attempts, hint }) =>
    `${request} failed with HTTP ${status}${code === undefined ? '' : ` ${code}`}${
      param === undefined ? '' : ` at "${param}"`
    }${attempts > 1 ? ` after ${attempts} attempts` : ''}; ${hint}.`,
  NETWORK: ({ request, reason, attempts }) =>
    `${request} received no response${attempts > 1 ? ` in ${attempts} attempts` : ''} (${reason}). Check the URL and the network.`,
  TIMEOUT: ({ request, timeoutMs }) =>
    `${request} received no response within ${timeoutMs} ms. Check the network, or raise timeoutMs.`,
  REDIRECTED: ({ request, destination }) =>
    `${request} was redirected${destination === undefined ? '' : ` to ${destination}`}. Redirects are not followed, to protect credentials. Set baseUrl to the URL of the API itself.`,
  INVALID_ANSWER: ({ request, path, expected, found }) =>
    `${request} returned an invalid response: ${path === '' ? 'the body' : path} must be ${expected}, but is ${found}. Check that baseUrl is the URL of a Realtime API.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  KEY_EXPOSED: ({ runtime }) =>
    `A standard API key must not be used in a ${runtime}, where every visitor can read it. Call this on your server, and pass a client secret (ek_…) to the page.`,
}

/** Error of an HTTP request to the API. */
export class HttpError<Code extends HttpErrorCode = HttpErrorCode> extends /* @__PURE__ */ defineErrors<HttpErrorData>(
  'HttpError',
  messages,
)<Code> {}

/**
 * Returns whether a value is an {@link HttpError}, optionally with a code. Narrows `data`.
 *
 * @example
 * ```ts
 * try {
 *   await acceptCall(callId, config, { apiKey })
 * } catch (error) {
 *   // The caller has hung up.
 *   if (!isHttpError(error, 'STATUS') || error.data.status !== 404) throw error
 * }
 * ```
 */
export function isHttpError<Code extends HttpErrorCode = HttpErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: HttpError<C> }[Code] {
  return isErrorOf(value, 'HttpError', code)
}
