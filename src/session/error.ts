import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ServerError } from '../protocol/events/error.js'
import type { Response } from '../protocol/response.js'

/** Data of a {@link SessionError} by code. */
export interface SessionErrorData {
  /** The server refused an event or the session. */
  SERVER_ERROR: {
    /** The error that the server sent. */
    error: ServerError
    /** Type of the refused event. `undefined` if the server refused the session. */
    eventType: string | undefined
  }
  /** A response failed, its `response.done` was invalid, or the server stopped sending its events. */
  RESPONSE_FAILED: {
    /** Id of the response, if it was created. */
    responseId: string | undefined
    /** The response as the server sent it, if it did. `status_details` has the reason. */
    response: DeepReadonly<Response> | undefined
  }
  /** An operation took too long. If a connection attempt failed, the cause is its error. */
  TIMEOUT: {
    /** What did not happen in time, such as `response.created` or `a connection`. */
    waitingFor: string
    /** The timeout, in milliseconds. */
    timeoutMs: number
    /** Why the last connection attempt failed. */
    lastFailure?: string
  }
  /** The server closed the session because it reached the maximum duration. */
  EXPIRED: {
    /** WebSocket close code. */
    code: number
  }
  /** The session is closed, or was closed during the operation. */
  CLOSED: {
    /** WebSocket close code. */
    code: number
    /** Reason of the close. Can be empty. */
    reason: string
  }
  /** The operation requires a connected session. */
  NOT_CONNECTED: {
    /** Status of the session. */
    status: string
  }
  /** Audio was appended to a session whose transport sends audio on media tracks. */
  MEDIA_TRANSPORT: {
    /** The method that was called, such as `audio.append`. */
    method: string
  }
  /** The connection was lost before the server acknowledged an event that cannot be sent again. */
  CONNECTION_LOST: {
    /** Type of the event. */
    eventType: string
  }
  /** A response was requested with `whenBusy: 'reject'` while another response was running. */
  RESPONSE_ACTIVE: {
    /** Id of the running response, if it was created. */
    activeId: string | undefined
  }
  /** An option of the session is missing or invalid. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a function`. */
    problem: string
  }
  /** A value is not a valid snapshot of a session. */
  INVALID_SNAPSHOT: {
    /** What is wrong, such as `has no list of items`. */
    problem: string
  }
  /** An iterator was read too slowly, and its buffer is full. */
  OVERFLOW: {
    /** Size of the buffer. */
    limit: number
    /** Unit of `limit`. */
    unit: 'events' | 'bytes'
  }
}

/** Codes of {@link SessionError}. */
export type SessionErrorCode = keyof SessionErrorData

/** The `waitingFor` of a `TIMEOUT` before the transport is open. */
export const connectionStep = 'a connection'

/** The `waitingFor` of a `TIMEOUT` while the transport is open and the session has not started. */
export const sessionStartStep = 'the start of the session'

const messages: MessageTable<SessionErrorData> = {
  SERVER_ERROR: ({ error: { code, type, param }, eventType }) =>
    `The server refused ${eventType ?? 'the session'}${withCode(code, type)}${
      isIdentifier(param) ? ` at "${param}"` : ''
    }. Read error.data.error for the details.`,
  RESPONSE_FAILED: ({ responseId, response }) =>
    `The response${responseId === undefined ? '' : ` ${responseId}`} failed${failureCode(response)}. Read error.data.response.status_details or error.cause.`,
  TIMEOUT: ({ waitingFor, timeoutMs, lastFailure }) =>
    waitingFor === connectionStep
      ? `No connection was established within ${timeoutMs} ms${lastFailure === undefined ? '' : `, and the last attempt failed (${lastFailure})`}. Check the URL, the API key, and the network, or raise connectTimeoutMs.`
      : `Timed out after ${timeoutMs} ms while waiting for ${waitingFor}. Check the connection, or raise the timeout.`,
  EXPIRED: () => 'The session reached the maximum duration of the server. Create a new session and connect it.',
  CLOSED: ({ code, reason }) =>
    `The session is closed (${code}${reason === '' ? '' : `: ${reason}`}). Create a new session to continue.`,
  NOT_CONNECTED: ({ status }) => `The session is ${status}. Await session.connect() first.`,
  MEDIA_TRANSPORT: ({ method }) =>
    `${method} has no effect, because this transport sends audio on media tracks. Pass a microphone to the transport, or use webSocket().`,
  CONNECTION_LOST: ({ eventType }) =>
    `The connection was lost before the server acknowledged ${eventType}, which cannot be sent again. Repeat the request if it is still needed.`,
  RESPONSE_ACTIVE: ({ activeId }) =>
    `The response${activeId === undefined ? '' : ` ${activeId}`} is still running. Wait until it is done, cancel it, or pass whenBusy: 'queue'.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  INVALID_SNAPSHOT: ({ problem }) => `The snapshot ${problem}. Pass the parsed result of snapshot(session).`,
  OVERFLOW: ({ limit, unit }) =>
    `The iterator is more than ${limit} ${unit} behind. Read it faster, or raise its limit.`,
}

/** Returns the code of a failed response as part of a sentence. */
function failureCode(response: DeepReadonly<Response> | undefined): string {
  const details = response?.status_details
  return typeof details === 'string'
    ? withCode(details)
    : withCode(details?.error?.code, details?.error?.type, details?.reason)
}

/** Returns the first candidate that is an identifier, as part of a sentence. */
function withCode(...candidates: readonly (string | null | undefined)[]): string {
  const code = candidates.find(isIdentifier)
  return code ? ` with ${code}` : ''
}

/** Free text of the server is left out of messages, because it can repeat the conversation. */
function isIdentifier(text: string | null | undefined): boolean {
  return typeof text === 'string' && /^[\w.[\]-]{1,64}$/.test(text)
}

/** Error of a session: an event that the server refused, a timeout, a closed session, or an invalid option. */
export class SessionError<
  Code extends SessionErrorCode = SessionErrorCode,
> extends /* @__PURE__ */ defineErrors<SessionErrorData>('SessionError', messages)<Code> {}

/**
 * Returns whether a value is a {@link SessionError}, with the given code if there is one. Narrows `data`.
 *
 * @example
 * ```ts
 * session.connect().catch((error: unknown) => {
 *   if (isSessionError(error, 'SERVER_ERROR')) console.error(error.data.error.code)
 * })
 * ```
 */
export function isSessionError<Code extends SessionErrorCode = SessionErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: SessionError<C> }[Code] {
  return isErrorOf(value, 'SessionError', code)
}
