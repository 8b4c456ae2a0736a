import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Data of a {@link TwilioError} by code. It contains no audio and no call parameters. */
export interface TwilioErrorData {
  /** A message does not have the shape of a media stream message. It is reported as `invalid`. The call continues unless it was the `start`. */
  INVALID_MESSAGE: {
    /** The `event` of the message, if it is a known one. */
    event: string | undefined
    /** Path in the message, such as `media.payload`. Empty for the message itself. */
    path: string
    /** Expected value, such as `a string`. */
    expected: string
    /** Kind of value that was found, such as `a number`. */
    found: string
  }
  /** The server does not use the format of the line in one direction, which would cause noise. */
  FORMAT_MISMATCH: {
    direction: 'input' | 'output'
    /** The format that the server reports. */
    reported: string | undefined
    /** The format of the line. */
    line?: 'audio/pcmu' | 'audio/pcma'
  }
  /** The telephone provider streams audio that is neither mu-law nor A-law at 8 kHz. */
  UNSUPPORTED_LINE: { encoding: string; sampleRate: number | undefined }
  /** The provider's socket failed. `cause` is the error of the socket, if the runtime reports it. */
  SOCKET_FAILED: { streamSid: string | undefined }
  /** The provider sent no message for `inactivityTimeoutMs` milliseconds. */
  INACTIVE: { inactivityTimeoutMs: number }
  /** The provider opened a stream and sent no `start` in time. */
  START_TIMEOUT: { startTimeoutMs: number }
  /** An option has an invalid value. */
  INVALID_OPTION: { option: string; problem: string }
}

/** Codes of {@link TwilioError}. */
export type TwilioErrorCode = keyof TwilioErrorData

const messages: MessageTable<TwilioErrorData> = {
  INVALID_MESSAGE: ({ event, path, expected, found }) =>
    `${event === undefined ? 'A message' : `The message "${event}"`} is invalid: ${
      path || 'it'
    } must be ${expected}, but is ${found}; check that the provider uses the dialect that was passed.`,
  FORMAT_MISMATCH: ({ direction, reported, line = 'audio/pcmu' }) =>
    `The server uses ${reported ?? 'an unknown format'} for ${direction} and the line carries ${line}; do not change audio.${direction}.format during a call, the bridge sets it.`,
  UNSUPPORTED_LINE: ({ encoding, sampleRate }) =>
    `The line carries ${encoding} at ${sampleRate ?? 'an unknown number of'} Hz; configure the stream for mu-law (PCMU) or A-law (PCMA) at 8000 Hz.`,
  SOCKET_FAILED: () => 'The socket of the media stream failed; see the cause for the reason.',
  INACTIVE: ({ inactivityTimeoutMs }) =>
    `The provider sent no message for ${inactivityTimeoutMs} ms; check the connection to the provider, or raise inactivityTimeoutMs if it may be silent for longer.`,
  START_TIMEOUT: ({ startTimeoutMs }) =>
    `The provider sent no "start" within ${startTimeoutMs} ms; check that the client is a media stream of the dialect that was passed, or raise startTimeoutMs.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of a media stream or of its socket. */
export class TwilioError<Code extends TwilioErrorCode = TwilioErrorCode> extends RealtimeError<
  Code,
  TwilioErrorData[Code]
> {
  constructor(code: Code, data: TwilioErrorData[Code], options?: ErrorOptions) {
    super('TwilioError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link TwilioError}, optionally with a code. Narrows `data`. */
export function isTwilioError<Code extends TwilioErrorCode = TwilioErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TwilioError<C> }[Code] {
  return isErrorOf(value, 'TwilioError', code)
}
