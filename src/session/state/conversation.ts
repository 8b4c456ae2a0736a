import type { ConversationItem } from '../../protocol/items.js'
import { at, findLast, insert, type Place, remove, replace } from './chunks.js'
import { addId, hasId, removeId } from './id-set.js'
import { changeText, createItemState, describeItem, itemId } from './item.js'
import type { ConversationState, EarlyTranscript, ItemState } from './state.js'

/** How many ids of deleted or not yet seen items are remembered: a bound for servers that go wrong, far beyond what is in flight. */
const rememberedIds = 256

/** The conversation with an item that was added or described anew; its place is chosen once, when it is first seen. */
export function putItem(
  conversation: ConversationState,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  responseId?: string,
): ConversationState {
  const id = itemId(item)
  if (id === undefined) return conversation
  if (conversation.deleted.includes(id)) return conversation
  if (hasId(conversation.ids, id)) return changeItem(conversation, id, (state) => describeItem(state, item, responseId))

  const behind = previousItemId ? findItem(conversation, previousItemId) : undefined
  const isFront = previousItemId === 'root' || (!previousItemId && conversation.atFront.includes(id))
  const where = behind ?? (isFront ? 'front' : 'end')
  const early = findEarly(conversation, id)
  const created = createItemState(id, item, responseId)
  const ids = addId(conversation.ids, id)
  if (!early) return { ...conversation, ids, items: insert(conversation.items, where, created) }
  const others = Object.fromEntries(Object.entries(conversation.early).filter(([other]) => other !== id))
  const heard = {
    ...changeText(created, early.contentIndex, 'transcript', 'input_audio', () => early.text),
    transcription: early.transcription,
  }
  return { ...conversation, ids, items: insert(conversation.items, where, heard), early: others }
}

/** The conversation that expects an item at its front. */
export function expectAtFront(conversation: ConversationState, id: string): ConversationState {
  return { ...conversation, atFront: [...conversation.atFront, id].slice(-rememberedIds) }
}

/** The conversation with one item changed; the same conversation if it is not in it. */
export function changeItem(
  conversation: ConversationState,
  id: string,
  change: (state: ItemState) => ItemState,
): ConversationState {
  const place = findItem(conversation, id)
  const before = place && at(conversation.items, place)
  if (!place || !before) return conversation
  return { ...conversation, items: replace(conversation.items, place, change(before)) }
}

/** The conversation without an item, for good: an event that comes late does not bring it back. */
export function removeItem(conversation: ConversationState, id: string): ConversationState {
  const place = findItem(conversation, id)
  return {
    ...conversation,
    items: place ? remove(conversation.items, place) : conversation.items,
    ids: place ? removeId(conversation.ids, id) : conversation.ids,
    deleted: [...conversation.deleted, id].slice(-rememberedIds),
  }
}

/** The conversation with a transcript of the caller's speech changed; it waits for its item if that has not come yet. */
export function changeTranscript(
  conversation: ConversationState,
  { item_id: id, content_index }: { item_id: string; content_index?: number | null | undefined },
  transcription: ItemState['transcription'],
  change: (before: string) => string,
): ConversationState {
  if (conversation.deleted.includes(id)) return conversation
  const index = content_index ?? 0
  if (hasId(conversation.ids, id))
    return changeItem(conversation, id, (state) => ({
      ...changeText(state, index, 'transcript', 'input_audio', change),
      transcription,
    }))

  const text = change(findEarly(conversation, id)?.text ?? '')
  const early = Object.entries({ ...conversation.early, [id]: { contentIndex: index, text, transcription } })
  return { ...conversation, early: Object.fromEntries(early.slice(-rememberedIds)) }
}

function findEarly({ early }: ConversationState, id: string): EarlyTranscript | undefined {
  return Object.hasOwn(early, id) ? early[id] : undefined
}

/** Where an item stands. Most of those looked for stand at the end; one that is not there at all is not searched for. */
function findItem({ ids, items }: ConversationState, id: string): Place | undefined {
  return hasId(ids, id) ? findLast(items, (state) => state.id === id) : undefined
}
