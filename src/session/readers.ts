import { type AsyncQueue, createQueue } from '../internal/queue.js'
import { SessionError } from './error.js'
import type { EventsOptions } from './options.js'

/** The readers of a stream of events, each with a bounded buffer of its own. */
export interface Readers<Event> {
  open(options?: EventsOptions): AsyncIterableIterator<Event>
  push(event: Event): void
  end(): void
}

export function createReaders<Event>(): Readers<Event> {
  const readers = new Map<AsyncQueue<Event>, number>()
  let hasEnded = false
  return {
    open({ signal, limit = 10_000 } = {}) {
      const reader = createQueue<Event>(() => release())
      const onAbort = () => {
        release()
        reader.end()
      }
      const release = () => {
        readers.delete(reader)
        signal?.removeEventListener('abort', onAbort)
      }
      if (hasEnded || signal?.aborted) reader.end()
      else {
        readers.set(reader, limit)
        signal?.addEventListener('abort', onAbort, { once: true })
      }
      return reader
    },
    push(event) {
      for (const [reader, limit] of readers) {
        if (reader.size < limit) reader.push(event)
        else {
          readers.delete(reader)
          reader.fail(new SessionError('OVERFLOW', { limit, unit: 'events' }))
        }
      }
    },
    end() {
      hasEnded = true
      for (const reader of readers.keys()) reader.end()
      readers.clear()
    },
  }
}
