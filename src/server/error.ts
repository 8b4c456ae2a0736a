import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/**
 * What each error of a request knows. `request` is its method and address, without query values. What a server says of an error is free
 * text that may repeat the request, so only its short identifiers are kept.
 */
export interface HttpErrorData {
  /** The server refused the request. */
  STATUS: {
    request: string
    status: number
    /** The server's own name for the problem, such as `invalid_api_key`. */
    code: string | undefined
    /** The field that the server names, such as `session.audio.output.voice`. */
    param: string | undefined
    /** What to quote when you ask the service about it. */
    requestId: string | undefined
    /** How long the server asks to wait. */
    retryAfterMs: number | undefined
    /** How often it was tried. */
    attempts: number
    /** What to do. */
    hint: string
  }
  /** No answer came, or it broke off. `reason` is the code that the runtime gives, such as `ECONNREFUSED`. */
  NETWORK: { request: string; reason: string; attempts: number }
  /** The answer did not come in time. */
  TIMEOUT: { request: string; timeoutMs: number }
  /** The server answered with a redirect, which was not followed. `destination` is the origin that it leads to. */
  REDIRECTED: { request: string; status: number | undefined; destination: string | undefined }
  /** The server agreed, and its answer is not what the protocol says. */
  INVALID_ANSWER: {
    request: string
    status: number
    /** Where in the answer; empty for the answer itself. */
    path: string
    expected: string
    found: string
    requestId: string | undefined
  }
  /** An option or a parameter is missing or cannot work; nothing was sent. */
  INVALID_OPTION: { option: string; problem: string }
  /** A standard API key was about to be used where every visitor could read it; nothing was sent. */
  KEY_EXPOSED: { runtime: string }
}

/** The codes of {@link HttpError}. */
export type HttpErrorCode = keyof HttpErrorData

const messages: MessageTable<HttpErrorData> = {
  STATUS: ({ request, status, code, param, attempts, hint }) =>
    `${request} was refused with HTTP ${status}${code === undefined ? '' : ` ${code}`}${
      param === undefined ? '' : ` at "${param}"`
    }${attempts > 1 ? ` after ${attempts} attempts` : ''}; ${hint}.`,
  NETWORK: ({ request, reason, attempts }) =>
    `${request} got no answer${attempts > 1 ? ` in ${attempts} attempts` : ''} (${reason}); check the address and the network.`,
  TIMEOUT: ({ request, timeoutMs }) =>
    `${request} was not answered within ${timeoutMs} ms; check the network, or raise timeoutMs.`,
  REDIRECTED: ({ request, destination }) =>
    `${request} was redirected${destination === undefined ? '' : ` to ${destination}`}, and credentials do not follow a redirect; set baseUrl to the address of the API itself.`,
  INVALID_ANSWER: ({ request, path, expected, found }) =>
    `${request} was answered in an unknown shape: ${path === '' ? 'the answer' : path} must be ${expected}, but is ${found}; check that baseUrl leads to a Realtime API.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  KEY_EXPOSED: ({ runtime }) =>
    `A standard API key must not be used in a ${runtime}, where every visitor can read it; call this on your server, and hand a client secret (ek_…) to the page.`,
}

/** A request to the API failed, or was refused before it was sent. */
export class HttpError<Code extends HttpErrorCode = HttpErrorCode> extends RealtimeError<Code, HttpErrorData[Code]> {
  constructor(code: Code, data: HttpErrorData[Code]) {
    super('HttpError', code, messages[code](data), data)
  }
}

/** Whether a value is an {@link HttpError}, of the given code if one is given; it narrows `data`. */
export function isHttpError<Code extends HttpErrorCode = HttpErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: HttpError<C> }[Code] {
  return isErrorOf(value, 'HttpError', code)
}
