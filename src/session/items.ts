import type { DeepReadonly } from '../internal/deep-readonly.js'
import { createId } from '../internal/id.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { ConversationItemDeletedEvent, ConversationItemTruncatedEvent } from '../protocol/events/conversation.js'
import type { ConversationItemInput } from '../protocol/item-inputs.js'
import type { ConversationItem } from '../protocol/items.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { RequestOptions } from './options.js'

/** The history on the server. Each method resolves with the server's acknowledgement, or rejects with what it refused. */
export interface Items {
  /** Adds an item behind `previousItemId` (`'root'` for the front); at the end without it. An item without an id gets one. */
  create(
    item: ConversationItemInput,
    options?: RequestOptions & { previousItemId?: string | undefined },
  ): Promise<DeepReadonly<ConversationItem>>
  /** Removes an item. */
  delete(itemId: string, options?: RequestOptions): Promise<ConversationItemDeletedEvent>
  /** Cuts an assistant's spoken item off at `audioEndMs`, in whole milliseconds from its beginning; its transcript goes with it. */
  truncate(
    itemId: string,
    audioEndMs: number,
    options?: RequestOptions & { contentIndex?: number | undefined },
  ): Promise<ConversationItemTruncatedEvent>
  /** Asks for an item as the server has it, with the audio it heard. */
  retrieve(itemId: string, options?: RequestOptions): Promise<DeepReadonly<ConversationItem>>
}

export function createItems(request: (event: ClientEvent, options?: RequestOptions) => Promise<ServerEvent>): Items {
  return {
    async create(item, { previousItemId, ...options } = {}) {
      const named = 'id' in item && item.id !== undefined ? item : { ...item, id: createId('item') }
      const answer = await request(
        {
          type: 'conversation.item.create',
          item: named as ConversationItemInput,
          ...(previousItemId === undefined ? {} : { previous_item_id: previousItemId }),
        },
        options,
      )
      return (answer as { item: ConversationItem }).item
    },
    async delete(itemId, options) {
      return (await request(
        { type: 'conversation.item.delete', item_id: itemId },
        options,
      )) as ConversationItemDeletedEvent
    },
    async truncate(itemId, audioEndMs, { contentIndex = 0, ...options } = {}) {
      const answer = await request(
        {
          type: 'conversation.item.truncate',
          item_id: itemId,
          content_index: contentIndex,
          audio_end_ms: audioEndMs,
        },
        options,
      )
      return answer as ConversationItemTruncatedEvent
    },
    async retrieve(itemId, options) {
      const answer = await request({ type: 'conversation.item.retrieve', item_id: itemId }, options)
      return (answer as { item: ConversationItem }).item
    },
  }
}
