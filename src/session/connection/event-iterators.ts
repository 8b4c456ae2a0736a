import { type AsyncQueue, createQueue } from '../../internal/queue.js'
import { SessionError } from '../error.js'
import type { EventsOptions } from '../options.js'

/** The open iterators over the events of a session, each with a bounded buffer of its own. */
export interface EventIterators<Event> {
  open: readonly OpenIterator<Event>[]
  hasEnded: boolean
}

interface OpenIterator<Event> {
  readonly values: AsyncQueue<Event>
  readonly limit: number
  readonly release: () => void
}

export function createEventIterators<Event>(): EventIterators<Event> {
  return { open: [], hasEnded: false }
}

export function openIterator<Event>(
  iterators: EventIterators<Event>,
  { signal, limit = 10_000 }: EventsOptions = {},
): AsyncIterableIterator<Event> {
  const values = createQueue<Event>(() => release())
  const onAbort = () => {
    release()
    values.end()
  }
  const release = () => {
    iterators.open = iterators.open.filter((iterator) => iterator.values !== values)
    signal?.removeEventListener('abort', onAbort)
  }
  if (iterators.hasEnded || signal?.aborted) values.end()
  else {
    iterators.open = [...iterators.open, { values, limit, release }]
    signal?.addEventListener('abort', onAbort, { once: true })
  }
  return values
}

export function pushToIterators<Event>({ open }: EventIterators<Event>, event: Event): void {
  for (const { values, limit, release } of open) {
    if (values.size < limit) values.push(event)
    else {
      release()
      values.fail(new SessionError('OVERFLOW', { limit, unit: 'events' }))
    }
  }
}

export function endIterators<Event>(iterators: EventIterators<Event>): void {
  iterators.hasEnded = true
  for (const { values, release } of iterators.open) {
    release()
    values.end()
  }
}
