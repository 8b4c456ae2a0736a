import { addListener, createListeners, emit, type Listeners } from '../../internal/emitter.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { addDelta, createDeltaBuffer, type DeltaBuffer, takeDeltas } from './delta-buffer.js'
import { changesState, reduce } from './reduce.js'
import type { SessionState } from './state.js'

/** The state of a realtime session, as plain data with functions beside it. Text deltas are applied when the state is read. */
export interface StateStore {
  readonly initial: SessionState
  /** The state without the latest text deltas. {@link readState} returns it with them. */
  state: SessionState
  readonly deltas: DeltaBuffer
  readonly listeners: Listeners<{ change: undefined }>
}

export function createStateStore(initial: SessionState): StateStore {
  return { initial, state: initial, deltas: createDeltaBuffer(), listeners: createListeners() }
}

/** Returns the state with all text deltas. */
export function readState(store: StateStore): SessionState {
  const { deltas, state } = store
  if (deltas.texts.length > 0) store.state = takeDeltas(deltas).reduce(reduce, state)
  return store.state
}

/** Replaces the state. Setting the same state again notifies no listener. */
export function setState(store: StateStore, next: SessionState): void {
  if (next === readState(store)) return
  store.state = next
  emit(store.listeners, 'change', undefined)
}

/** Applies a server event. `adjust` changes the resulting state; it is not called for text deltas. */
export function applyEvent(
  store: StateStore,
  event: ServerEvent,
  adjust: (state: SessionState) => SessionState = (state) => state,
): void {
  if (addDelta(store.deltas, event)) emit(store.listeners, 'change', undefined)
  // Audio deltas come between text deltas. They must not cause the state to be computed.
  else if (changesState(event)) setState(store, adjust(reduce(readState(store), event)))
}

/** Returns the methods by which an app reads the state. */
export function readableStateOf(store: StateStore): ReadableStore<SessionState> {
  return {
    getState: () => readState(store),
    subscribe: (listener) => addListener(store.listeners, 'change', listener),
    getServerState: () => store.initial,
  }
}
