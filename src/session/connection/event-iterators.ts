import { type AsyncQueue, createQueue } from '../../internal/queue.js'
import { SessionError } from '../error.js'
import type { EventsOptions } from '../options.js'

/** The open iterators over the events of a session, each with a bounded buffer of its own. */
export interface EventIterators<Event> {
  open(options?: EventsOptions): AsyncIterableIterator<Event>
  push(event: Event): void
  end(): void
}

export function createEventIterators<Event>(): EventIterators<Event> {
  const iterators = new Map<AsyncQueue<Event>, { readonly limit: number; readonly release: () => void }>()
  let hasEnded = false
  return {
    open({ signal, limit = 10_000 } = {}) {
      const iterator = createQueue<Event>(() => release())
      const onAbort = () => {
        release()
        iterator.end()
      }
      const release = () => {
        iterators.delete(iterator)
        signal?.removeEventListener('abort', onAbort)
      }
      if (hasEnded || signal?.aborted) iterator.end()
      else {
        iterators.set(iterator, { limit, release })
        signal?.addEventListener('abort', onAbort, { once: true })
      }
      return iterator
    },
    push(event) {
      if (iterators.size === 0) return
      for (const [iterator, { limit, release }] of iterators) {
        if (iterator.size < limit) iterator.push(event)
        else {
          release()
          iterator.fail(new SessionError('OVERFLOW', { limit, unit: 'events' }))
        }
      }
    },
    end() {
      hasEnded = true
      for (const [iterator, { release }] of iterators) {
        release()
        iterator.end()
      }
    },
  }
}
