import { createFifo } from './fifo.js'

/** An async queue with one reader. Values wait until they are read. The queue ends or fails once. */
export interface AsyncQueue<T> extends AsyncIterableIterator<T, undefined> {
  /** Number of waiting values. */
  readonly size: number
  push(value: T): void
  /** Removes and returns the oldest waiting value. */
  shift(): T | undefined
  /** Ends the iteration after the waiting values. */
  end(): void
  /** Ends the iteration with an error after the waiting values. */
  fail(error: unknown): void
  /** Ends the iteration early and calls `onReturn`. */
  return(): Promise<IteratorReturnResult<undefined>>
}

export function createQueue<T>(onReturn: () => void = () => {}): AsyncQueue<T> {
  const values = createFifo<T>()
  const readers: { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void }[] = []
  let ended = false
  let failure: { error: unknown } | undefined

  function finish(): void {
    if (ended) return
    ended = true
    for (const reader of readers.splice(0)) {
      if (failure) reader.reject(failure.error)
      else reader.resolve({ done: true, value: undefined })
      failure = undefined
    }
  }

  return {
    get size() {
      return values.size()
    },
    push(value) {
      if (ended) return
      const reader = readers.shift()
      if (reader) reader.resolve({ done: false, value })
      else values.push(value)
    },
    shift: () => values.shift(),
    end: finish,
    fail(error) {
      if (!ended) failure = { error }
      finish()
    },
    next() {
      if (values.size() > 0) return Promise.resolve({ done: false, value: values.shift() as T })
      if (failure) {
        const { error } = failure
        failure = undefined
        return Promise.reject(error)
      }
      if (ended) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => readers.push({ resolve, reject }))
    },
    return() {
      values.clear()
      failure = undefined
      finish()
      onReturn()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
