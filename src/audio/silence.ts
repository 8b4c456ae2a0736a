import { msToSamples } from './duration.js'

/**
 * Returns float samples of silence, rounded to a whole sample.
 * @throws {@link AudioError} INVALID_OPTION when the duration is negative or the sample rate is not positive.
 *
 * @example
 * ```ts
 * session.audio.append(encodePcm16(silence(500, 24_000)))
 * ```
 */
export function silence(ms: number, sampleRate: number): Float32Array<ArrayBuffer> {
  return new Float32Array(msToSamples(ms, sampleRate))
}
