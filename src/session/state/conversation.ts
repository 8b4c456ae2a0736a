import type { ConversationItem } from '../../protocol/items.js'
import { at, findLast, insert, nextPlace, type Place, remove, replace } from './chunks.js'
import { addId, hasId, type IdSet, noIds, removeId } from './id-set.js'
import { changeText, createItemState, describeItem, itemId, type Part, partsOf, textOf } from './item.js'
import type { ConversationState, EarlyTranscript, ItemState } from './state.js'

/** How many ids of deleted or not yet seen items are remembered: a bound for servers that go wrong, far beyond what is in flight. */
const rememberedIds = 256

/**
 * Returns the conversation with an item that the server added. An id that was deleted before is in use again: the events of one
 * connection arrive in order, so an `added` event behind a `deleted` one belongs to a new item.
 */
export function addItem(
  conversation: ConversationState,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  responseId?: string,
): ConversationState {
  const id = itemId(item)
  if (id === undefined) return conversation
  if (hasId(conversation.absent, id)) return restoreItem(conversation, id, item, previousItemId)
  const { deleted } = conversation
  const isReused = deleted.includes(id)
  const open = isReused ? { ...conversation, deleted: deleted.filter((other) => other !== id) } : conversation
  return putItem(open, item, previousItemId, responseId)
}

/** Returns the conversation with an item described; its position is chosen once, when it is first seen. */
export function putItem(
  conversation: ConversationState,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  responseId?: string,
): ConversationState {
  const id = itemId(item)
  if (id === undefined) return conversation
  if (conversation.deleted.includes(id) || hasId(conversation.restored, id)) return conversation
  if (hasId(conversation.ids, id)) return changeItem(conversation, id, (state) => describeItem(state, item, responseId))

  const behind = findPlaceBehind(conversation, previousItemId)
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

/**
 * Returns the conversation at the start of a new session on the server, which has none of the items. Partial transcripts of speech that
 * never became an item are dropped: that speech is sent and transcribed again.
 */
export function moveToNewServer(conversation: ConversationState): ConversationState {
  const early = Object.entries(conversation.early).filter(([, { transcription }]) => transcription !== 'in_progress')
  return {
    ...conversation,
    early: early.length < Object.keys(conversation.early).length ? Object.fromEntries(early) : conversation.early,
    absent: conversation.ids,
    restored: noIds,
  }
}

/**
 * Returns the conversation with an item of an earlier connection that the current server has now. A message keeps what the state knows
 * of it. An item that was created again later, such as a call with its output, moves to where the server has it.
 */
function restoreItem(
  conversation: ConversationState,
  id: string,
  item: ConversationItem,
  previousItemId: string | null | undefined,
): ConversationState {
  const there = moveBehind({ ...conversation, absent: removeId(conversation.absent, id) }, id, previousItemId)
  const place = findItem(there, id)
  const state = place && at(there.items, place)
  if (state?.item.type === 'message' && partsOf(state.item).some(hasWords))
    return { ...there, restored: addId(there.restored, id) }
  return changeItem(there, id, (known) => describeItem(known, item, undefined))
}

const hasWords = (part: Part) => textOf(part, 'text') !== '' || textOf(part, 'transcript') !== ''

/** Returns the conversation with an item behind the one that precedes it on the server. */
function moveBehind(
  conversation: ConversationState,
  id: string,
  previousItemId: string | null | undefined,
): ConversationState {
  const from = findItem(conversation, id)
  const state = from && at(conversation.items, from)
  if (!from || !state || !previousItemId || previousItemId === id || !hasId(conversation.ids, previousItemId))
    return conversation
  if (findPresentBefore(conversation, from) === previousItemId) return conversation
  const without = { ...conversation, items: remove(conversation.items, from) }
  const behind = findPlaceBehind(without, previousItemId)
  return behind ? { ...without, items: insert(without.items, behind, state) } : conversation
}

/** Returns the id of the nearest item before a place that the current server has. */
function findPresentBefore({ items, absent }: ConversationState, [piece, index]: Place): string | undefined {
  const isPresent = ({ id }: ItemState) => !hasId(absent, id)
  const before = items[piece]?.slice(0, index).findLast(isPresent)
  if (before) return before.id
  const place = findLast(items.slice(0, piece), isPresent)
  return place && at(items, place)?.id
}

/** Returns the place behind an item, and behind those that follow it and are not on the server: they are older than what comes now. */
function findPlaceBehind(
  conversation: ConversationState,
  previousItemId: string | null | undefined,
): Place | undefined {
  let place = previousItemId ? findItem(conversation, previousItemId) : undefined
  if (!place || conversation.absent === noIds) return place
  const { items, absent } = conversation
  for (let next = nextPlace(items, place); next; next = nextPlace(items, next)) {
    const follower = at(items, next)
    if (!follower || !hasId(absent, follower.id)) break
    place = next
  }
  return place
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

/** Returns the conversation without an item. Events that arrive late do not bring it back. */
export function removeItem(conversation: ConversationState, id: string): ConversationState {
  const place = findItem(conversation, id)
  const without = (ids: IdSet) => (hasId(ids, id) ? removeId(ids, id) : ids)
  return {
    ...conversation,
    items: place ? remove(conversation.items, place) : conversation.items,
    ids: without(conversation.ids),
    atFront: conversation.atFront.filter((other) => other !== id),
    absent: without(conversation.absent),
    restored: without(conversation.restored),
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
