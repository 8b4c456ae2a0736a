import { type AsyncQueue, createQueue } from '../../internal/queue.js'
import { SessionError } from '../error.js'
import type { EventsOptions } from '../options.js'

/** The readers of a stream of events, each with a bounded buffer of its own. */
export interface EventIterators<Event> {
  open(options?: EventsOptions): AsyncIterableIterator<Event>
  push(event: Event): void
  end(): void
}

export function createEventIterators<Event>(): EventIterators<Event> {
  const readers = new Map<AsyncQueue<Event>, { readonly limit: number; readonly release: () => void }>()
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
        readers.set(reader, { limit, release })
        signal?.addEventListener('abort', onAbort, { once: true })
      }
      return reader
    },
    push(event) {
      for (const [reader, { limit, release }] of readers) {
        if (reader.size < limit) reader.push(event)
        else {
          release()
          reader.fail(new SessionError('OVERFLOW', { limit, unit: 'events' }))
        }
      }
    },
    end() {
      hasEnded = true
      for (const [reader, { release }] of readers) {
        release()
        reader.end()
      }
    },
  }
}
