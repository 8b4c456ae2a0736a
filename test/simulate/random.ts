/** A source of random decisions. The same seed gives the same decisions. */
export interface Random {
  /** Returns a number of at least 0 and less than 1. */
  next(): number
  /** Returns an integer from `min` to `max`, both included. */
  integer(min: number, max: number): number
  /** Returns true with the given probability. */
  chance(probability: number): boolean
  pick<T>(values: readonly T[]): T
  /** Returns one of the keys, each as often as its weight. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key
  /** Returns an independent source, so that decisions of one part do not shift those of another. */
  fork(label: string): Random
}

/** Creates a source of random decisions (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const random: Random = {
    next,
    integer: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick(values) {
      const value = values[Math.floor(next() * values.length)]
      if (values.length === 0) throw new Error('there is nothing to pick from')
      return value as (typeof values)[number]
    },
    weighted(weights) {
      const entries = Object.entries<number>(weights)
      let rest = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      const found = entries.find(([, weight]) => {
        rest -= weight
        return rest < 0
      })
      return (found ?? entries.at(-1))?.[0] as keyof typeof weights
    },
    fork: (label) => createRandom(hashText(`${seed}:${label}`)),
  }
  return random
}

/** Returns a 32-bit hash of a text (FNV-1a with a final mix). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
