import type { ConversationItem } from '../../protocol/items.js'
import { at, findLast, insert, nextPlace, type Place, remove, replace } from './chunks.js'
import { addId, hasId, type IdSet, noIds, removeId } from './id-set.js'
import { changeText, createItemState, describeItem, itemId, type Part, partsOf, textOf } from './item.js'
import type { ConversationState, EarlyTranscript, ItemState } from './state.js'

/** How many ids of deleted or expected items are kept. Far more than are in flight, and a bound for faulty servers. */
const maxIds = 256

/**
 * Returns the conversation with an item that the server added. The events of one connection arrive in order, so an `added` event after a
 * `deleted` one with the same id belongs to a new item.
 */
export function addItem(
  conversation: ConversationState,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  responseId?: string,
): ConversationState {
  const id = itemId(item)
  if (id === undefined) return conversation
  const { deleted } = conversation
  const isReused = deleted.includes(id)
  const open = isReused ? { ...conversation, deleted: deleted.filter((other) => other !== id) } : conversation
  return putItem(open, item, previousItemId, responseId)
}

/**
 * Returns the conversation with an item added, merged into the known one, or restored. The position is set when the item is added. An item
 * whose `added` event was lost is added by the next event that describes it.
 */
export function putItem(
  conversation: ConversationState,
  item: ConversationItem,
  previousItemId: string | null | undefined,
  responseId?: string,
): ConversationState {
  const id = itemId(item)
  if (id === undefined) return conversation
  if (hasId(conversation.absent, id)) return restoreItem(conversation, id, item, previousItemId)
  if (conversation.deleted.includes(id) || hasId(conversation.restored, id)) return conversation
  if (hasId(conversation.ids, id)) return changeItem(conversation, id, (state) => describeItem(state, item, responseId))

  const behind = findPlaceBehind(conversation, previousItemId)
  // A new server session lists the tools of MCP servers before it gets the history.
  const isListing = item.type === 'mcp_list_tools' && conversation.absent !== noIds
  const isFront = previousItemId === 'root' || (!previousItemId && (isListing || conversation.atFront.includes(id)))
  const where = behind ?? (isFront ? 'front' : 'end')
  const early = findEarly(conversation, id)
  const created = createItemState(id, item, responseId)
  const ids = addId(conversation.ids, id)
  if (!early) return { ...conversation, ids, items: insert(conversation.items, where, created) }
  const others = Object.fromEntries(Object.entries(conversation.early).filter(([other]) => other !== id))
  const withTranscript = {
    ...changeText(created, early.contentIndex, 'transcript', 'input_audio', () => early.text),
    transcription: early.transcription,
  }
  return { ...conversation, ids, items: insert(conversation.items, where, withTranscript), early: others }
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
 * Returns the conversation with an item of an earlier connection that the current server now has. A message keeps its state. An item that
 * was created again later, such as a call with its output, moves to its position on the server.
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

/** Returns the conversation with an item moved after the one that precedes it on the server. */
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
  // What followed the item stays behind it.
  const behind = findPlaceBehind(without, previousItemId, (place) => isBefore(place, from))
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

/**
 * Returns the place after an item and after its followers that the current server does not have, as far as these are older than the item that
 * comes there.
 */
function findPlaceBehind(
  conversation: ConversationState,
  previousItemId: string | null | undefined,
  isOlder: (place: Place) => boolean = () => true,
): Place | undefined {
  let place = previousItemId ? findItem(conversation, previousItemId) : undefined
  if (!place || conversation.absent === noIds) return place
  const { items, absent } = conversation
  for (let next = nextPlace(items, place); next; next = nextPlace(items, next)) {
    const follower = at(items, next)
    if (!follower || !hasId(absent, follower.id) || !isOlder(next)) break
    place = next
  }
  return place
}

function isBefore([piece, index]: Place, [otherPiece, otherIndex]: Place): boolean {
  return piece < otherPiece || (piece === otherPiece && index < otherIndex)
}

/** Returns the conversation that expects an item at the front. */
export function expectAtFront(conversation: ConversationState, id: string): ConversationState {
  return { ...conversation, atFront: [...conversation.atFront, id].slice(-maxIds) }
}

/** Returns the conversation with one item changed, or the same conversation if it does not contain the item. */
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

/** Returns the conversation without an item. Late events do not add it again. */
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
    deleted: [...conversation.deleted, id].slice(-maxIds),
  }
}

/** Returns the conversation with a transcript of the user's speech changed. A transcript without an item is kept until the item is added. */
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
  return { ...conversation, early: Object.fromEntries(early.slice(-maxIds)) }
}

function findEarly({ early }: ConversationState, id: string): EarlyTranscript | undefined {
  return Object.hasOwn(early, id) ? early[id] : undefined
}

/** Returns the place of an item. Only known ids are searched for, starting at the end. */
function findItem({ ids, items }: ConversationState, id: string): Place | undefined {
  return hasId(ids, id) ? findLast(items, (state) => state.id === id) : undefined
}
