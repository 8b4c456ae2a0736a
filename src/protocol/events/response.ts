import * as z from 'zod/mini'
import { ContentPart } from '../content.js'
import { ConversationItem } from '../items.js'
import { open, type Schema, strict } from '../open.js'
import { Response, ResponseCreateParams } from '../response.js'
import { ClientEventId } from '../scalars.js'

/** Requests a response of the model. The server refuses it while another in-band response is active. */
export const ResponseCreateEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('response.create'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The configuration of this response. @defaultValue the configuration of the session */
  response: z.optional(ResponseCreateParams as Schema<ResponseCreateParams>),
})
export interface ResponseCreateEvent extends z.infer<typeof ResponseCreateEvent> {}

/** Cancels a response. Its `response.done` still follows; if no response is active, an `error` does. */
export const ResponseCancelEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('response.cancel'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The response to cancel. @defaultValue the active response of the conversation */
  response_id: z.optional(z.string()),
})
export interface ResponseCancelEvent extends z.infer<typeof ResponseCancelEvent> {}

/** A response started. */
export const ResponseCreatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.created'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response, with status `in_progress` and no output. */
  response: Response as Schema<Response>,
})
export interface ResponseCreatedEvent extends z.infer<typeof ResponseCreatedEvent> {}

/** A response finished, whatever its status. No other event reports the end of a response. */
export const ResponseDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response with its final status, output, and usage. */
  response: Response as Schema<Response>,
})
export interface ResponseDoneEvent extends z.infer<typeof ResponseDoneEvent> {}

/** A response started an item. */
export const ResponseOutputItemAddedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_item.added'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The item, without its content. */
  item: ConversationItem,
})
export interface ResponseOutputItemAddedEvent extends z.infer<typeof ResponseOutputItemAddedEvent> {}

/** A response finished an item, also if it was interrupted or failed. */
export const ResponseOutputItemDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_item.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The complete item, without its audio. */
  item: ConversationItem,
})
export interface ResponseOutputItemDoneEvent extends z.infer<typeof ResponseOutputItemDoneEvent> {}

/** A content part of a message started. */
export const ResponseContentPartAddedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.content_part.added'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The content part, without its content. Some servers leave it out. */
  part: z.nullish(ContentPart as Schema<ContentPart>),
  /** A copy of `part`. Not in the official document; Azure sends it. */
  content: z.nullish(ContentPart as Schema<ContentPart>),
})
export interface ResponseContentPartAddedEvent extends z.infer<typeof ResponseContentPartAddedEvent> {}

/** A content part of a message finished, also if it was interrupted. */
export const ResponseContentPartDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.content_part.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The complete content part, without its audio. Some servers leave it out. */
  part: z.nullish(ContentPart as Schema<ContentPart>),
  /** A copy of `part`. Not in the official document; Azure sends it. */
  content: z.nullish(ContentPart as Schema<ContentPart>),
})
export interface ResponseContentPartDoneEvent extends z.infer<typeof ResponseContentPartDoneEvent> {}
