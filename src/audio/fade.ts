import { msToSamples } from './duration.js'

/** Options of {@link fade}. */
export interface FadeOptions {
  /** Sample rate in hertz. */
  readonly sampleRate: number
  /**
   * Duration of the fade-in in milliseconds.
   * @defaultValue 0
   */
  readonly inMs?: number
  /**
   * Duration of the fade-out in milliseconds.
   * @defaultValue 0
   */
  readonly outMs?: number
}

/**
 * Returns a copy of float samples with a half-cosine fade at either end, which avoids clicks. A fade that is longer than the audio covers
 * all of it.
 * @throws {@link AudioError} INVALID_OPTION when a duration is negative or the sample rate is not positive.
 *
 * @example
 * ```ts
 * const faded = fade(samples, { sampleRate: 24_000, inMs: 5, outMs: 5 })
 * ```
 */
export function fade(
  samples: Float32Array,
  { sampleRate, inMs = 0, outMs = 0 }: FadeOptions,
): Float32Array<ArrayBuffer> {
  const faded = new Float32Array(samples)
  const last = faded.length - 1
  const rise = Math.min(msToSamples(inMs, sampleRate), faded.length)
  const fall = Math.min(msToSamples(outMs, sampleRate), faded.length)
  for (let index = 0; index < rise; index++) faded[index] = (faded[index] as number) * gainAt(index, rise)
  for (let index = 0; index < fall; index++) faded[last - index] = (faded[last - index] as number) * gainAt(index, fall)
  return faded
}

/** Half a cosine from 0 to 1, evaluated at the middle of each sample, so that it reaches neither limit. */
function gainAt(index: number, length: number): number {
  return (1 - Math.cos((Math.PI * (index + 0.5)) / length)) / 2
}
