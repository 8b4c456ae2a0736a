import type { ServerEvent } from '../../protocol/server-events.js'
import { createStore, type Store } from '../store.js'
import { createDeltaBuffer } from './delta-buffer.js'
import { changesState, reduce } from './reduce.js'
import type { SessionState } from './state.js'

/** The state of a realtime session. Text deltas are applied when the state is read. */
export interface StateStore extends Store<SessionState> {
  /** Applies a server event. `adjust` changes the resulting state; it is not called for text deltas. */
  apply(event: ServerEvent, adjust?: (state: SessionState) => SessionState): void
}

export function createStateStore(initial: SessionState): StateStore {
  const deltas = createDeltaBuffer()
  const store = createStore<SessionState>(initial, (state) => deltas.take().reduce(reduce, state))
  return {
    ...store,
    apply(event, adjust = (state) => state) {
      if (deltas.add(event)) store.invalidate()
      // Audio deltas come between text deltas. They must not cause the state to be computed.
      else if (changesState(event)) store.setState(adjust(reduce(store.getState(), event)))
    },
  }
}
