import { msToSamples } from './duration.js'

/**
 * Float samples of silence, to the nearest sample.
 * @throws {@link AudioError} INVALID_OPTION when the duration is negative or the rate none.
 */
export function silence(ms: number, sampleRate: number): Float32Array<ArrayBuffer> {
  return new Float32Array(msToSamples(ms, sampleRate))
}
