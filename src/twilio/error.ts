import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** What each error of a telephone line knows; neither sound nor a parameter of a call is in it. */
export interface TwilioErrorData {
  /** Something arrived on the socket that is no message of a media stream. It is reported as `invalid`, and the call goes on unless it was the `start`. */
  INVALID_MESSAGE: {
    /** The event that the message tells of, when it is a known one. */
    event: string | undefined
    /** Where in the message, such as `media.payload`; empty for the message itself. */
    path: string
    /** What must be there, such as `a string`. */
    expected: string
    /** What kind of thing is there, such as `a number`. */
    found: string
  }
  /** The server does not use the format of the line for a direction of the audio, so the line would carry noise. */
  FORMAT_MISMATCH: {
    direction: 'input' | 'output'
    /** The format that the server reports. */
    reported: string | undefined
    /** The format of the line. */
    line?: 'audio/pcmu' | 'audio/pcma'
  }
  /** The telephone provider streams audio that is neither mu-law nor A-law at 8 kHz. */
  UNSUPPORTED_LINE: { encoding: string; sampleRate: number | undefined }
  /** The socket of the provider failed; its own error is the cause, where the runtime tells it. */
  SOCKET_FAILED: { streamSid: string | undefined }
  /** The provider sent nothing for so long that the line must be dead. */
  INACTIVE: { inactivityTimeoutMs: number }
  /** A stream was opened and never said what it is about. */
  START_TIMEOUT: { startTimeoutMs: number }
  /** An option has a value that cannot work. */
  INVALID_OPTION: { option: string; problem: string }
}

export type TwilioErrorCode = keyof TwilioErrorData

const messages: MessageTable<TwilioErrorData> = {
  INVALID_MESSAGE: ({ event, path, expected, found }) =>
    `${event === undefined ? 'A message' : `The message "${event}"`} has an unknown shape: ${
      path || 'it'
    } must be ${expected}, but is ${found}; check that the socket carries a media stream of the dialect that was given.`,
  FORMAT_MISMATCH: ({ direction, reported, line = 'audio/pcmu' }) =>
    `The server uses ${reported ?? 'no format that it tells'} for its ${direction} and the line carries ${line}; let the bridge set the formats, and do not change audio.${direction}.format during a call.`,
  UNSUPPORTED_LINE: ({ encoding, sampleRate }) =>
    `The line carries ${encoding} at ${sampleRate ?? 'an unknown number of'} Hz; configure the stream for mu-law (PCMU) or A-law (PCMA) at 8000 Hz.`,
  SOCKET_FAILED: () => 'The socket of the media stream failed; the cause says why.',
  INACTIVE: ({ inactivityTimeoutMs }) =>
    `The provider sent nothing for ${inactivityTimeoutMs} ms, so the line counts as dead; raise inactivityTimeoutMs if it may be so quiet.`,
  START_TIMEOUT: ({ startTimeoutMs }) =>
    `The provider sent no "start" within ${startTimeoutMs} ms; check that what connects is a media stream of the dialect that was given, or raise startTimeoutMs.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** A failure of a telephone line: what it carries, or the socket that carries it. */
export class TwilioError<Code extends TwilioErrorCode = TwilioErrorCode> extends RealtimeError<
  Code,
  TwilioErrorData[Code]
> {
  constructor(code: Code, data: TwilioErrorData[Code], options?: ErrorOptions) {
    super('TwilioError', code, messages[code](data), data, options)
  }
}

/** Whether a value is a {@link TwilioError}, of the given code if one is given; it narrows `data`. */
export function isTwilioError<Code extends TwilioErrorCode = TwilioErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TwilioError<C> }[Code] {
  return isErrorOf(value, 'TwilioError', code)
}
