import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Why a WAV file cannot be read. */
export type InvalidWav =
  | {
      /** What is wrong with the file. */
      reason: 'empty' | 'not-wav' | 'no-format' | 'no-data'
    }
  | {
      reason: 'bad-format'
      /** Block align in the header, in bytes, if it does not match the channels and bits per sample. */
      blockAlign?: number
      /** Block align that the channels and bits per sample require, in bytes. */
      expectedBlockAlign?: number
    }
  | {
      reason: 'truncated'
      /** Length of the file according to its headers, in bytes. */
      expectedBytes: number
      /** Actual length of the file, in bytes. */
      foundBytes: number
    }

/** Data of an {@link AudioError} by code. */
export interface AudioErrorData {
  /** The audio has an unsupported format. */
  UNSUPPORTED_FORMAT: {
    /** The format of the audio. */
    format: string
    /** The supported formats. */
    supported: string
  }
  /** The bytes are not a WAV file, or the file is damaged. */
  INVALID_WAV: InvalidWav
  /** 16-bit audio has an odd number of bytes. */
  ODD_BYTE_COUNT: {
    /** Number of bytes. */
    byteLength: number
  }
  /** The text is not base64. */
  INVALID_BASE64: {
    /** Index of the first invalid character. Equal to `length` if the text is incomplete. */
    position: number
    /** Length of the text, in characters. */
    length: number
  }
  /** An option or argument has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be 'voice' or 'best'`. */
    problem: string
  }
}

/** Codes of {@link AudioError}. */
export type AudioErrorCode = keyof AudioErrorData

const messages: MessageTable<AudioErrorData> = {
  UNSUPPORTED_FORMAT: ({ format, supported }) =>
    `The format ${format} is not supported. Convert the audio to ${supported}.`,
  INVALID_WAV: (data) =>
    `The WAV file ${wavProblems[data.reason]}${wavDetails(data)}. Export it as WAV again, or copy the complete file.`,
  ODD_BYTE_COUNT: ({ byteLength }) =>
    `${byteLength} ${byteLength === 1 ? 'byte is' : 'bytes are'} not a whole number of 16-bit samples. Pass whole samples, or decode the chunks of a stream with createPcm16Decoder().`,
  INVALID_BASE64: ({ position, length }) =>
    position === length
      ? `The base64 text is incomplete after ${length} characters. Pass the complete text.`
      : `The text is not base64: character ${position} of ${length} is invalid. Pass text in the standard base64 alphabet.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

const wavProblems: Readonly<Record<InvalidWav['reason'], string>> = {
  empty: 'is empty',
  'not-wav': 'does not start with "RIFF" and "WAVE"',
  'no-format': 'has no "fmt " chunk before its samples',
  'no-data': 'has no "data" chunk',
  'bad-format': 'has an inconsistent "fmt " chunk',
  truncated: 'is truncated',
}

/** Returns the sizes that show the problem of a WAV file, as part of a sentence. */
function wavDetails(data: InvalidWav): string {
  if (data.reason === 'truncated')
    return `: its headers specify ${data.expectedBytes} bytes, but it has ${data.foundBytes}`
  return data.reason === 'bad-format' && data.blockAlign !== undefined
    ? `: its block align is ${data.blockAlign} bytes, but its channels and bits per sample require ${data.expectedBlockAlign}`
    : ''
}

/** Error of an audio function: its input or an option is invalid. */
export class AudioError<
  Code extends AudioErrorCode = AudioErrorCode,
> extends /* @__PURE__ */ defineErrors<AudioErrorData>('AudioError', messages)<Code> {}

/**
 * Returns whether a value is an {@link AudioError}, optionally with a specific code. Narrows `data`.
 *
 * @example
 * ```ts
 * try {
 *   play(readWav(bytes))
 * } catch (error) {
 *   if (isAudioError(error, 'INVALID_WAV')) console.error(error.shortMessage)
 * }
 * ```
 */
export function isAudioError<Code extends AudioErrorCode = AudioErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: AudioError<C> }[Code] {
  return isErrorOf(value, 'AudioError', code)
}
