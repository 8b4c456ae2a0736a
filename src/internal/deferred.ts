/** A promise with its `resolve` and `reject` functions. Settling it again has no effect. */
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
  // Prevents an unhandled rejection when no caller awaits the promise. Callers that await it still get the rejection.
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
