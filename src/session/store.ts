import { addListener, createListeners, emit, removeListeners } from '../internal/emitter.js'
import type { ReadableStore } from '../internal/readable-store.js'

/** A value that changes by replacement, with change notifications. */
export interface Store<State> extends ReadableStore<State> {
  /** Returns the state as of its last computation: what `invalidate` announced since then is not in it. */
  peek(): State
  /** Replaces the state. Setting the same state again notifies no listener. */
  setState(next: State): void
  /** Notifies listeners of a change that is computed when the state is read next. */
  invalidate(): void
  /** Removes all listeners. */
  release(): void
}

/** @param compute Returns the state with the changes that `invalidate` announced. */
export function createStore<State>(initial: State, compute: (state: State) => State = (state) => state): Store<State> {
  const listeners = createListeners<{ change: undefined }>()
  let state = initial
  let isStale = false

  function getState(): State {
    if (isStale) {
      isStale = false
      state = compute(state)
    }
    return state
  }

  return {
    getState,
    getServerState: () => initial,
    peek: () => state,
    subscribe: (listener) => addListener(listeners, 'change', listener),
    setState(next) {
      if (next === getState()) return
      state = next
      emit(listeners, 'change', undefined)
    },
    invalidate() {
      isStale = true
      emit(listeners, 'change', undefined)
    },
    release: () => removeListeners(listeners),
  }
}
