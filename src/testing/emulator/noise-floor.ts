import { frameMs } from './loudness.js'

/** Tracks the level of the background noise in dB, as the minimum of the recent past. */
export interface NoiseFloor {
  /** Minimum of the last 1.2 s. */
  readonly db: number
  /** Minimum of the last 3.6 s. Speech never lasts that long without a dip. */
  readonly certainDb: number
  add(levelDb: number): void
}

const partMs = 200
const parts = 18
const recentParts = 6
const smoothing = 3

/**
 * Creates a sliding minimum over levels that are averaged across three frames, so that a single outlier does not count.
 * @param range - Limits of the result. The time before the first frame counts as `lowest`.
 */
export function createNoiseFloor(range: { readonly lowest: number; readonly highest: number }): NoiseFloor {
  const minima = new Array<number>(parts).fill(range.lowest)
  // The last two levels, oldest first.
  let older = 0
  let newer = 0
  let frames = 0
  let current = Number.POSITIVE_INFINITY
  /** Minimum of the recent parts, without the current one. */
  let recent = range.lowest
  let count = 0
  let db = range.lowest
  let certainDb = range.lowest

  const within = (level: number) => Math.min(range.highest, Math.max(range.lowest, level))

  return {
    get db() {
      return db
    },
    get certainDb() {
      return certainDb
    },
    add(levelDb) {
      if (frames < smoothing) frames++
      if (frames === smoothing) current = Math.min(current, (older + newer + levelDb) / smoothing)
      older = newer
      newer = levelDb
      db = within(Math.min(current, recent))
      if (++count < partMs / frameMs) return
      minima.shift()
      minima.push(current)
      certainDb = within(Math.min(...minima))
      recent = Math.min(...minima.slice(-recentParts))
      current = Number.POSITIVE_INFINITY
      count = 0
    },
  }
}
