import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'
import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ServerError } from '../protocol/events/error.js'
import type { Response } from '../protocol/response.js'

/** What each session error knows. */
export interface SessionErrorData {
  /** The server refused what was asked; `error` is what it said. */
  SERVER_ERROR: { error: ServerError; eventType: string | undefined }
  /** A response ended with status `failed`, its end could not be read, or nothing more came of it. */
  RESPONSE_FAILED: { responseId: string | undefined; response: DeepReadonly<Response> | undefined }
  /**
   * The server did not answer in time. `lastFailure` is there when `connect()` ended without a connection, and the transport had made attempts:
   * it says why the last of them failed, and the cause is its error.
   */
  TIMEOUT: { waitingFor: string; timeoutMs: number; lastFailure?: string }
  /** The server ended the session at its time limit. */
  EXPIRED: { code: number }
  /** The session is closed, or closed while something waited. */
  CLOSED: { code: number; reason: string }
  /** Something was asked of a session that is not connected yet. */
  NOT_CONNECTED: { status: string }
  /** Audio was appended although the audio of this transport travels on media tracks, where the server ignores audio in events. */
  MEDIA_TRANSPORT: { method: string }
  /** The connection was lost before the server acknowledged an event that cannot be sent again. */
  CONNECTION_LOST: { eventType: string }
  /** A response was asked for with `whenBusy: 'reject'` while another one runs. */
  RESPONSE_ACTIVE: { activeId: string | undefined }
  /** An option of a session is missing or cannot work. */
  INVALID_OPTION: { option: string; problem: string }
  /** What was given as a snapshot is none. */
  INVALID_SNAPSHOT: { problem: string }
  /** A reader of events or of a response's stream was too slow, and its buffer is full. */
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

/** Whether a value is a {@link SessionError}, of the given code if one is given; it narrows `data`. */
export function isSessionError<Code extends SessionErrorCode = SessionErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: SessionError<C> }[Code] {
  return isErrorOf(value, 'SessionError', code)
}
