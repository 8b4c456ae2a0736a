import type { Clock } from '../../internal/clock.js'

/** What one session has planned on a clock, so that all of it can be dropped at once. */
export interface Agenda {
  /** Milliseconds, as the clock counts them. */
  now(): number
  /** Calls `callback` once after `delayMs`; an endless delay is never due. The answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
  /** Drops everything that is planned. */
  clear(): void
}

/** Makes an empty agenda. */
export function createAgenda(clock: Clock): Agenda {
  const planned = new Set<() => void>()
  return {
    now: () => clock.now(),
    after(delayMs, callback) {
      if (delayMs === Number.POSITIVE_INFINITY) return () => {}
      const cancel = clock.after(Math.max(0, delayMs), () => {
        planned.delete(drop)
        callback()
      })
      const drop = () => {
        planned.delete(drop)
        cancel()
      }
      planned.add(drop)
      return drop
    },
    clear() {
      for (const drop of [...planned]) drop()
    },
  }
}
