import type { WallClock } from '../webhooks/wall-clock.js'
import type { CallStore, StoredKey } from './store.js'
import { isObsolete, leaseEntry, recordOf, type StoreEntry, storedKey, writeEntry } from './store-entry.js'

/** The operations of a storage that {@link durableObjectStore} uses. `ctx.storage` of a Durable Object has them. */
export interface DurableObjectTransaction {
  get<T>(key: string): Promise<T | undefined>
  put(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<boolean>
}

/** The storage of a Durable Object, as far as {@link durableObjectStore} uses it. */
export interface DurableObjectStorageLike extends DurableObjectTransaction {
  list<T>(options: { prefix: string; limit: number; startAfter?: string }): Promise<Map<string, T>>
  /** Runs `act` as one transaction. */
  transaction<T>(act: (transaction: DurableObjectTransaction) => Promise<T>): Promise<T>
}

/** Options of {@link durableObjectStore}. */
export interface DurableObjectStoreOptions {
  /** Prefix of the keys in the storage. @defaultValue 'realtime:' */
  readonly prefix?: string
  /** Source of time. @defaultValue the system clock */
  readonly clock?: WallClock
}

/** How many entries are read at a time, so that a list needs little memory. */
const pageSize = 128

/**
 * Creates a store in the storage of a Durable Object. Use one object for each call, or one for all calls of a tenant.
 *
 * @example
 * ```ts
 * const store = durableObjectStore(ctx.storage)
 * ```
 */
export function durableObjectStore(
  storage: DurableObjectStorageLike,
  { prefix = 'realtime:', clock = Date }: DurableObjectStoreOptions = {},
): CallStore {
  function update<Result>(
    key: string,
    change: (before: StoreEntry | undefined, now: number) => { entry: StoreEntry; result: Result },
  ): Promise<Result> {
    return storage.transaction(async (transaction) => {
      const { entry, result } = change(await transaction.get<StoreEntry>(prefix + key), clock.now())
      await transaction.put(prefix + key, entry)
      return result
    })
  }

  return {
    async read(key) {
      return recordOf(await storage.get<StoreEntry>(prefix + key), clock.now())
    },
    compareAndSet: (key, request) => update(key, (before, now) => writeEntry(before, request, now)),
    lease: (key, request) => update(key, (before, now) => leaseEntry(before, request, now)),
    async list({ prefix: keyPrefix = '', limit = 1_000 } = {}) {
      const found: StoredKey[] = []
      let startAfter: string | undefined
      while (found.length < limit) {
        const page = await storage.list<StoreEntry>({
          prefix: prefix + keyPrefix,
          limit: pageSize,
          ...(startAfter === undefined ? {} : { startAfter }),
        })
        const now = clock.now()
        for (const [name, entry] of page) {
          startAfter = name
          if (isObsolete(entry, now)) await storage.delete(name)
          else if (recordOf(entry, now)) found.push(storedKey(name.slice(prefix.length), entry, now))
        }
        if (page.size < pageSize) break
      }
      return found.slice(0, limit)
    },
  }
}
