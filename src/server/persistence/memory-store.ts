import { type Clock, systemClock } from '../../internal/clock.js'
import type { CallStore } from './store.js'
import { isObsolete, leaseEntry, recordOf, type StoreEntry, storedKey, writeEntry } from './store-entry.js'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** Source of time. @defaultValue the system clock */
  readonly clock?: Clock
}

/**
 * Creates a store in the memory of this process. It does not survive the process, so it is for tests and for processes that run several nodes.
 *
 * @example
 * ```ts
 * const store = memoryStore()
 * persist(session, store, 'call_1')
 * ```
 */
export function memoryStore({ clock = systemClock }: MemoryStoreOptions = {}): CallStore {
  const entries = new Map<string, StoreEntry>()

  function update<Result>(key: string, change: { entry: StoreEntry; result: Result }): Result {
    // The oldest entries are first, because each change moves its entry to the end.
    for (const [old, entry] of entries) {
      if (!isObsolete(entry, clock.now())) break
      entries.delete(old)
    }
    entries.delete(key)
    entries.set(key, change.entry)
    return change.result
  }

  return {
    async read(key) {
      return copy(recordOf(entries.get(key), clock.now()))
    },
    async compareAndSet(key, request) {
      return update(key, writeEntry(entries.get(key), copy(request), clock.now()))
    },
    async lease(key, request) {
      return update(key, leaseEntry(entries.get(key), request, clock.now()))
    },
    async list({ prefix = '', limit = 1_000 } = {}) {
      const now = clock.now()
      return [...entries]
        .filter(([key, entry]) => key.startsWith(prefix) && recordOf(entry, now))
        .slice(0, limit)
        .map(([key, entry]) => storedKey(key, entry, now))
    },
  }
}

/** Returns a copy, so that a caller that changes its object does not change the record. */
function copy<T>(value: T): T {
  return value === undefined ? value : structuredClone(value)
}
