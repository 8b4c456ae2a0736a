import { createEmitter } from '../internal/emitter.js'

/** A value that changes by being replaced, and whoever wants to know. */
export interface Store<State> {
  getState(): State
  /** Calls the listener after each change; the answer undoes it. */
  subscribe(listener: () => void): () => void
  /** Replaces the state; the same state again tells nobody. */
  setState(next: State): void
  /** Lets every listener go. */
  release(): void
}

export function createStore<State>(initial: State): Store<State> {
  const emitter = createEmitter<{ change: undefined }>()
  let state = initial
  return {
    getState: () => state,
    subscribe: (listener) => emitter.on('change', listener),
    setState(next) {
      if (next === state) return
      state = next
      emitter.emit('change', undefined)
    },
    release: () => emitter.clear(),
  }
}
