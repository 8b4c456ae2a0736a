import { forgetOldest } from '../../internal/forget-oldest.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { at, findLast } from '../state/chunks.js'
import { hasId } from '../state/id-set.js'
import type { SessionState } from '../state/state.js'

/** Tracks turns of the user from the commit of their audio until the conversation contains their transcript. */
export interface PendingTurns {
  receive(event: ServerEvent): void
  /** Drops all turns, because the input buffer of the lost connection is gone. */
  connectionLost(): void
  /** Returns whether a commit is not acknowledged, or a committed turn has no item or no transcript yet. */
  isPending(): boolean
}

/** How many committed turns are tracked. Older ones have a transcript or will not get one. */
const maxTurns = 8

/**
 * @param getState Returns the state. It may lack the latest text deltas.
 * @param isCommitPending Returns whether a commit was sent and is not acknowledged.
 */
export function createPendingTurns(getState: () => SessionState, isCommitPending: () => boolean): PendingTurns {
  // Items of committed audio, the newest last.
  const itemIds = new Set<string>()

  function isOpen(itemId: string): boolean {
    const { session, conversation } = getState()
    if (!hasId(conversation.ids, itemId)) return !conversation.deleted.includes(itemId)
    if (!session?.audio?.input?.transcription) return false
    const place = findLast(conversation.items, ({ id }) => id === itemId)
    const transcription = place && at(conversation.items, place)?.transcription
    return transcription === 'none' || transcription === 'in_progress'
  }

  return {
    receive(event) {
      if (event.type !== 'input_audio_buffer.committed') return
      itemIds.add(event.item_id)
      forgetOldest(itemIds, maxTurns)
    },
    connectionLost: () => itemIds.clear(),
    isPending() {
      // Asked for each append, so turns that are complete are not looked up again.
      for (const id of itemIds) if (!isOpen(id)) itemIds.delete(id)
      return isCommitPending() || itemIds.size > 0
    },
  }
}
