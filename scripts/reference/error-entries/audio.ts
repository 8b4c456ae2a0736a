import type { AudioErrorCode } from '../../../src/audio/error.js'
import type { ErrorClassEntry } from './entry.js'

export const audioErrors: ErrorClassEntry<AudioErrorCode> = {
  module: 'realtime-primitives/audio',
  codes: {
    UNSUPPORTED_FORMAT: {
      when: 'A function received the name of an unknown audio format, or `readWav()` a kind of WAV file or an encoding that it cannot read.',
      fix: 'Convert the audio to one of the formats in the message, for example with `ffmpeg -i input -c:a pcm_s16le output.wav`.',
    },
    INVALID_WAV: {
      when: '`readWav()` received bytes that are not a WAV file, or a file that is damaged or incomplete. `error.data.reason` is different in each case.',
      fix: "Export or copy the file again. To read as much as possible of a file that is still being written, pass `onTruncated: 'read'`.",
      example: `import { isAudioError, readWav } from 'realtime-primitives/audio'

try {
  console.log(readWav(bytes).sampleRate)
} catch (error) {
  if (!isAudioError(error, 'INVALID_WAV')) throw error
  console.error(error.data.reason, error.shortMessage)
}`,
    },
    ODD_BYTE_COUNT: {
      when: '16-bit audio was decoded from an odd number of bytes, usually because a stream was split in the middle of a sample.',
      fix: 'Pass whole samples. For a stream, use `createPcm16Decoder()`, which keeps the odd byte for the next chunk.',
    },
    INVALID_BASE64: {
      when: 'Text that should contain base64 audio has an invalid character or is incomplete.',
      fix: 'Pass the complete text in the standard alphabet (`A`–`Z`, `a`–`z`, `0`–`9`, `+`, `/`), without a `data:` prefix.',
    },
    INVALID_OPTION: {
      when: 'A sample rate, a duration, a frame length, or another argument of an audio function is invalid.',
      fix: 'Correct the option that the message names. Rates are in hertz and durations in milliseconds.',
    },
  },
}
