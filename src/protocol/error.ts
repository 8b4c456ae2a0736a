import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Direction of an event: `client` events are sent, `server` events are received. */
export type EventDirection = 'client' | 'server'

/** Data of a {@link ProtocolError} by code. It contains no values of an event. */
export interface ProtocolErrorData {
  /** A frame is not JSON. */
  INVALID_JSON: {
    /** Length of the frame, in characters. */
    length: number
  }
  /** An event does not match the protocol. */
  INVALID_EVENT: {
    /** Type of the event, if it is a known type. */
    type: string | undefined
    /** `client` for an event to send, `server` for a received event. */
    direction: EventDirection
    /** Path in the event, such as `session.audio.output.speed`. Empty for the event itself. */
    path: string
    /** The expected value, such as `a number of at most 1.5`. */
    expected: string
    /** The kind of value that was found, such as `a string`. */
    found: string
    /** What to do. */
    hint: string
  }
}

/** Codes of {@link ProtocolError}. */
export type ProtocolErrorCode = keyof ProtocolErrorData

const messages: MessageTable<ProtocolErrorData> = {
  INVALID_JSON: ({ length }) =>
    `The server sent a frame of ${length} characters that is not JSON. Read the raw frame in the "invalid" event, and check the server and any proxy.`,
  INVALID_EVENT: ({ type, direction, path, expected, found, hint }) =>
    `${direction === 'client' ? `Cannot send ${type ?? 'an event'}` : `Received an invalid ${type ?? 'event'}`}: ${
      path || 'the event'
    } must be ${expected}, but is ${found}; ${hint}.`,
}

/** Error of a frame that is not JSON, or of an event that does not match the protocol. */
export class ProtocolError<
  Code extends ProtocolErrorCode = ProtocolErrorCode,
> extends /* @__PURE__ */ defineErrors<ProtocolErrorData>('ProtocolError', messages)<Code> {}

/**
 * Returns whether a value is a {@link ProtocolError}, with the given code if there is one. Narrows `data`.
 *
 * @example
 * ```ts
 * try {
 *   session.send(event)
 * } catch (error) {
 *   if (isProtocolError(error, 'INVALID_EVENT')) console.error(error.data.path, error.data.expected)
 * }
 * ```
 */
export function isProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: ProtocolError<C> }[Code] {
  return isErrorOf(value, 'ProtocolError', code)
}
