/** A promise with its two ends in hand; settling it twice does nothing. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly settled: boolean
  resolve(value: T): void
  reject(reason: unknown): void
}

export function createDeferred<T>(): Deferred<T> {
  let settled = false
  let accept!: (value: T) => void
  let refuse!: (reason: unknown) => void
  const promise = new Promise<T>((resolve, reject) => {
    accept = resolve
    refuse = reject
  })
  // Whoever awaits it still sees the rejection; a promise that nobody looked at must not end the process.
  promise.catch(() => {})
  return {
    promise,
    get settled() {
      return settled
    },
    resolve(value) {
      settled = true
      accept(value)
    },
    reject(reason) {
      settled = true
      refuse(reason)
    },
  }
}
