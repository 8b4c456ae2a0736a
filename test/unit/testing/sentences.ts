import { noiseSource } from './speech.js'

/** Sentences for tests of turn detection: synthesized, and the same for the same seed. */

const rate = 24_000

/** Formants of vowels in hertz. */
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [530, 1840, 2480],
  [570, 840, 2410],
  [300, 870, 2240],
] as const

/** Level of a sentence while it is audible, in dB of full scale. */
const speechDb = -24

/** Returns sentences of 2 to 10 syllables. */
export function createSentences(count: number): readonly Float64Array[] {
  return Array.from({ length: count }, (_, index) => sentence(index))
}

/**
 * Returns a sentence of syllables. Syllables differ in vowel, length, and pitch, some are 12 to 18 dB weaker than
 * others, and they start with a consonant or a closure.
 */
function sentence(seed: number): Float64Array {
  const random = noiseSource(seed * 7919 + 13)
  const between = (low: number, high: number) => low + ((random() + 1) / 2) * (high - low)
  const pitch = between(95, 220)
  const count = Math.round(between(2, 10))
  const samples: number[] = []
  for (let syllable = 0; syllable < count; syllable++) {
    const start = between(0, 1)
    if (start < 0.4) consonant(samples, Math.round(between(0.05, 0.1) * rate), 0.12, random)
    else if (start < 0.7) samples.push(...new Array<number>(Math.round(between(0.03, 0.06) * rate)).fill(0))
    const formants = vowels[Math.floor(between(0, vowels.length - 0.01))] ?? vowels[0]
    const isWeak = syllable > 0 && between(0, 1) < 0.4
    const level = 10 ** (-(isWeak ? between(12, 18) : between(0, 10)) / 20)
    vowel(samples, Math.round(between(0.09, 0.2) * rate), pitch * between(0.85, 1.15), formants, level)
    if (syllable === count - 1 && between(0, 1) < 0.5) consonant(samples, Math.round(0.09 * rate), 0.1, random)
  }
  const audible = samples.filter((sample) => Math.abs(sample) > 0.001)
  const rms = Math.sqrt(audible.reduce((sum, sample) => sum + sample * sample, 0) / audible.length)
  return Float64Array.from(samples, (sample) => (sample / rms) * 32_768 * 10 ** (speechDb / 20))
}

function vowel(to: number[], length: number, pitch: number, formants: readonly number[], level: number): void {
  const harmonics = Array.from({ length: Math.floor(4_000 / pitch) }, (_, index) => {
    const hz = (index + 1) * pitch
    return formants.reduce((sum, formant) => sum + 1 / (1 + ((hz - formant) / 90) ** 2), 0.02) / Math.sqrt(index + 1)
  })
  for (let index = 0; index < length; index++) {
    const swell = Math.min(1, index / (0.02 * rate), (length - index) / (0.04 * rate))
    let value = 0
    for (const [number, amplitude] of harmonics.entries())
      value += amplitude * Math.sin((2 * Math.PI * (number + 1) * pitch * index) / rate)
    to.push(value * swell * level)
  }
}

function consonant(to: number[], length: number, level: number, random: () => number): void {
  let before = 0
  for (let index = 0; index < length; index++) {
    const noise = random()
    const swell = Math.min(1, index / (0.01 * rate), (length - index) / (0.02 * rate))
    to.push((noise - before) * level * swell)
    before = noise
  }
}

/** Kinds of noise, as functions that return samples with any level. */
export const noises: Readonly<Record<string, (length: number, sentences: readonly Float64Array[]) => Float64Array>> = {
  white(length) {
    const random = noiseSource(3)
    return Float64Array.from({ length }, random)
  },
  pink(length) {
    const random = noiseSource(5)
    // Sums of first-order filters, one for each two octaves.
    const weights = [0.001, 0.004, 0.016, 0.064, 0.25]
    const state = weights.map(() => 0)
    return Float64Array.from({ length }, () => {
      const white = random()
      let sum = 0
      for (const [index, weight] of weights.entries()) {
        const value = (state[index] ?? 0) + weight * (white - (state[index] ?? 0))
        state[index] = value
        sum += value / Math.sqrt(weight)
      }
      return sum
    })
  },
  'mains hum'(length) {
    return Float64Array.from({ length }, (_, index) =>
      [1, 0.6, 0.8, 0.3, 0.5, 0.2, 0.3, 0.1, 0.2].reduce(
        (sum, amplitude, harmonic) => sum + amplitude * Math.sin((2 * Math.PI * 50 * (harmonic + 1) * index) / rate),
        0,
      ),
    )
  },
  'babble of eight voices'(length, sentences) {
    const mix = new Float64Array(length)
    for (let voice = 0; voice < 8; voice++) {
      let at = -voice * 3_000
      for (let number = voice * 11; at < length; number += 7) {
        const words = sentences[number % sentences.length] ?? new Float64Array(1)
        for (let index = Math.max(0, -at); index < words.length && at + index < length; index++)
          mix[at + index] = (mix[at + index] ?? 0) + (words[index] ?? 0)
        at += words.length + 1_200
      }
    }
    return mix
  },
}

/** Audio with sentences in it. */
export interface Scene {
  readonly pcm: Int16Array
  /** Start and end of each sentence in milliseconds. */
  readonly sentences: readonly (readonly [number, number])[]
}

/** Returns sentences with 1.2 s between them, in noise that is `snrDb` below the level of the speech. */
export function sentencesIn(parts: readonly Float64Array[], noise: string | undefined, snrDb: number): Scene {
  const gap = 1.2 * rate
  const length = parts.reduce((sum, part) => sum + part.length + gap, gap)
  const raw = (noise === undefined ? undefined : noises[noise]?.(length, parts)) ?? new Float64Array(length)
  const rms = Math.sqrt(raw.reduce((sum, sample) => sum + sample * sample, 0) / length) || 1
  const scale = (32_768 * 10 ** ((speechDb - snrDb) / 20)) / rms
  const samples = raw.map((sample) => sample * scale)
  const sentences: [number, number][] = []
  let at = gap
  for (const part of parts) {
    for (let index = 0; index < part.length; index++)
      samples[at + index] = (samples[at + index] ?? 0) + (part[index] ?? 0)
    sentences.push([(at * 1000) / rate, ((at + part.length) * 1000) / rate])
    at += part.length + gap
  }
  const pcm = Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample))))
  return { pcm, sentences }
}
