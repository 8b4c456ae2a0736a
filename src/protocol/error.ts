import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Which way an event went: `client` was to be sent, `server` was received. */
export type EventDirection = 'client' | 'server'

/** What each protocol error knows; none of it is taken from the values of an event. */
export interface ProtocolErrorData {
  /** A frame is not JSON. */
  INVALID_JSON: {
    /** Characters of the frame. */
    length: number
  }
  /** A frame or an object is not an event as the protocol describes it. */
  INVALID_EVENT: {
    /** The event's type when it is a known one. */
    type: string | undefined
    direction: EventDirection
    /** Where in the event, such as `session.audio.output.speed`; empty for the event itself. */
    path: string
    /** What must be there, such as `a number of at most 1.5`. */
    expected: string
    /** What kind of thing is there, such as `a string`. */
    found: string
    /** What to do. */
    hint: string
  }
}

/** The codes of {@link ProtocolError}. */
export type ProtocolErrorCode = keyof ProtocolErrorData

const messages: MessageTable<ProtocolErrorData> = {
  INVALID_JSON: ({ length }) =>
    `A frame of ${length} characters is not JSON; read the raw frame beside this error, and check that nothing between here and the server alters it.`,
  INVALID_EVENT: ({ type, direction, path, expected, found, hint }) =>
    `${type ?? 'An event'} ${direction === 'client' ? 'cannot be sent' : 'was received in an unknown shape'}: ${
      path || 'the event'
    } must be ${expected}, but is ${found}; ${hint}.`,
}

/** Something crossed the wire, or was about to, that the protocol does not allow. */
export class ProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode> extends RealtimeError<
  Code,
  ProtocolErrorData[Code]
> {
  constructor(code: Code, data: ProtocolErrorData[Code]) {
    super('ProtocolError', code, messages[code](data), data)
  }
}

/** Whether a value is a {@link ProtocolError}, of the given code if one is given; it narrows `data`. */
export function isProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: ProtocolError<C> }[Code] {
  return isErrorOf(value, 'ProtocolError', code)
}
