import { createDeferred, type Deferred } from '../../internal/deferred.js'
import { SessionError } from '../error.js'

/** Options for reading the content of a response. */
export interface ReadOptions {
  /**
   * How much may wait for this reader, in bytes as received: base64 for audio, UTF-16 code units for text. A response keeps at most 64 MiB.
   * @defaultValue 67_108_864
   */
  maxWaitingBytes?: number | undefined
  /**
   * What happens when more waits for this reader: `fail` ends the iteration with `SessionError` `OVERFLOW`, and `drop` skips the oldest
   * values.
   * @defaultValue 'fail'
   */
  whenFull?: 'fail' | 'drop' | undefined
}

/** A buffer with any number of readers. Each reader gets all values from the start, even if it starts late. */
export interface ReplayBuffer<T> {
  read(options?: ReadOptions): AsyncIterableIterator<T, undefined>
  push(value: T): void
  /** No value follows. Readers complete after the last value. */
  end(): void
}

const maxBytes = 64 * 1024 * 1024

interface Entry<T> {
  readonly value: T
  /** Size of all values up to and including this one, in bytes. */
  readonly endsAt: number
}

/**
 * Creates a replay buffer. Each value is stored once, and a reader is a position in the list, so a slow reader delays no other reader and
 * the buffer never exceeds its limit.
 */
export function createReplayBuffer<T>(sizeOf: (value: T) => number): ReplayBuffer<T> {
  const entries: Entry<T>[] = []
  // Total size and number of the values that were removed from the front.
  let removedBytes = 0
  let removedCount = 0
  let totalBytes = 0
  let hasEnded = false
  const waiting = new Set<() => void>()

  const endPosition = () => removedCount + entries.length
  const bytesBefore = (position: number) =>
    position > removedCount ? (entries[position - removedCount - 1]?.endsAt ?? 0) : removedBytes

  function notifyReaders(): void {
    for (const deliver of [...waiting]) deliver()
  }

  return {
    push(value) {
      if (hasEnded) return
      totalBytes += sizeOf(value)
      entries.push({ value, endsAt: totalBytes })
      while (entries.length > 1 && totalBytes - removedBytes > maxBytes) {
        removedBytes = entries.shift()?.endsAt ?? removedBytes
        removedCount += 1
      }
      notifyReaders()
    },
    end() {
      hasEnded = true
      notifyReaders()
    },
    read({ maxWaitingBytes = maxBytes, whenFull = 'fail' } = {}) {
      let position = 0
      let isDone = false
      const requests: Deferred<IteratorResult<T, undefined>>[] = []

      const isBehind = () => position < removedCount || totalBytes - bytesBefore(position) > maxWaitingBytes

      function finish(): void {
        isDone = true
        waiting.delete(deliver)
        for (const request of requests.splice(0)) request.resolve({ done: true, value: undefined })
      }

      function skipOldest(): void {
        position = Math.max(position, removedCount)
        // The newest value is kept, or a small limit would leave nothing to read.
        while (isBehind() && position < endPosition() - 1) position += 1
      }

      /** Settles as many `next()` calls as there are values. */
      function deliver(): void {
        while (requests.length > 0 && !isDone) {
          if (isBehind()) {
            if (whenFull === 'fail') {
              requests.shift()?.reject(new SessionError('OVERFLOW', { limit: maxWaitingBytes, unit: 'bytes' }))
              finish()
              return
            }
            skipOldest()
          }
          const entry = entries[position - removedCount]
          if (entry) {
            position += 1
            requests.shift()?.resolve({ done: false, value: entry.value })
          } else if (hasEnded) finish()
          else break
        }
        if (requests.length > 0) waiting.add(deliver)
        else waiting.delete(deliver)
      }

      return {
        next() {
          if (isDone) return Promise.resolve({ done: true, value: undefined })
          const request = createDeferred<IteratorResult<T, undefined>>()
          requests.push(request)
          deliver()
          return request.promise
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
