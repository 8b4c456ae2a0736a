import * as z from 'zod/mini'
import { integer } from '../bounds.js'
import { ConversationItemInput } from '../item-inputs.js'
import { ConversationItem } from '../items.js'
import { open, openString, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'

/** Adds an item to the conversation. The server sends `conversation.item.added` and `conversation.item.done`. */
export const ConversationItemCreateEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('conversation.item.create'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /**
   * The item to insert after, or `root` for the start of the conversation. An unknown identifier is an error.
   * @defaultValue the last item
   */
  previous_item_id: z.optional(z.string()),
  /** The item to add. */
  item: ConversationItemInput,
})
export interface ConversationItemCreateEvent extends z.infer<typeof ConversationItemCreateEvent> {}

/** Requests an item from the server, its audio included. The server sends `conversation.item.retrieved`. */
export const ConversationItemRetrieveEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('conversation.item.retrieve'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The item to retrieve. */
  item_id: z.string(),
})
export interface ConversationItemRetrieveEvent extends z.infer<typeof ConversationItemRetrieveEvent> {}

/**
 * Truncates the audio of an assistant message to the part that was played, and deletes its transcript. The server sends
 * `conversation.item.truncated`.
 */
export const ConversationItemTruncateEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('conversation.item.truncate'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The assistant message to truncate. */
  item_id: z.string(),
  /** The content part to truncate; always 0. */
  content_index: z.number().check(/* @__PURE__ */ integer(0)),
  /** Duration to keep, in whole milliseconds. A value beyond the end of the audio is an error. */
  audio_end_ms: z.number().check(/* @__PURE__ */ integer(0)),
})
export interface ConversationItemTruncateEvent extends z.infer<typeof ConversationItemTruncateEvent> {}

/** Deletes an item from the conversation. The server sends `conversation.item.deleted`. */
export const ConversationItemDeleteEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('conversation.item.delete'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The item to delete. */
  item_id: z.string(),
})
export interface ConversationItemDeleteEvent extends z.infer<typeof ConversationItemDeleteEvent> {}

/** The conversation exists. Do not wait for it: recorded GA sessions do not contain this event. */
export const ConversationCreatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.created'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The conversation. */
  conversation: /* @__PURE__ */ open({
    /** The identifier of the conversation. */
    id: z.nullish(z.string()),
    /** The kind of resource. */
    object: z.nullish(/* @__PURE__ */ openString<'realtime.conversation'>()),
  }),
})
export interface ConversationCreatedEvent extends z.infer<typeof ConversationCreatedEvent> {}

/** An item was added to the conversation. Older servers send it in place of `conversation.item.added`. */
export const ConversationItemCreatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.created'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item before this one; `null` for the first. */
  previous_item_id: z.nullish(z.string()),
  /** The item. */
  item: ConversationItem,
})
export interface ConversationItemCreatedEvent extends z.infer<typeof ConversationItemCreatedEvent> {}

/** An item was added to the conversation. It may change until `conversation.item.done`. */
export const ConversationItemAddedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.added'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item before this one; `null` for the first. */
  previous_item_id: z.nullish(z.string()),
  /** The item. An item of a response in progress has no content yet. */
  item: ConversationItem,
})
export interface ConversationItemAddedEvent extends z.infer<typeof ConversationItemAddedEvent> {}

/** An item is complete, except for the transcript of user audio, which may arrive later. */
export const ConversationItemDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /**
   * The item before this one. It may be `null` although `conversation.item.added` contained an identifier: use that
   * one.
   */
  previous_item_id: z.nullish(z.string()),
  /** The complete item, without its audio. */
  item: ConversationItem,
})
export interface ConversationItemDoneEvent extends z.infer<typeof ConversationItemDoneEvent> {}

/** The response to `conversation.item.retrieve`. */
export const ConversationItemRetrievedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.retrieved'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item with its audio. */
  item: ConversationItem,
})
export interface ConversationItemRetrievedEvent extends z.infer<typeof ConversationItemRetrievedEvent> {}

/** The response to `conversation.item.truncate`: the item is shorter and has no transcript. */
export const ConversationItemTruncatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.truncated'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The truncated item. */
  item_id: z.string(),
  /** The truncated content part. */
  content_index: z.number(),
  /** Remaining duration in milliseconds. */
  audio_end_ms: z.number(),
})
export interface ConversationItemTruncatedEvent extends z.infer<typeof ConversationItemTruncatedEvent> {}

/** The response to `conversation.item.delete`. */
export const ConversationItemDeletedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.deleted'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The deleted item. */
  item_id: z.string(),
})
export interface ConversationItemDeletedEvent extends z.infer<typeof ConversationItemDeletedEvent> {}
