import { type Chunks, flatten } from './chunks.js'
import type { ItemState, ResponseState, SessionState } from './state.js'

const flattened = new WeakMap<Chunks<ItemState>, readonly ItemState[]>()

/** The history in order. The same array as long as no item changed. */
export function selectItems(state: SessionState): readonly ItemState[] {
  const { items } = state.conversation
  let array = flattened.get(items)
  if (!array) {
    array = flatten(items)
    flattened.set(items, array)
  }
  return array
}

/** The response that runs in the conversation, if one does. */
export function selectActiveResponse(state: SessionState): ResponseState | undefined {
  const { activeId, byId } = state.responses
  return activeId === undefined ? undefined : byId[activeId]
}
