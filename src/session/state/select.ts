import { type Chunks, flatten } from './chunks.js'
import type { ItemState, ResponseState, SessionState } from './state.js'
import type { SegmentState, TranscriptionState, TranscriptSegment } from './transcription.js'

const flattened = new WeakMap<object, readonly unknown[]>()
const readSegments = new WeakMap<SegmentState, TranscriptSegment>()
const selectedSegments = new WeakMap<object, readonly TranscriptSegment[]>()

/** Returns the elements as one array, and the same array for the same list, so that callers can compare by identity. */
export function flattenOnce<T>(chunks: Chunks<T>): readonly T[] {
  const known = flattened.get(chunks) as readonly T[] | undefined
  if (known) return known
  const array = flatten(chunks)
  flattened.set(chunks, array)
  return array
}

/** Returns the conversation items in order. Returns the same array until an item changes. */
export function selectItems(state: Pick<SessionState, 'conversation'>): readonly ItemState[] {
  return flattenOnce(state.conversation.items)
}

/** Returns the turns of a transcription session in order. Returns the same array until a turn changes. */
export function selectSegments({ segments }: Pick<TranscriptionState, 'segments'>): readonly TranscriptSegment[] {
  const known = selectedSegments.get(segments)
  if (known) return known
  const selected = flatten(segments).map(readSegment)
  selectedSegments.set(segments, selected)
  return selected
}

/** Returns a turn with its lists as arrays, and the same object for the same turn. */
function readSegment(segment: SegmentState): TranscriptSegment {
  const known = readSegments.get(segment)
  if (known) return known
  const read = { ...segment, speakers: flattenOnce(segment.speakers), logprobs: flattenOnce(segment.logprobs) }
  readSegments.set(segment, read)
  return read
}

/** Returns the response that runs in the conversation. */
export function selectActiveResponse(state: Pick<SessionState, 'responses'>): ResponseState | undefined {
  const { activeId, byId } = state.responses
  return activeId === undefined ? undefined : byId[activeId]
}

/** Returns whether a function call of the last response in the conversation has no output yet. */
export function awaitsOutput({ responses, conversation }: Pick<SessionState, 'responses' | 'conversation'>): boolean {
  const lastId = responses.order.findLast((id) => responses.byId[id]?.isInBand)
  const output = lastId === undefined ? [] : (responses.byId[lastId]?.output ?? [])
  const callIds = output.flatMap(({ item }) => (item.type === 'function_call' ? [item.call_id] : []))
  if (callIds.length === 0) return false
  const completed = new Set(
    flattenOnce(conversation.items).flatMap(({ item }) => (item.type === 'function_call_output' ? [item.call_id] : [])),
  )
  return callIds.some((id) => !completed.has(id))
}
