import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Data of a {@link TwilioError} by code. It contains no audio and no call parameters. */
export interface TwilioErrorData {
  /** A message does not match the media stream protocol. The call continues unless the message is `start`. */
  INVALID_MESSAGE: {
    /** The `event` of the message, if it is a known one. */
    event: string | undefined
    /** Path in the message, such as `media.payload`. Empty for the message itself. */
    path: string
    /** The expected value, such as `a string`. */
    expected: string
    /** The kind of value that was found, such as `a number`. */
    found: string
  }
  /** The session uses another audio format than the telephone line, so the caller would hear noise. */
  FORMAT_MISMATCH: {
    /** Direction of the audio, from the view of the model. */
    direction: 'input' | 'output'
    /** The format of the session, if the server reports it. */
    reported: string | undefined
    /** The format of the telephone line. */
    line?: 'audio/pcmu' | 'audio/pcma'
  }
  /** The provider streams audio that is neither mu-law nor A-law at 8 kHz. */
  UNSUPPORTED_LINE: {
    /** Encoding of the line. */
    encoding: string
    /** Sample rate, in hertz. */
    sampleRate: number | undefined
  }
  /** The provider's socket failed. The cause is the error of the socket, if the runtime reports it. */
  SOCKET_FAILED: {
    /** Id of the media stream, if it had started. */
    streamSid: string | undefined
  }
  /** The provider sent no message for `inactivityTimeoutMs`. */
  INACTIVE: {
    /** The timeout, in milliseconds. */
    inactivityTimeoutMs: number
  }
  /** The provider opened a stream and sent no `start` message in time. */
  START_TIMEOUT: {
    /** The timeout, in milliseconds. */
    startTimeoutMs: number
  }
  /** An option has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a function`. */
    problem: string
  }
}

/** Codes of {@link TwilioError}. */
export type TwilioErrorCode = keyof TwilioErrorData

const messages: MessageTable<TwilioErrorData> = {
  INVALID_MESSAGE: ({ event, path, expected, found }) =>
    `Received an invalid ${event === undefined ? 'message' : `message "${event}"`}: ${
      path || 'it'
    } must be ${expected}, but is ${found}. Check that the provider uses the dialect that was passed.`,
  FORMAT_MISMATCH: ({ direction, reported, line = 'audio/pcmu' }) =>
    `The session uses ${reported ?? 'an unknown format'} for ${direction}, but the line uses ${line}. Do not change audio.${direction}.format during a call, because the bridge sets it.`,
  UNSUPPORTED_LINE: ({ encoding, sampleRate }) =>
    `The line uses ${encoding}${sampleRate === undefined ? '' : ` at ${sampleRate} Hz`}, which is not supported. Configure the stream for mu-law (PCMU) or A-law (PCMA) at 8000 Hz.`,
  SOCKET_FAILED: () =>
    'The socket of the media stream failed. Read error.cause for the reason, and check the connection to the provider.',
  INACTIVE: ({ inactivityTimeoutMs }) =>
    `The provider sent no message for ${inactivityTimeoutMs} ms. Check the connection to the provider, or raise inactivityTimeoutMs.`,
  START_TIMEOUT: ({ startTimeoutMs }) =>
    `The provider sent no "start" message within ${startTimeoutMs} ms. Check that the client is a media stream of the dialect that was passed, or raise startTimeoutMs.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of a media stream or of its socket. */
export class TwilioError<
  Code extends TwilioErrorCode = TwilioErrorCode,
> extends /* @__PURE__ */ defineErrors<TwilioErrorData>('TwilioError', messages)<Code> {}

/**
 * Returns whether a value is a {@link TwilioError}, optionally with a code. Narrows `data`.
 *
 * @example
 * ```ts
 * bridge.on('stop', ({ error }) => {
 *   if (isTwilioError(error, 'INACTIVE')) console.log('The caller was silent for too long.')
 * })
 * ```
 */
export function isTwilioError<Code extends TwilioErrorCode = TwilioErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: TwilioError<C> }[Code] {
  return isErrorOf(value, 'TwilioError', code)
}
