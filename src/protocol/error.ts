import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Direction of an event: `client` events are sent, `server` events are received. */
export type EventDirection = 'client' | 'server'

/** The data of each protocol error. It contains no values of an event. */
export interface ProtocolErrorData {
  /** A frame is not JSON. */
  INVALID_JSON: {
    /** Length of the frame, in characters. */
    length: number
  }
  /** A frame or an object is not a valid event. */
  INVALID_EVENT: {
    /** Type of the event, if it is a known type. */
    type: string | undefined
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

/** Error of a frame or an event that the protocol does not allow. */
export class ProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode> extends RealtimeError<
  Code,
  ProtocolErrorData[Code]
> {
  constructor(code: Code, data: ProtocolErrorData[Code]) {
    super('ProtocolError', code, messages[code](data), data)
  }
}

/** Returns whether a value is a {@link ProtocolError}, with the given code if there is one. Narrows `data`. */
export function isProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: ProtocolError<C> }[Code] {
  return isErrorOf(value, 'ProtocolError', code)
}
