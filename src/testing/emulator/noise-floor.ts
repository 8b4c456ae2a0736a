import { frameMs } from './loudness.js'

/** Follows the level of the background under speech, in dB: the quietest stretch of the last moments. */
export interface NoiseFloor {
  /** The quietest of the last 1.2 s. */
  readonly db: number
  /** The quietest of the last 3.6 s: no voice holds on that long without a dip. */
  readonly certainDb: number
  add(levelDb: number): void
}

const partMs = 200
const parts = 18
const recentParts = 6
const smoothing = 3

/**
 * The minimum over a sliding span, of levels averaged over three frames so that one odd frame does not count.
 * @param range the answers stay inside it; what was before the beginning counts as its lower end
 */
export function createNoiseFloor(range: { readonly lowest: number; readonly highest: number }): NoiseFloor {
  const minima = new Array<number>(parts).fill(range.lowest)
  let levels: number[] = []
  let current = Number.POSITIVE_INFINITY
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
      levels = [...levels, levelDb].slice(-smoothing)
      if (levels.length === smoothing)
        current = Math.min(current, levels.reduce((sum, level) => sum + level, 0) / smoothing)
      db = within(Math.min(current, ...minima.slice(-recentParts)))
      if (++count < partMs / frameMs) return
      minima.shift()
      minima.push(current)
      certainDb = within(Math.min(...minima))
      current = Number.POSITIVE_INFINITY
      count = 0
    },
  }
}
