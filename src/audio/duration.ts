import { AudioError } from './error.js'

/** Names of the audio formats of the Realtime API: 16-bit little-endian PCM, mu-law, and A-law. All are mono. */
export type AudioFormatName = 'audio/pcm' | 'audio/pcmu' | 'audio/pcma'

/** An audio format: its name, or the object that the API uses, `{ type: 'audio/pcm', rate: 24000 }`. */
export type AudioFormatLike = AudioFormatName | { readonly type: AudioFormatName; readonly rate?: number | undefined }

/** Sample rate and sample size of a format. */
export interface AudioLayout {
  /** Sample rate in hertz. */
  readonly sampleRate: number
  readonly bytesPerSample: number
}

/**
 * Returns the sample rate and sample size of a format: 24 kHz and 2 bytes for `audio/pcm`, 8 kHz and 1 byte for `audio/pcmu` and
 * `audio/pcma`.
 * @throws {@link AudioError} UNSUPPORTED_FORMAT for other formats.
 *
 * @example
 * ```ts
 * const { sampleRate, bytesPerSample } = audioLayout('audio/pcmu') // 8000, 1
 * ```
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
        supported: 'audio/pcm, audio/pcmu, or audio/pcma',
      })
  }
}

/**
 * Returns the duration of `byteLength` bytes in milliseconds, not rounded.
 *
 * @example
 * ```ts
 * bytesToMs(960, 'audio/pcm') // 20
 * ```
 */
export function bytesToMs(byteLength: number, format: AudioFormatLike): number {
  const { sampleRate, bytesPerSample } = audioLayout(format)
  return samplesToMs(byteLength / bytesPerSample, sampleRate)
}

/**
 * Returns the number of bytes of a duration in milliseconds, rounded to a whole sample.
 *
 * @example
 * ```ts
 * msToBytes(20, 'audio/pcm') // 960
 * ```
 */
export function msToBytes(ms: number, format: AudioFormatLike): number {
  const { sampleRate, bytesPerSample } = audioLayout(format)
  return msToSamples(ms, sampleRate) * bytesPerSample
}

/**
 * Returns the duration of `sampleCount` samples in milliseconds, not rounded.
 *
 * @example
 * ```ts
 * samplesToMs(480, 24_000) // 20
 * ```
 */
export function samplesToMs(sampleCount: number, sampleRate: number): number {
  assertRate(sampleRate)
  return (sampleCount * 1000) / sampleRate
}

/**
 * Returns the number of samples of a duration in milliseconds, rounded.
 * @throws {@link AudioError} INVALID_OPTION when the duration is negative or the sample rate is not positive.
 *
 * @example
 * ```ts
 * msToSamples(20, 24_000) // 480
 * ```
 */
export function msToSamples(ms: number, sampleRate: number): number {
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
    throw new AudioError('INVALID_OPTION', {
      option: 'ms',
      problem: `must be a number of milliseconds of at least 0, not ${ms}`,
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
