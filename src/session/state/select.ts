import { type Chunks, flatten } from './chunks.js'
import type { ItemState, ResponseState, SessionState } from './state.js'
import type { TranscriptionState, TranscriptSegment } from './transcription.js'

const flattened = new WeakMap<object, readonly unknown[]>()

/** The same array for the same list, so that who compares by identity sees no change where there is none. */
function once<T>(chunks: Chunks<T>): readonly T[] {
  const known = flattened.get(chunks) as readonly T[] | undefined
  if (known) return known
  const array = flatten(chunks)
  flattened.set(chunks, array)
  return array
}

/** The history in order. The same array as long as no item changed. */
export function selectItems(state: Pick<SessionState, 'conversation'>): readonly ItemState[] {
  return once(state.conversation.items)
}

/** The turns of a transcription session in order. The same array as long as none changed. */
export function selectSegments(state: Pick<TranscriptionState, 'segments'>): readonly TranscriptSegment[] {
  return once(state.segments)
}

/** The response that runs in the conversation, if one does. */
export function selectActiveResponse(state: Pick<SessionState, 'responses'>): ResponseState | undefined {
  const { activeId, byId } = state.responses
  return activeId === undefined ? undefined : byId[activeId]
}
