import * as z from 'zod/mini'
import { ContentPart } from '../content.js'
import { ConversationItem } from '../items.js'
import { open, type Schema, strict } from '../open.js'
import { Response, ResponseCreateParams } from '../response.js'
import { ClientEventId } from '../scalars.js'

/** Asks the model to answer; refused while another response of the conversation is in progress. */
export const ResponseCreateEvent = /* @__PURE__ */ strict({
  type: z.literal('response.create'),
  event_id: z.optional(ClientEventId),
  response: z.optional(ResponseCreateParams as Schema<ResponseCreateParams>),
})
export interface ResponseCreateEvent extends z.infer<typeof ResponseCreateEvent> {}

/** Stops a response; its `response.done` still follows, and an `error` if there was none to stop. */
export const ResponseCancelEvent = /* @__PURE__ */ strict({
  type: z.literal('response.cancel'),
  event_id: z.optional(ClientEventId),
  /** The response to stop; absent for the one in progress in the conversation. */
  response_id: z.optional(z.string()),
})
export interface ResponseCancelEvent extends z.infer<typeof ResponseCancelEvent> {}

/** A response began. */
export const ResponseCreatedEvent = /* @__PURE__ */ open({
  type: z.literal('response.created'),
  event_id: z.string(),
  response: Response as Schema<Response>,
})
export interface ResponseCreatedEvent extends z.infer<typeof ResponseCreatedEvent> {}

/** A response ended, whatever came of it; the only event that says so. */
export const ResponseDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.done'),
  event_id: z.string(),
  response: Response as Schema<Response>,
})
export interface ResponseDoneEvent extends z.infer<typeof ResponseDoneEvent> {}

/** A response began an item. */
export const ResponseOutputItemAddedEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_item.added'),
  event_id: z.string(),
  response_id: z.string(),
  output_index: z.number(),
  item: ConversationItem,
})
export interface ResponseOutputItemAddedEvent extends z.infer<typeof ResponseOutputItemAddedEvent> {}

/** A response finished an item, also when it was interrupted or failed. */
export const ResponseOutputItemDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_item.done'),
  event_id: z.string(),
  response_id: z.string(),
  output_index: z.number(),
  item: ConversationItem,
})
export interface ResponseOutputItemDoneEvent extends z.infer<typeof ResponseOutputItemDoneEvent> {}

/** A message began a part. */
export const ResponseContentPartAddedEvent = /* @__PURE__ */ open({
  type: z.literal('response.content_part.added'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  part: ContentPart as Schema<ContentPart>,
  /** The same as `part`; undocumented, sent by Azure. */
  content: z.nullish(ContentPart as Schema<ContentPart>),
})
export interface ResponseContentPartAddedEvent extends z.infer<typeof ResponseContentPartAddedEvent> {}

/** A message finished a part, also when it was interrupted. */
export const ResponseContentPartDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.content_part.done'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  part: ContentPart as Schema<ContentPart>,
  /** The same as `part`; undocumented, sent by Azure. */
  content: z.nullish(ContentPart as Schema<ContentPart>),
})
export interface ResponseContentPartDoneEvent extends z.infer<typeof ResponseContentPartDoneEvent> {}
