/** Levels of audio by the time at which it plays, oldest first. Levels that are too old are dropped. */
export interface LevelTimeline {
  /** Adds a level in dBFS. `atMs` must not be before that of the last level. At most 32,768 levels are kept; further levels are ignored. */
  add(db: number, atMs: number): void
  /** Returns the loudest level from `fromMs` to `toMs`, `-Infinity` when there is none. Drops levels before `fromMs`. */
  loudest(fromMs: number, toMs: number): number
  /** Drops levels before a time. */
  dropBefore(atMs: number): void
  /** Drops levels after a time. */
  dropAfter(atMs: number): void
}

/** Ten minutes in steps of 20 ms, and a power of two. */
const maxLevels = 32_768

/** Creates a ring of levels that grows up to its limit. */
export function createLevelTimeline(): LevelTimeline {
  let levels = new Float32Array(64)
  let times = new Float64Array(64)
  let first = 0
  let count = 0

  const indexOf = (position: number) => (first + position) & (levels.length - 1)

  function grow(): void {
    const nextLevels = new Float32Array(2 * levels.length)
    const nextTimes = new Float64Array(2 * times.length)
    for (let position = 0; position < count; position++) {
      const index = indexOf(position)
      nextLevels[position] = levels[index] as number
      nextTimes[position] = times[index] as number
    }
    levels = nextLevels
    times = nextTimes
    first = 0
  }

  function dropBefore(atMs: number): void {
    while (count > 0 && (times[first] as number) < atMs) {
      first = indexOf(1)
      count -= 1
    }
  }

  return {
    add(db, atMs) {
      if (count === maxLevels) return
      if (count === levels.length) grow()
      const index = indexOf(count)
      levels[index] = db
      times[index] = atMs
      count += 1
    },
    loudest(fromMs, toMs) {
      dropBefore(fromMs)
      let loudest = Number.NEGATIVE_INFINITY
      for (let position = 0; position < count; position++) {
        const index = indexOf(position)
        if ((times[index] as number) > toMs) break
        loudest = Math.max(loudest, levels[index] as number)
      }
      return loudest
    },
    dropBefore,
    dropAfter(atMs) {
      while (count > 0 && (times[indexOf(count - 1)] as number) > atMs) count -= 1
    },
  }
}
