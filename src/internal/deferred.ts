/** A promise with its `resolve` and `reject` functions. Settling it again has no effect. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly settled: boolean
  resolve(value: T): void
  reject(reason: unknown): void
}

export function createDeferred<T>(): Deferred<T> {
  let accept!: (value: T) => void
  let refuse!: (reason: unknown) => void
  const promise = new Promise<T>((resolve, reject) => {
    accept = resolve
    refuse = reject
  })
  // Prevents an unhandled rejection when no caller awaits the promise. Callers that await it still get the rejection.
  promise.catch(() => {})
  // No getter: V8 stores each object literal that has one as a hash table.
  const deferred = {
    promise,
    settled: false,
    resolve(value: T) {
      deferred.settled = true
      accept(value)
    },
    reject(reason: unknown) {
      deferred.settled = true
      refuse(reason)
    },
  }
  return deferred
}
