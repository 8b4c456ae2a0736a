import { bandCount, type Fingerprint } from './fingerprint.js'

/** A known sentence. */
export interface Template {
  readonly text: string
  readonly frames: number
  /** The mean level of each frame. */
  readonly loudness: Pattern
  /** The levels of all bands in each frame. */
  readonly levels: Pattern
  /** {@link levels} of every second frame. */
  readonly halfLevels: Pattern
}

/** Levels with what {@link correlate} needs of them for each comparison. */
interface Pattern {
  readonly levels: Uint8Array | Float32Array
  readonly bands: number
  /** Distance between the compared frames. */
  readonly step: number
  /** Number of compared frames. */
  readonly count: number
  /** Sum of the levels of each band. */
  readonly sums: Float64Array
  /** Power of the levels without the mean of each band. */
  readonly power: number
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
  const { frames, levels } = fingerprint
  return {
    text,
    frames,
    loudness: createPattern(loudnessOf(fingerprint), 1, 1),
    levels: createPattern(levels, bandCount, 1),
    halfLevels: createPattern(levels, bandCount, 2),
  }
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
  for (const template of templates) {
    for (let from = 0; from + template.frames <= frames; from++) {
      if (correlate(loudness, from, template.loudness) < loudnessThreshold) continue
      if (correlate(levels, from, template.halfLevels) < threshold - 0.1) continue
      const score = correlate(levels, from, template.levels)
      if (score >= threshold) matches.push({ text: template.text, from, to: from + template.frames, score })
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

function createPattern(levels: Uint8Array | Float32Array, bands: number, step: number): Pattern {
  const sums = new Float64Array(bands)
  const count = Math.ceil(levels.length / (bands * step))
  let power = 0
  for (let band = 0; band < bands; band++) {
    let sum = 0
    let squares = 0
    for (let at = band; at < levels.length; at += bands * step) {
      const level = levels[at] as number
      sum += level
      squares += level * level
    }
    sums[band] = sum
    power += squares - (sum * sum) / count
  }
  return { levels, bands, step, count, sums, power }
}

/**
 * Correlates levels at a position with those of a pattern. The mean of each band is removed, because the frequency response of a line changes it.
 */
function correlate(levels: Uint8Array | Float32Array, from: number, pattern: Pattern): number {
  const { levels: expected, bands, count, sums } = pattern
  const stride = bands * pattern.step
  const offset = from * bands
  let product = 0
  let power = 0
  for (let band = 0; band < bands; band++) {
    let sum = 0
    let products = 0
    let squares = 0
    for (let at = band; at < expected.length; at += stride) {
      const level = levels[offset + at] as number
      sum += level
      products += level * (expected[at] as number)
      squares += level * level
    }
    product += products - (sum * (sums[band] as number)) / count
    power += squares - (sum * sum) / count
  }
  const scale = Math.sqrt(power * pattern.power)
  return scale > 0 ? product / scale : 0
}
