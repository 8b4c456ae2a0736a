import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { ClientEvent } from '../protocol/client-events.js'
import type { Sendable } from '../protocol/encode-audio.js'
import type { ConversationItemDeletedEvent, ConversationItemTruncatedEvent } from '../protocol/events/conversation.js'
import type { ConversationItemInput } from '../protocol/item-inputs.js'
import type { ConversationItem } from '../protocol/items.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { ConnectionOf } from './connection/connection-parts.js'
import { request } from './connection/event-exchange.js'
import type { RequestOptions } from './options.js'

/**
 * The conversation items on the server. Each method resolves with the server's acknowledgement.
 * @throws {SessionError} `SERVER_ERROR` when the server refuses, `TIMEOUT`, or `CLOSED`.
 */
export interface Items {
  /**
   * Adds an item after `previousItemId`, at the front with `'root'`, or at the end without it. An item without an id gets one.
   * @example
   * ```ts
   * await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] })
   * ```
   */
  create(
    item: ConversationItemInput,
    options?: RequestOptions & { previousItemId?: string | undefined },
  ): Promise<DeepReadonly<ConversationItem>>
  /** Deletes an item. */
  delete(itemId: string, options?: RequestOptions): Promise<ConversationItemDeletedEvent>
  /** Truncates the audio of an assistant message at `audioEndMs`, in whole milliseconds from its start. The server deletes its transcript. */
  truncate(
    itemId: string,
    audioEndMs: number,
    options?: RequestOptions & { contentIndex?: number | undefined },
  ): Promise<ConversationItemTruncatedEvent>
  /** Retrieves an item from the server, with the user's audio. */
  retrieve(itemId: string, options?: RequestOptions): Promise<DeepReadonly<ConversationItem>>
}

export function createItems(connection: ConnectionOf<Sendable<ClientEvent>, ServerEvent, unknown>): Items {
  return {
    async create(item, { previousItemId, ...options } = {}) {
      const position = previousItemId === undefined ? {} : { previous_item_id: previousItemId }
      return (await request(connection, { type: 'conversation.item.create', item, ...position }, options)).item
    },
    delete: (itemId, options) => request(connection, { type: 'conversation.item.delete', item_id: itemId }, options),
    truncate(itemId, audioEndMs, { contentIndex = 0, ...options } = {}) {
      const position = { item_id: itemId, content_index: contentIndex, audio_end_ms: audioEndMs }
      return request(connection, { type: 'conversation.item.truncate', ...position }, options)
    },
    async retrieve(itemId, options) {
      return (await request(connection, { type: 'conversation.item.retrieve', item_id: itemId }, options)).item
    },
  }
}
