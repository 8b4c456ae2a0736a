/**
 * An immutable state and its subscribers, in the shape that `useSyncExternalStore` takes. Sessions, features, and devices have it.
 *
 * @example
 * ```ts
 * const state = useSyncExternalStore(store.subscribe, store.getState, store.getServerState)
 * ```
 */
export interface ReadableStore<State> {
  /** Returns the current state, which is immutable. It is the same object until something changes, and unchanged parts keep their identity. */
  getState(): State
  /** Calls the listener after each change of the state. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Returns the state at creation, always the same object: the snapshot for rendering on a server and for hydration. */
  getServerState(): State
}
