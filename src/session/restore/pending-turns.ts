import type { ServerEvent } from '../../protocol/server-events.js'
import { awaitsReply, type PendingRequests } from '../connection/pending-requests.js'
import { at, findLast } from '../state/chunks.js'
import { hasId } from '../state/id-set.js'
import type { SessionState } from '../state/state.js'
import type { StateStore } from '../state/state-store.js'

/** Turns of the user from the commit of their audio until the conversation contains their transcript. */
export interface PendingTurns {
  readonly requests: PendingRequests
  readonly store: Pick<StateStore, 'state'>
  /** Items of committed audio, the newest last. */
  itemIds: readonly string[]
}

/** How many committed turns are tracked. Older ones have a transcript or will not get one. */
const maxTurns = 8

const none: readonly string[] = []

export function createPendingTurns(requests: PendingRequests, store: Pick<StateStore, 'state'>): PendingTurns {
  return { requests, store, itemIds: none }
}

export function receiveForTurns(turns: PendingTurns, event: ServerEvent): void {
  if (event.type !== 'input_audio_buffer.committed' || turns.itemIds.includes(event.item_id)) return
  turns.itemIds = [...turns.itemIds, event.item_id].slice(-maxTurns)
}

/** Drops all turns, because the input buffer of the lost connection is gone. */
export function loseTurns(turns: PendingTurns): void {
  turns.itemIds = none
}

/** Returns whether a commit is not acknowledged, or a committed turn has no item or no transcript yet. */
export function hasPendingTurns(turns: PendingTurns): boolean {
  const { requests, store, itemIds } = turns
  // Asked for each append, so turns that are complete are not looked up again.
  if (itemIds.length > 0) turns.itemIds = itemIds.filter((id) => isOpen(store.state, id))
  return awaitsReply(requests, 'input_audio_buffer.commit') || turns.itemIds.length > 0
}

/** The state may lack the latest text deltas. */
function isOpen({ session, conversation }: SessionState, itemId: string): boolean {
  if (!hasId(conversation.ids, itemId)) return !conversation.deleted.includes(itemId)
  if (!session?.audio?.input?.transcription) return false
  const place = findLast(conversation.items, ({ id }) => id === itemId)
  const transcription = place && at(conversation.items, place)?.transcription
  return transcription === 'none' || transcription === 'in_progress'
}
