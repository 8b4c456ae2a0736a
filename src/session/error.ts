import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ServerError } from '../protocol/events/error.js'
import type { Response } from '../protocol/response.js'

/** The data of each session error. */
export interface SessionErrorData {
  /** The server refused an event. `error` is the error that it reported. */
  SERVER_ERROR: { error: ServerError; eventType: string | undefined }
  /** A response failed, its `response.done` could not be used, or the server stopped sending its events. */
  RESPONSE_FAILED: { responseId: string | undefined; response: DeepReadonly<Response> | undefined }
  /**
   * The server did not respond in time. If `connect()` ended without a connection after failed attempts, `lastFailure` is the reason of the last
   * one, and `cause` its error.
   */
  TIMEOUT: { waitingFor: string; timeoutMs: number; lastFailure?: string }
  /** The server ended the session at its time limit. */
  EXPIRED: { code: number }
  /** The session is closed, or was closed while an operation was pending. */
  CLOSED: { code: number; reason: string }
  /** The operation needs a connected session. */
  NOT_CONNECTED: { status: string }
  /** Audio was appended although the audio of this transport travels on media tracks, where the server ignores audio in events. */
  MEDIA_TRANSPORT: { method: string }
  /** The connection was lost before the server acknowledged an event that cannot be sent again. */
  CONNECTION_LOST: { eventType: string }
  /** A response was requested with `whenBusy: 'reject'` while another one was running. */
  RESPONSE_ACTIVE: { activeId: string | undefined }
  /** An option of a session is missing or cannot work. */
  INVALID_OPTION: { option: string; problem: string }
  /** The value is not a snapshot. */
  INVALID_SNAPSHOT: { problem: string }
  /** A reader of events or of a response's output was too slow, and its buffer is full. */
  OVERFLOW: { limit: number; unit: 'events' | 'bytes' }
}

export type SessionErrorCode = keyof SessionErrorData

/** The `waitingFor` of a `TIMEOUT` before the transport is open. */
export const connectionStep = 'a connection'

/** The `waitingFor` of a `TIMEOUT` while the transport is open and the session has not started. */
export const sessionStartStep = 'the start of the session'

const messages: MessageTable<SessionErrorData> = {
  SERVER_ERROR: ({ error, eventType }) =>
    `The server refused ${eventType ?? 'the session'} with ${error.code ?? error.type}${
      error.param ? ` at "${error.param}"` : ''
    }; error.data.error holds its own words.`,
  RESPONSE_FAILED: ({ responseId, response }) =>
    `The response ${responseId ?? ''} failed${failureCode(response)}; error.data.response.status_details, or without one error.cause says why.`.replace(
      '  ',
      ' ',
    ),
  TIMEOUT: ({ waitingFor, timeoutMs, lastFailure }) =>
    waitingFor === connectionStep
      ? `There was no connection within ${timeoutMs} ms${lastFailure === undefined ? '' : `, and the last attempt failed (${lastFailure})`}; check the address, the key and the network, or raise connectTimeoutMs.`
      : `The server did not send ${waitingFor} within ${timeoutMs} ms; check the connection, or allow more time.`,
  EXPIRED: () => 'The session reached the time limit of the server; create a new session and connect it.',
  CLOSED: ({ code, reason }) =>
    `The session is closed (${code}${reason === '' ? '' : `: ${reason}`}); create a new session to go on.`,
  NOT_CONNECTED: ({ status }) => `The session is ${status}; await session.connect() first.`,
  MEDIA_TRANSPORT: ({ method }) =>
    `${method} has no effect on this transport, because its audio travels on media tracks; give the transport a microphone, or use webSocket().`,
  CONNECTION_LOST: ({ eventType }) =>
    `The connection was lost before the server acknowledged ${eventType}, and what it was about is gone; look at the session and ask again.`,
  RESPONSE_ACTIVE: ({ activeId }) =>
    `The response ${activeId ?? ''} still runs; wait for its end, cancel it, or pass whenBusy: 'queue'.`.replace(
      '  ',
      ' ',
    ),
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  INVALID_SNAPSHOT: ({ problem }) => `The snapshot ${problem}; pass what snapshot(session) gave, parsed from JSON.`,
  OVERFLOW: ({ limit, unit }) => `The reader fell more than ${limit} ${unit} behind; read faster, or raise the limit.`,
}

/** The server's own short name for the failure of a response, as part of a sentence. Free text is left out: it may repeat the conversation. */
function failureCode(response: DeepReadonly<Response> | undefined): string {
  const details = response?.status_details
  const candidates =
    typeof details === 'string' ? [details] : [details?.error?.code, details?.error?.type, details?.reason]
  const code = candidates.find((candidate) => candidate && /^[\w.-]{1,64}$/.test(candidate))
  return code ? ` with ${code}` : ''
}

/** A failure of a session: what the server refused, did not answer, or ended. */
export class SessionError<Code extends SessionErrorCode = SessionErrorCode> extends RealtimeError<
  Code,
  SessionErrorData[Code]
> {
  constructor(code: Code, data: SessionErrorData[Code], options?: ErrorOptions) {
    super('SessionError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link SessionError}, with the given code if there is one. Narrows `data`. */
export function isSessionError<Code extends SessionErrorCode = SessionErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: SessionError<C> }[Code] {
  return isErrorOf(value, 'SessionError', code)
}
