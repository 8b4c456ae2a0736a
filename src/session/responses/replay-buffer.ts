import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { SessionError } from '../error.js'

/** How a reader of a response's stream is treated when it is slow. */
export interface ReadOptions {
  /**
   * How much may wait for this reader, in bytes as received: base64 for sound, UTF-16 code units for text. A response keeps 64 MiB at most.
   * @defaultValue 67_108_864
   */
  maxWaitingBytes?: number | undefined
  /**
   * What happens to a reader for whom more waits: `fail` ends it with `SessionError` `OVERFLOW`, `drop` skips the oldest.
   * @defaultValue 'fail'
   */
  whenFull?: 'fail' | 'drop' | undefined
}

/** A log with any number of readers; one that comes late gets the earlier values first. */
export interface ReplayBuffer<T> {
  read(options?: ReadOptions): AsyncIterableIterator<T, undefined>
  push(value: T): void
  /** No value follows. Readers end when they have taken what waits. */
  end(): void
}

const keptBytes = 64 * 1024 * 1024

interface Entry<T> {
  readonly value: T
  /** The bytes of the log up to here, this value included. */
  readonly endsAt: number
}

/**
 * The values are kept once, however many read; a reader is a place in the log. So a slow one holds nobody up, and none makes the log grow
 * beyond its limit.
 */
export function createReplayBuffer<T>(sizeOf: (value: T) => number): ReplayBuffer<T> {
  const log: Entry<T>[] = []
  // Where the values before `log[0]` ended, and how many they were.
  let lostBytes = 0
  let lostCount = 0
  let totalBytes = 0
  let hasEnded = false
  const idle = new Set<() => void>()

  const lastPlace = () => lostCount + log.length
  const bytesBefore = (place: number) => (place > lostCount ? (log[place - lostCount - 1]?.endsAt ?? 0) : lostBytes)

  function wake(): void {
    for (const look of [...idle]) look()
  }

  return {
    push(value) {
      if (hasEnded) return
      totalBytes += sizeOf(value)
      log.push({ value, endsAt: totalBytes })
      while (log.length > 1 && totalBytes - lostBytes > keptBytes) {
        lostBytes = log.shift()?.endsAt ?? lostBytes
        lostCount += 1
      }
      wake()
    },
    end() {
      hasEnded = true
      wake()
    },
    read({ maxWaitingBytes = keptBytes, whenFull = 'fail' } = {}) {
      let place = 0
      let isOver = false
      const asked: Deferred<IteratorResult<T, undefined>>[] = []

      const isBehind = () => place < lostCount || totalBytes - bytesBefore(place) > maxWaitingBytes

      function finish(): void {
        isOver = true
        idle.delete(look)
        for (const next of asked.splice(0)) next.resolve({ done: true, value: undefined })
      }

      function catchUp(): void {
        place = Math.max(place, lostCount)
        // The newest value is never dropped, or a small limit would leave nothing to read.
        while (isBehind() && place < lastPlace() - 1) place += 1
      }

      /** Answers whoever asked, as far as there is something to answer. */
      function look(): void {
        while (asked.length > 0 && !isOver) {
          if (isBehind()) {
            if (whenFull === 'fail') {
              asked.shift()?.reject(new SessionError('OVERFLOW', { limit: maxWaitingBytes, unit: 'bytes' }))
              finish()
              return
            }
            catchUp()
          }
          const entry = log[place - lostCount]
          if (entry) {
            place += 1
            asked.shift()?.resolve({ done: false, value: entry.value })
          } else if (hasEnded) finish()
          else break
        }
        if (asked.length > 0) idle.add(look)
        else idle.delete(look)
      }

      return {
        next() {
          if (isOver) return Promise.resolve({ done: true, value: undefined })
          const next = createDeferred<IteratorResult<T, undefined>>()
          asked.push(next)
          look()
          return next.promise
        },
        return() {
          finish()
          return Promise.resolve({ done: true, value: undefined })
        },
        [Symbol.asyncIterator]() {
          return this
        },
      }
    },
  }
}
