import { WebhookError } from './error.js'
import type { WallClock } from './wall-clock.js'

/** Remembers which webhooks were taken. With several machines, put it where all of them look, such as Redis: `SET id 1 NX PX ttlMs`. */
export interface ReplayStore {
  /**
   * Takes a webhook: true for the first who asks, and false for every other until `ttlMs` milliseconds have passed. Two who ask at once
   * must not both get true.
   */
  claim(id: string, ttlMs: number): boolean | Promise<boolean>
  /** Gives a webhook back that could not be handled, so that its redelivery is taken. */
  release(id: string): void | Promise<void>
}

/** Options of {@link createReplayStore}. */
export interface ReplayStoreOptions {
  /**
   * How many ids are kept at most; then the oldest is forgotten.
   * @defaultValue 10_000
   */
  maxIds?: number
  /**
   * Where the time comes from.
   * @defaultValue the system clock
   */
  clock?: WallClock
}

/** A store in the memory of this process: make one, and pass it to every verification. */
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
