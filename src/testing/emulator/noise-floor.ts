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
  // One object, because numbers in variables of a closure are allocated anew with each change. `older` and `newer` are the last two levels,
  // `current` is the minimum of the current part, and `recent` that of the recent parts before it.
  const state = {
    older: 0,
    newer: 0,
    current: Number.POSITIVE_INFINITY,
    recent: range.lowest,
    db: range.lowest,
    certainDb: range.lowest,
  }
  let frames = 0
  let count = 0

  const within = (level: number) => Math.min(range.highest, Math.max(range.lowest, level))

  return {
    get db() {
      return state.db
    },
    get certainDb() {
      return state.certainDb
    },
    add(levelDb) {
      if (frames < smoothing) frames++
      if (frames === smoothing)
        state.current = Math.min(state.current, (state.older + state.newer + levelDb) / smoothing)
      state.older = state.newer
      state.newer = levelDb
      state.db = within(Math.min(state.current, state.recent))
      if (++count < partMs / frameMs) return
      minima.shift()
      minima.push(state.current)
      state.certainDb = within(Math.min(...minima))
      state.recent = Math.min(...minima.slice(-recentParts))
      state.current = Number.POSITIVE_INFINITY
      count = 0
    },
  }
}
