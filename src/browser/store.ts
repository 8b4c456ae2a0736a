import { createEmitter } from '../internal/emitter.js'
import type { ReadableStore } from '../internal/readable-store.js'

/** An immutable snapshot and its subscribers, in the shape that `useSyncExternalStore` takes. */
export interface Store<Snapshot extends object> extends ReadableStore<Snapshot> {
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
    getServerState: () => initial,
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
