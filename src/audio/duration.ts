import { AudioError } from './error.js'

/** The formats of the Realtime API: 16-bit little-endian PCM, mu-law, A-law. All are mono. */
export type AudioFormatName = 'audio/pcm' | 'audio/pcmu' | 'audio/pcma'

/** A format, by its name or as the API writes it: `{ type: 'audio/pcm', rate: 24000 }`. */
export type AudioFormatLike = AudioFormatName | { readonly type: AudioFormatName; readonly rate?: number | undefined }

/** What sound in a format takes. */
export interface AudioLayout {
  /** Samples a second, in hertz. */
  readonly sampleRate: number
  readonly bytesPerSample: number
}

/**
 * The rate and width of a format: 24 kHz and 2 bytes for `audio/pcm`, 8 kHz and 1 byte for `audio/pcmu` and
 * `audio/pcma`.
 * @throws {@link AudioError} UNSUPPORTED_FORMAT when it is another.
 */
export function audioLayout(format: AudioFormatLike): AudioLayout {
  const { type, rate } = typeof format === 'string' ? { type: format, rate: undefined } : format
  switch (type) {
    case 'audio/pcm':
      return { sampleRate: rate ?? 24_000, bytesPerSample: 2 }
    case 'audio/pcmu':
    case 'audio/pcma':
      return { sampleRate: rate ?? 8_000, bytesPerSample: 1 }
    default:
      throw new AudioError('UNSUPPORTED_FORMAT', {
        format: String(type),
        supported: 'audio/pcm, audio/pcmu or audio/pcma',
      })
  }
}

/** How long `byteLength` bytes of a format sound, in milliseconds, not rounded. */
export function bytesToMs(byteLength: number, format: AudioFormatLike): number {
  const { sampleRate, bytesPerSample } = audioLayout(format)
  return samplesToMs(byteLength / bytesPerSample, sampleRate)
}

/** How many bytes a duration in milliseconds takes in a format, to the nearest whole sample. */
export function msToBytes(ms: number, format: AudioFormatLike): number {
  const { sampleRate, bytesPerSample } = audioLayout(format)
  return msToSamples(ms, sampleRate) * bytesPerSample
}

/** How long `sampleCount` samples sound, in milliseconds, not rounded. */
export function samplesToMs(sampleCount: number, sampleRate: number): number {
  assertRate(sampleRate)
  return (sampleCount * 1000) / sampleRate
}

/**
 * How many samples a duration in milliseconds takes, to the nearest.
 * @throws {@link AudioError} INVALID_OPTION when the duration is negative or the rate none.
 */
export function msToSamples(ms: number, sampleRate: number): number {
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
    throw new AudioError('INVALID_OPTION', {
      option: 'ms',
      problem: `must be a number of milliseconds from 0 up, not ${ms}`,
    })
  }
  assertRate(sampleRate)
  return Math.round((ms * sampleRate) / 1000)
}

function assertRate(sampleRate: number): void {
  if (sampleRate > 0 && sampleRate < Number.POSITIVE_INFINITY) return
  throw new AudioError('INVALID_OPTION', {
    option: 'sampleRate',
    problem: `must be a number of hertz above 0, not ${sampleRate}`,
  })
}
