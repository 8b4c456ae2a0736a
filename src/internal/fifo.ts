/** A first-in, first-out list with constant-time `push` and `shift`. */
export interface Fifo<T> extends Iterable<T> {
  size(): number
  /** Returns the oldest value and keeps it. */
  first(): T | undefined
  push(value: T): void
  shift(): T | undefined
  clear(): void
}

/** Removed values leave a gap at the front. The list is compacted when the gap has this length and is at least half of the list. */
const maxGap = 64

export function createFifo<T>(values: Iterable<T> = []): Fifo<T> {
  let list = [...values] as (T | undefined)[]
  let start = 0
  return {
    size: () => list.length - start,
    first: () => list[start],
    push(value) {
      list.push(value)
    },
    shift() {
      const value = list[start]
      if (start === list.length) return undefined
      list[start] = undefined
      start += 1
      if (start >= maxGap && start * 2 >= list.length) {
        list = list.slice(start)
        start = 0
      }
      return value
    },
    clear() {
      list = []
      start = 0
    },
    *[Symbol.iterator]() {
      for (let index = start; index < list.length; index++) yield list[index] as T
    },
  }
}
