import { forgetOldest } from './forget-oldest.js'

/** The last ids that were added, at most `limit` of them. */
export interface RememberedIds {
  /** Adds an id. Returns `false` if it is known already. */
  add(id: string): boolean
  has(id: string): boolean
  clear(): void
}

/** Creates a set of ids that forgets the oldest ones, so that its memory is bounded. */
export function createRememberedIds(limit: number): RememberedIds {
  const ids = new Set<string>()
  return {
    add(id) {
      if (ids.has(id)) return false
      ids.add(id)
      forgetOldest(ids, limit)
      return true
    },
    has: (id) => ids.has(id),
    clear: () => ids.clear(),
  }
}
