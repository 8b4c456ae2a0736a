import { forgetOldest } from '../../internal/forget-oldest.js'
import type { ClientEvent, ClientEventOf } from '../../protocol/client-events.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { at, findLast } from '../state/chunks.js'
import { hasId } from '../state/id-set.js'
import type { SessionState } from '../state/state.js'
import { createUnacknowledged } from './unacknowledged.js'

/** Tracks turns of the user from the commit of their audio until the conversation contains their transcript. */
export interface PendingTurns {
  /** Records an event that is about to be sent. */
  sending(event: ClientEvent): void
  /** Records that an event was sent. */
  noteSent(eventId: string | undefined): void
  receive(event: ServerEvent): void
  /** Drops all turns, because the input buffer of the lost connection is gone. */
  connectionLost(): void
  /** Returns whether a commit is not acknowledged, or a committed turn has no item or no transcript yet. */
  isPending(): boolean
}

/** How many committed turns are tracked. Older ones have a transcript or will not get one. */
const maxTurns = 8

/** @param getState Returns the state. It may lack the latest text deltas. */
export function createPendingTurns(getState: () => SessionState): PendingTurns {
  const commits = createUnacknowledged<ClientEventOf<'input_audio_buffer.commit'>>()
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
    sending(event) {
      if (event.type === 'input_audio_buffer.commit') commits.add(event)
    },
    noteSent: commits.noteSent,
    receive(event) {
      switch (event.type) {
        case 'input_audio_buffer.committed':
          commits.acknowledge()
          itemIds.add(event.item_id)
          forgetOldest(itemIds, maxTurns)
          break
        case 'error':
          if (event.error.event_id) commits.refuse(event.error.event_id)
          break
      }
    },
    connectionLost() {
      commits.connectionLost()
      itemIds.clear()
    },
    isPending() {
      // Asked for each append, so turns that are complete are not looked up again.
      for (const id of itemIds) if (!isOpen(id)) itemIds.delete(id)
      return commits.isPending() || itemIds.size > 0
    },
  }
}
