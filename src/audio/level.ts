/** How loud a piece of sound is. Full scale is 1, or 0 dBFS; digital silence is -Infinity dBFS. */
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

/** The level of no sound. */
export const silentLevel: Level = {
  rms: 0,
  peak: 0,
  rmsDb: Number.NEGATIVE_INFINITY,
  peakDb: Number.NEGATIVE_INFINITY,
}

/** Measures float samples (-1 to 1) or 16-bit samples. No samples are silence, and so is NaN. */
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

/** An amplitude (1 is full scale) in dBFS; 0 gives -Infinity. */
export function toDecibels(amplitude: number): number {
  return 20 * Math.log10(amplitude)
}

/** The amplitude of a level in dBFS (0 is full scale). */
export function fromDecibels(decibels: number): number {
  return 10 ** (decibels / 20)
}
