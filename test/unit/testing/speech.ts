/** Sound for tests that a detector of voices takes for speech: made, not recorded, and the same each time. */

export const rate = 24_000

/** Numbers from -1 to 1, the same for the same seed. */
export function noiseSource(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2_147_483_648 - 1
  }
}

export interface SpeechOptions {
  /** Root mean square of the loudest stretch, in dB of full scale. */
  readonly levelDb?: number
  readonly seed?: number
  readonly rate?: number
}

/** Syllables of 180 ms with harmonics that glide, a hiss on every third, and the 50 ms of quiet of a stop consonant between them. */
export function speechLike(ms: number, { levelDb = -20, seed = 1, rate: hz = rate }: SpeechOptions = {}): Int16Array {
  const random = noiseSource(seed)
  const amplitude = 10 ** (levelDb / 20) * 32_768
  const period = 0.23
  let phase = 0
  return Int16Array.from({ length: Math.round((ms * hz) / 1000) }, (_, index) => {
    const time = index / hz
    const syllable = Math.floor(time / period)
    const within = time - syllable * period
    const noise = random()
    if (within > 0.18) return 0
    const swell = Math.min(1, within / 0.03, (0.18 - within) / 0.05)
    if (syllable % 3 === 2 && within < 0.06) return Math.round(noise * amplitude * 0.4 * swell)
    phase += (2 * Math.PI * (115 + 12 * (syllable % 4) + 60 * within)) / hz
    let voice = 0
    for (let harmonic = 1; harmonic <= 12; harmonic++) voice += Math.sin(harmonic * phase) / harmonic
    return Math.round((voice + noise * 0.05) * amplitude * swell)
  })
}

/** A room without speech: digital silence, or noise of a level in dB of full scale. */
export function room(
  ms: number,
  { noiseDb, seed = 7, rate: hz = rate }: { noiseDb?: number; seed?: number; rate?: number } = {},
): Int16Array {
  const random = noiseSource(seed)
  const amplitude = noiseDb === undefined ? 0 : 10 ** (noiseDb / 20) * 32_768 * Math.sqrt(3)
  return Int16Array.from({ length: Math.round((ms * hz) / 1000) }, () => Math.round(random() * amplitude))
}

export function joined(...parts: Int16Array[]): Int16Array {
  const pcm = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    pcm.set(part, at)
    at += part.length
  }
  return pcm
}

/** Two sounds at once; the second may be the longer one. */
export function mixed(a: Int16Array, b: Int16Array): Int16Array {
  return Int16Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0) + (b[index] ?? 0))
}
