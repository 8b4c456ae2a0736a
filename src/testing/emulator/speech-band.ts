import { createNoiseFloor } from './noise-floor.js'

/** A frequency band of the audio: how far its level is above the background noise in the band. */
export interface SpeechBand {
  add(levelDb: number): void
  /** Returns whether the level is above the background by `marginDb`, before the speech starts. */
  standsOut(marginDb: number): boolean
  /** Returns whether the level is above the background by `marginDb` during speech. */
  continues(marginDb: number): boolean
  /** Starts to track the level of the speech. */
  start(): void
}

// A narrow band of noise varies too much from frame to frame.
const smoothing = 4
// Background noise is at least this far below the speech, unless it lasts.
const clearlyBelowDb = 14
const decayDb = 0.02

/** Creates a band. It assumes a quiet background until it has measured one. */
export function createSpeechBand(range: { readonly lowest: number; readonly highest: number }): SpeechBand {
  const floor = createNoiseFloor(range)
  // The last levels, oldest first.
  const levels: number[] = []
  let db = range.lowest
  let speechDb = range.lowest

  return {
    add(levelDb) {
      floor.add(levelDb)
      if (levels.length === smoothing) levels.copyWithin(0, 1)
      levels[Math.min(levels.length, smoothing - 1)] = levelDb
      let sum = 0
      for (const level of levels) sum += level
      db = sum / levels.length
      speechDb = Math.max(speechDb - decayDb, db)
    },
    // The average alone would prolong a click.
    standsOut: (marginDb) => Math.min(db, levels.at(-1) ?? db) > floor.db + marginDb,
    continues(marginDb) {
      // A steady level close to that of the speech may be a vowel, so only the long-term minimum counts as background.
      const background = Math.min(floor.db, Math.max(floor.certainDb, speechDb - clearlyBelowDb))
      return db > background + marginDb
    },
    start() {
      speechDb = db
    },
  }
}
