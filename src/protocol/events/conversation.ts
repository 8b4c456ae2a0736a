import * as z from 'zod/mini'
import { integer } from '../bounds.js'
import { ConversationItemInput } from '../item-inputs.js'
import { ConversationItem } from '../items.js'
import { open, openString, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'

/** Adds an item to the conversation; `conversation.item.added` and `.done` answer it. */
export const ConversationItemCreateEvent = /* @__PURE__ */ strict({
  type: z.literal('conversation.item.create'),
  event_id: z.optional(ClientEventId),
  /** The item to put it after: `root` for the beginning, absent for the end. */
  previous_item_id: z.optional(z.string()),
  item: ConversationItemInput,
})
export interface ConversationItemCreateEvent extends z.infer<typeof ConversationItemCreateEvent> {}

/** Asks for an item as the server has it, audio included; `conversation.item.retrieved` answers it. */
export const ConversationItemRetrieveEvent = /* @__PURE__ */ strict({
  type: z.literal('conversation.item.retrieve'),
  event_id: z.optional(ClientEventId),
  item_id: z.string(),
})
export interface ConversationItemRetrieveEvent extends z.infer<typeof ConversationItemRetrieveEvent> {}

/** Cuts the audio of an assistant message to what was heard; its transcript is lost, and `.truncated` answers. */
export const ConversationItemTruncateEvent = /* @__PURE__ */ strict({
  type: z.literal('conversation.item.truncate'),
  event_id: z.optional(ClientEventId),
  item_id: z.string(),
  /** Always 0 so far. */
  content_index: z.number().check(/* @__PURE__ */ integer(0)),
  /** What was heard, in whole milliseconds; more than there is, is an error. */
  audio_end_ms: z.number().check(/* @__PURE__ */ integer(0)),
})
export interface ConversationItemTruncateEvent extends z.infer<typeof ConversationItemTruncateEvent> {}

/** Removes an item from the conversation; `conversation.item.deleted` answers it. */
export const ConversationItemDeleteEvent = /* @__PURE__ */ strict({
  type: z.literal('conversation.item.delete'),
  event_id: z.optional(ClientEventId),
  item_id: z.string(),
})
export interface ConversationItemDeleteEvent extends z.infer<typeof ConversationItemDeleteEvent> {}

/** The conversation exists; real servers of today do not send it. */
export const ConversationCreatedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.created'),
  event_id: z.string(),
  conversation: /* @__PURE__ */ open({
    id: z.nullish(z.string()),
    object: z.nullish(/* @__PURE__ */ openString<'realtime.conversation'>()),
  }),
})
export interface ConversationCreatedEvent extends z.infer<typeof ConversationCreatedEvent> {}

/** An item entered the conversation; older servers send it in place of `conversation.item.added`. */
export const ConversationItemCreatedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.created'),
  event_id: z.string(),
  /** The item before it; `null` for the first. */
  previous_item_id: z.nullish(z.string()),
  item: ConversationItem,
})
export interface ConversationItemCreatedEvent extends z.infer<typeof ConversationItemCreatedEvent> {}

/** An item entered the conversation; it may still grow until `conversation.item.done`. */
export const ConversationItemAddedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.added'),
  event_id: z.string(),
  /** The item before it; `null` for the first. */
  previous_item_id: z.nullish(z.string()),
  item: ConversationItem,
})
export interface ConversationItemAddedEvent extends z.infer<typeof ConversationItemAddedEvent> {}

/** An item is complete, but for the transcript of user audio, which may come later. */
export const ConversationItemDoneEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.done'),
  event_id: z.string(),
  /** Often `null` although `conversation.item.added` named an item: trust that one. */
  previous_item_id: z.nullish(z.string()),
  item: ConversationItem,
})
export interface ConversationItemDoneEvent extends z.infer<typeof ConversationItemDoneEvent> {}

/** The answer to `conversation.item.retrieve`: the item with its audio as the server heard or made it. */
export const ConversationItemRetrievedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.retrieved'),
  event_id: z.string(),
  item: ConversationItem,
})
export interface ConversationItemRetrievedEvent extends z.infer<typeof ConversationItemRetrievedEvent> {}

/** The answer to `conversation.item.truncate`: the item now ends where it was told to, and has no transcript. */
export const ConversationItemTruncatedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.truncated'),
  event_id: z.string(),
  item_id: z.string(),
  content_index: z.number(),
  /** What is left, in milliseconds. */
  audio_end_ms: z.number(),
})
export interface ConversationItemTruncatedEvent extends z.infer<typeof ConversationItemTruncatedEvent> {}

/** The answer to `conversation.item.delete`: the item is gone. */
export const ConversationItemDeletedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.deleted'),
  event_id: z.string(),
  item_id: z.string(),
})
export interface ConversationItemDeletedEvent extends z.infer<typeof ConversationItemDeletedEvent> {}
