import { addListener, createListeners, emit, removeListeners } from '../internal/emitter.js'
import type { ReadableStore } from '../internal/readable-store.js'

/** A value that changes by replacement, with change notifications. */
export interface Store<State> extends ReadableStore<State> {
  /** Replaces the state. Setting the same state again notifies no listener. */
  setState(next: State): void
  /** Removes all listeners. */
  release(): void
}

export function createStore<State>(initial: State): Store<State> {
  const listeners = createListeners<{ change: undefined }>()
  let state = initial
  return {
    getState: () => state,
    getServerState: () => initial,
    subscribe: (listener) => addListener(listeners, 'change', listener),
    setState(next) {
      if (next === state) return
      state = next
      emit(listeners, 'change', undefined)
    },
    release: () => removeListeners(listeners),
  }
}
