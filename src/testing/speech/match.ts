import { bandCount, type Fingerprint } from './fingerprint.js'

/** A known sentence. */
export interface Template {
  readonly text: string
  readonly fingerprint: Fingerprint
  /** The mean level of each frame. */
  readonly loudness: Float32Array
}

/** A sentence that was found in audio. */
export interface Match {
  readonly text: string
  /** First frame, and the one after the last. */
  readonly from: number
  readonly to: number
  /** Likeness from -1 to 1. */
  readonly score: number
}

/** Prepares a sentence for {@link findSentences}. */
export function createTemplate(text: string, fingerprint: Fingerprint): Template {
  return { text, fingerprint, loudness: loudnessOf(fingerprint) }
}

/** Frames of silence around the audio, so that a sentence with a missing start is found. */
const margin = 10
/** Likeness above which a sentence counts as found. Noise as loud as the speech still leaves it. */
const threshold = 0.8
/** Likeness of the loudness alone above which the bands are compared. */
const loudnessThreshold = 0.6
/** Two sentences may overlap by this part of the shorter one. */
const overlap = 0.2
/** Part of the speech that the sentences have to cover. With less, the audio contains something else too. */
const coverage = 0.6

/** Returns the sentences in audio in order of time, or none when they are not most of its speech. */
export function findSentences(audio: Fingerprint, templates: readonly Template[]): readonly Match[] {
  const frames = audio.frames + 2 * margin
  const levels = new Uint8Array(frames * bandCount)
  levels.set(audio.levels, margin * bandCount)
  const loudness = loudnessOf({ frames, levels })
  const matches: Match[] = []
  for (const { text, fingerprint, loudness: expected } of templates) {
    const length = fingerprint.frames
    for (let from = 0; from + length <= frames; from++) {
      if (correlate(loudness, from, expected, 1, 1) < loudnessThreshold) continue
      if (correlate(levels, from, fingerprint.levels, bandCount, 2) < threshold - 0.1) continue
      const score = correlate(levels, from, fingerprint.levels, bandCount, 1)
      if (score >= threshold) matches.push({ text, from, to: from + length, score })
    }
  }
  matches.sort((a, b) => b.score - a.score)
  const found: Match[] = []
  for (const match of matches) if (found.every((other) => !collides(match, other))) found.push(match)
  return covers(found, loudness.subarray(margin, frames - margin)) ? found.sort((a, b) => a.from - b.from) : []
}

function collides(a: Match, b: Match): boolean {
  const common = Math.min(a.to, b.to) - Math.max(a.from, b.from)
  return common > overlap * Math.min(a.to - a.from, b.to - b.from)
}

/** Returns whether sentences are most of the frames that are louder than the background. */
function covers(found: readonly Match[], loudness: Float32Array): boolean {
  const background = loudness.slice().sort()[Math.floor(loudness.length / 10)] ?? 0
  let spoken = 0
  let matched = 0
  for (const [frame, level] of loudness.entries()) {
    if (level < background + 3) continue
    spoken += 1
    if (found.some(({ from, to }) => frame + margin >= from && frame + margin < to)) matched += 1
  }
  return matched >= coverage * spoken
}

function loudnessOf({ frames, levels }: Fingerprint): Float32Array {
  const loudness = new Float32Array(frames)
  for (let at = 0; at < levels.length; at++) {
    const frame = Math.floor(at / bandCount)
    loudness[frame] = (loudness[frame] as number) + (levels[at] as number) / bandCount
  }
  return loudness
}

/**
 * Correlates levels at a position with expected ones, over every `step`th frame. The mean of each band is removed, because the frequency response of
 * a line changes it.
 */
function correlate(
  levels: Uint8Array | Float32Array,
  from: number,
  expected: Uint8Array | Float32Array,
  bands: number,
  step: number,
): number {
  const stride = bands * step
  let product = 0
  let power = 0
  let expectedPower = 0
  for (let band = 0; band < bands; band++) {
    let sum = 0
    let expectedSum = 0
    let products = 0
    let squares = 0
    let expectedSquares = 0
    let count = 0
    for (let at = band; at < expected.length; at += stride) {
      const level = levels[from * bands + at] as number
      const wanted = expected[at] as number
      sum += level
      expectedSum += wanted
      products += level * wanted
      squares += level * level
      expectedSquares += wanted * wanted
      count += 1
    }
    product += products - (sum * expectedSum) / count
    power += squares - (sum * sum) / count
    expectedPower += expectedSquares - (expectedSum * expectedSum) / count
  }
  const scale = Math.sqrt(power * expectedPower)
  return scale > 0 ? product / scale : 0
}
