import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/**
 * Why a WAV file cannot be read. `bad-format` includes the block align in bytes if it does not match the channels and bits per sample.
 * `truncated` includes the length according to the headers and the actual length.
 */
export type InvalidWav =
  | { reason: 'empty' | 'not-wav' | 'no-format' | 'no-data' }
  | { reason: 'bad-format'; blockAlign?: number; expectedBlockAlign?: number }
  | { reason: 'truncated'; expectedBytes: number; foundBytes: number }

/** Data of each audio error. */
export interface AudioErrorData {
  /** The audio has an unsupported format. */
  UNSUPPORTED_FORMAT: { format: string; supported: string }
  /** The file is not a WAV file, or it is damaged. */
  INVALID_WAV: InvalidWav
  /** 16-bit audio has an odd number of bytes. */
  ODD_BYTE_COUNT: { byteLength: number }
  /** The text is not base64. `position` is the index of the first invalid character. */
  INVALID_BASE64: { position: number; length: number }
  /** An option has an invalid value. */
  INVALID_OPTION: { option: string; problem: string }
}

/** Code of an audio error. */
export type AudioErrorCode = keyof AudioErrorData

const messages: MessageTable<AudioErrorData> = {
  UNSUPPORTED_FORMAT: ({ format, supported }) => `Cannot read ${format}; convert the audio to ${supported}.`,
  INVALID_WAV: explainInvalidWav,
  ODD_BYTE_COUNT: ({ byteLength }) =>
    `${byteLength} ${byteLength === 1 ? 'byte ends' : 'bytes end'} in the middle of a 16-bit sample; pass whole samples, or decode the pieces of a stream with createPcm16Decoder().`,
  INVALID_BASE64: ({ position, length }) =>
    position === length
      ? `The base64 text ends too early, after ${length} characters; pass all of it.`
      : `The text is not base64: character ${position} of ${length} does not belong there; pass the standard alphabet.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

function explainInvalidWav(data: InvalidWav): string {
  switch (data.reason) {
    case 'empty':
      return 'The WAV file is empty; record or copy it again.'
    case 'not-wav':
      return 'This is not a WAV file: it does not start with RIFF and WAVE; convert it to WAV first.'
    case 'no-format':
      return 'The WAV file has no "fmt " chunk before its samples, so its format is unknown; write the file again.'
    case 'bad-format':
      return data.blockAlign === undefined
        ? 'The "fmt " chunk of the WAV file contradicts itself; write the file again.'
        : `The "fmt " chunk of the WAV file contradicts itself: its block align is ${data.blockAlign} bytes, and its channels and bits per sample take ${data.expectedBlockAlign}; write the file again.`
    case 'no-data':
      return 'The WAV file has no "data" chunk, so it contains no audio; write the file again.'
    case 'truncated':
      return `The WAV file is cut off: its headers announce ${data.expectedBytes} bytes and it has ${data.foundBytes}; copy the whole file.`
  }
}

/** Thrown by the audio functions when their input or an option is invalid. */
export class AudioError<Code extends AudioErrorCode = AudioErrorCode> extends RealtimeError<
  Code,
  AudioErrorData[Code]
> {
  constructor(code: Code, data: AudioErrorData[Code], options?: ErrorOptions) {
    super('AudioError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is an {@link AudioError}, optionally with a specific code. Narrows `data`. */
export function isAudioError<Code extends AudioErrorCode = AudioErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: AudioError<C> }[Code] {
  return isErrorOf(value, 'AudioError', code)
}
