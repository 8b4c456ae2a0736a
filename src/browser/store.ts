import { createEmitter } from '../internal/emitter.js'

/** An immutable snapshot and its subscribers, in the shape that `useSyncExternalStore` takes. */
export interface Store<Snapshot extends object> {
  /** Returns the current snapshot. It is the same object until something changes. */
  getState(): Snapshot
  /** Calls the listener after each change. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Replaces fields of the snapshot. Does nothing when all of them have the same value already. */
  update(fields: Partial<Snapshot>): void
  /** Removes all subscribers. */
  clear(): void
}

export function createStore<Snapshot extends object>(initial: Snapshot): Store<Snapshot> {
  const emitter = createEmitter<{ change: undefined }>()
  let snapshot = initial

  return {
    getState: () => snapshot,
    subscribe: (listener) => emitter.on('change', () => listener()),
    update(fields) {
      const names = Object.keys(fields) as (keyof Snapshot)[]
      if (names.every((name) => Object.is(fields[name], snapshot[name]))) return
      snapshot = { ...snapshot, ...fields }
      emitter.emit('change', undefined)
    },
    clear: emitter.clear,
  }
}
