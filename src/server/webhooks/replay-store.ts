import { WebhookError } from './error.js'
import type { WallClock } from './wall-clock.js'

/** Store of claimed webhook ids. Several processes need a shared store, for example Redis with `SET id 1 NX PX ttlMs`. */
export interface ReplayStore {
  /**
   * Claims a webhook. Returns `true` for the first caller, and `false` for all others until `ttlMs` milliseconds have passed. It must be atomic.
   */
  claim(id: string, ttlMs: number): boolean | Promise<boolean>
  /** Releases a webhook that could not be handled, so that its redelivery can be claimed. */
  release(id: string): void | Promise<void>
}

/** Options of {@link createReplayStore}. */
export interface ReplayStoreOptions {
  /**
   * Maximum number of ids. When there are more, the oldest is removed.
   * @defaultValue 10_000
   */
  maxIds?: number
  /**
   * Source of time.
   * @defaultValue the system clock
   */
  clock?: WallClock
}

/**
 * Creates a replay store in the memory of this process. Create it once and pass it to every verification.
 *
 * @example
 * ```ts
 * const replayStore = createReplayStore({ maxIds: 50_000 })
 * ```
 */
export function createReplayStore(options: ReplayStoreOptions = {}): ReplayStore {
  const { maxIds = 10_000, clock = Date } = options
  if (!Number.isInteger(maxIds) || maxIds < 1)
    throw new WebhookError('INVALID_OPTION', { option: 'maxIds', problem: 'must be a whole number of at least 1' })
  // Oldest first.
  const expiries = new Map<string, number>()

  return {
    claim(id, ttlMs) {
      const now = clock.now()
      for (const [old, expiresAt] of expiries) {
        if (expiresAt > now) break
        expiries.delete(old)
      }
      if ((expiries.get(id) ?? Number.NEGATIVE_INFINITY) > now) return false
      expiries.delete(id)
      expiries.set(id, now + ttlMs)
      for (const [oldest] of expiries) {
        if (expiries.size <= maxIds) break
        expiries.delete(oldest)
      }
      return true
    },
    release(id) {
      expiries.delete(id)
    },
  }
}
