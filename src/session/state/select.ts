import { type Chunks, flatten } from './chunks.js'
import type { ItemState, ResponseState, SessionState } from './state.js'
import type { TranscriptionState, TranscriptSegment } from './transcription.js'

const flattened = new WeakMap<object, readonly unknown[]>()

/** The same array for the same list, so that who compares by identity sees no change where there is none. */
export function flattenOnce<T>(chunks: Chunks<T>): readonly T[] {
  const known = flattened.get(chunks) as readonly T[] | undefined
  if (known) return known
  const array = flatten(chunks)
  flattened.set(chunks, array)
  return array
}

/** The history in order. The same array as long as no item changed. */
export function selectItems(state: Pick<SessionState, 'conversation'>): readonly ItemState[] {
  return flattenOnce(state.conversation.items)
}

/** The turns of a transcription session in order. The same array as long as none changed. */
export function selectSegments(state: Pick<TranscriptionState, 'segments'>): readonly TranscriptSegment[] {
  return flattenOnce(state.segments)
}

/** The response that runs in the conversation, if one does. */
export function selectActiveResponse(state: Pick<SessionState, 'responses'>): ResponseState | undefined {
  const { activeId, byId } = state.responses
  return activeId === undefined ? undefined : byId[activeId]
}

/** Whether a call of the last response of the conversation has no output yet: somebody is at work on it. */
export function awaitsOutput({ responses, conversation }: Pick<SessionState, 'responses' | 'conversation'>): boolean {
  const lastId = responses.order.findLast((id) => responses.byId[id]?.isInBand)
  const output = lastId === undefined ? [] : (responses.byId[lastId]?.output ?? [])
  const callIds = output.flatMap(({ item }) => (item.type === 'function_call' ? [item.call_id] : []))
  if (callIds.length === 0) return false
  const answered = new Set(
    flattenOnce(conversation.items).flatMap(({ item }) => (item.type === 'function_call_output' ? [item.call_id] : [])),
  )
  return callIds.some((id) => !answered.has(id))
}
