import { throwIfAborted } from '../internal/abort.js'
import { SessionError } from './error.js'
import type { RequestOptions } from './options.js'

/** The end of a session that loses no word. */
export interface Farewell<T> {
  /** Ends the session once: every further call shares the outcome of the first, whatever its options. */
  finish(options?: RequestOptions): Promise<T>
  /**
   * Refuses what comes after the farewell has begun.
   * @throws {SessionError} `CLOSED`.
   */
  assertNotBegun(): void
}

export function createFarewell<T>(bid: (options: RequestOptions) => Promise<T>): Farewell<T> {
  let begun: Promise<T> | undefined
  return {
    async finish(options = {}) {
      if (!begun) {
        // Given up before it began, nothing has happened.
        throwIfAborted(options.signal)
        begun = bid(options)
      }
      return begun
    },
    assertNotBegun() {
      if (begun) throw new SessionError('CLOSED', { code: 1000, reason: 'finish() was called' })
    },
  }
}
