import type { ClientEvent, ClientEventOf } from '../protocol/client-events.js'
import type { ServerEvent } from '../protocol/server-events.js'
import { at, findLast } from './state/chunks.js'
import { hasId } from './state/id-set.js'
import type { SessionState } from './state/state.js'
import { createUnacknowledged } from './unacknowledged.js'

/** Turns of the user whose audio has left the input buffer, or is about to, and whose words the conversation does not have yet. */
export interface PendingTurns {
  /** Notes an event that is about to be sent. */
  sending(event: ClientEvent): void
  /** Notes that an event has left. */
  noteSent(eventId: string | undefined): void
  receive(event: ServerEvent): void
  /** The connection is gone, and with it the buffer. */
  lose(): void
  /** Whether a turn is on its way into the conversation, or waits for its transcript. */
  readonly isPending: boolean
}

/** How many committed turns are followed; older ones have their transcript or will not get one. */
const maxFollowed = 8

export function createPendingTurns(getState: () => SessionState): PendingTurns {
  const commits = createUnacknowledged<ClientEventOf<'input_audio_buffer.commit'>>()
  // Items of committed audio, the latest last.
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
          for (const id of itemIds) if (itemIds.size > maxFollowed) itemIds.delete(id)
          break
        case 'error':
          if (event.error.event_id) commits.refuse(event.error.event_id)
          break
      }
    },
    lose() {
      commits.lose()
      itemIds.clear()
    },
    get isPending() {
      return commits.isPending || [...itemIds].some(isOpen)
    },
  }
}
