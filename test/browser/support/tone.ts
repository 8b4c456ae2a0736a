/** Result of {@link countToneWindows}. */
export interface ToneWindows {
  /** Windows that are loud enough to analyze. */
  readonly loud: number
  /** Loud windows that consist mostly of the tone. */
  readonly tonal: number
}

const windowMs = 100
const loudRms = 300

/**
 * Counts the windows of 100 ms that consist mostly of a tone. Gaps and stretched audio, which a busy machine causes, change the number of
 * windows, but not the share of the tone.
 */
export function countToneWindows(pcm: Int16Array, rate: number, hertz: number): ToneWindows {
  const length = Math.round((windowMs * rate) / 1000)
  let loud = 0
  let tonal = 0
  for (let at = 0; at + length <= pcm.length; at += length) {
    const window = pcm.subarray(at, at + length)
    const energy = window.reduce((sum, sample) => sum + sample * sample, 0)
    if (Math.sqrt(energy / length) < loudRms) continue
    loud++
    if (energyAt(window, rate, hertz) > energy / 2) tonal++
  }
  return { loud, tonal }
}

/** Returns the energy at one frequency. */
function energyAt(window: Int16Array, rate: number, hertz: number): number {
  let [real, imaginary] = [0, 0]
  for (const [index, sample] of window.entries()) {
    const angle = (2 * Math.PI * hertz * index) / rate
    real += sample * Math.cos(angle)
    imaginary += sample * Math.sin(angle)
  }
  return (2 * (real * real + imaginary * imaginary)) / window.length
}
