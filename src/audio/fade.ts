import { msToSamples } from './duration.js'

/** How long a sound fades at either end. */
export interface FadeOptions {
  /** Samples a second, in hertz. */
  readonly sampleRate: number
  /**
   * How long the sound takes to rise from silence at its beginning, in milliseconds.
   * @defaultValue 0
   */
  readonly inMs?: number
  /**
   * How long it takes to sink to silence at its end, in milliseconds.
   * @defaultValue 0
   */
  readonly outMs?: number
}

/**
 * A copy of float samples that rises and sinks along half a cosine, so that neither end clicks. A fade longer than the
 * sound takes all of it.
 * @throws {@link AudioError} INVALID_OPTION when a duration is negative or the rate none.
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

/** Half a cosine from 0 to 1, by the middle of each sample: it never quite reaches either. */
function gainAt(index: number, length: number): number {
  return (1 - Math.cos((Math.PI * (index + 0.5)) / length)) / 2
}
