/** Level of audio. Full scale is 1, or 0 dBFS. Digital silence is -Infinity dBFS. */
export interface Level {
  /** Root mean square, 0 to 1. A full-scale sine has 0.707, a full-scale square wave 1. */
  readonly rms: number
  /** Largest magnitude, 0 to 1. */
  readonly peak: number
  /** {@link Level.rms} in dBFS: -3.01 for a full-scale sine. */
  readonly rmsDb: number
  /** {@link Level.peak} in dBFS. */
  readonly peakDb: number
}

/** Level of digital silence. */
export const silentLevel: Level = {
  rms: 0,
  peak: 0,
  rmsDb: Number.NEGATIVE_INFINITY,
  peakDb: Number.NEGATIVE_INFINITY,
}

/**
 * Measures float samples (-1 to 1) or 16-bit samples. An empty array and NaN count as silence.
 *
 * @example
 * ```ts
 * const { rmsDb, peakDb } = measureLevel(samples)
 * ```
 */
export function measureLevel(samples: Float32Array | Int16Array): Level {
  const scale = samples instanceof Int16Array ? 1 / 32768 : 1
  let sum = 0
  let peak = 0
  for (let index = 0; index < samples.length; index++) {
    const magnitude = Math.abs((samples[index] as number) * scale) || 0
    sum += magnitude * magnitude
    if (magnitude > peak) peak = magnitude
  }
  const rms = samples.length === 0 ? 0 : Math.sqrt(sum / samples.length)
  return { rms, peak, rmsDb: toDecibels(rms), peakDb: toDecibels(peak) }
}

/**
 * Converts an amplitude (1 is full scale) to dBFS. 0 gives -Infinity.
 *
 * @example
 * ```ts
 * toDecibels(0.5) // -6.02
 * ```
 */
export function toDecibels(amplitude: number): number {
  return 20 * Math.log10(amplitude)
}

/**
 * Converts a level in dBFS to an amplitude (1 is full scale).
 *
 * @example
 * ```ts
 * fromDecibels(-6.02) // 0.5
 * ```
 */
export function fromDecibels(decibels: number): number {
  return 10 ** (decibels / 20)
}
