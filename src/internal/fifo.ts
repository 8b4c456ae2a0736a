/** A list that grows at one end and shrinks at the other, neither of which moves the rest. */
export interface Fifo<T> extends Iterable<T> {
  readonly size: number
  readonly first: T | undefined
  push(value: T): void
  shift(): T | undefined
  clear(): void
}

/** Taken values leave a gap in front; it is closed when it is this long and longer than what is left. */
const longestGap = 64

export function createFifo<T>(values: Iterable<T> = []): Fifo<T> {
  let list = [...values] as (T | undefined)[]
  let start = 0
  return {
    get size() {
      return list.length - start
    },
    get first() {
      return list[start]
    },
    push(value) {
      list.push(value)
    },
    shift() {
      const value = list[start]
      if (start === list.length) return undefined
      list[start] = undefined
      start += 1
      if (start >= longestGap && start * 2 >= list.length) {
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
