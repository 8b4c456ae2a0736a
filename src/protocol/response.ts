import * as z from 'zod/mini'
import { AudioFormat, AudioFormatInput } from './audio-format.js'
import { ResponseInputItem } from './item-inputs.js'
import { ConversationItem } from './items.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'
import { PromptInput } from './prompt.js'
import { MaxOutputTokens, Metadata, MetadataInput, type Modality, OutputModalities } from './scalars.js'
import { ReasoningInput, Voice, VoiceInput } from './session-parts.js'
import { ToolChoiceInput, ToolInput } from './tools.js'
import { Usage } from './usage.js'

/** States of a response that are known today; all but `in_progress` are final. */
export const responseStatuses = ['in_progress', 'completed', 'cancelled', 'failed', 'incomplete'] as const

/** The state of a response; any string, with completions. */
export type ResponseStatus = OpenString<(typeof responseStatuses)[number]>
/** Any string; see the type for the values that are known. */
export const ResponseStatus: Schema<ResponseStatus> = /* @__PURE__ */ openString<(typeof responseStatuses)[number]>()

/** Reasons for which a response did not complete that are known today. */
export const responseStatusReasons = [
  'turn_detected',
  'client_cancelled',
  'max_output_tokens',
  'content_filter',
] as const

/** Why a response did not complete; any string, with completions. */
export type ResponseStatusReason = OpenString<(typeof responseStatusReasons)[number]>
/** Any string; see the type for the values that are known. */
export const ResponseStatusReason: Schema<ResponseStatusReason> =
  /* @__PURE__ */ openString<(typeof responseStatusReasons)[number]>()

/** The failure of a response; no `error` event reports it. */
export const ResponseError = /* @__PURE__ */ open({
  type: z.nullish(z.string()),
  code: z.nullish(z.string()),
  /** Undocumented, sent by real servers. */
  message: z.nullish(z.string()),
})
export interface ResponseError extends z.infer<typeof ResponseError> {}

/** How a response came to its state. */
export const ResponseStatusDetails = /* @__PURE__ */ open({
  type: z.nullish(/* @__PURE__ */ openString<Exclude<(typeof responseStatuses)[number], 'in_progress'>>()),
  reason: z.nullish(ResponseStatusReason),
  error: z.nullish(ResponseError as Schema<ResponseError>),
})
export interface ResponseStatusDetails extends z.infer<typeof ResponseStatusDetails> {}

/** One answer of the model, as received. */
export const Response = /* @__PURE__ */ open({
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.response'>()),
  status: ResponseStatus,
  /** An object, or bare text from some servers, or nothing. */
  status_details: z.nullish(z.union([ResponseStatusDetails as Schema<ResponseStatusDetails>, z.string()])),
  /** The items that it produced, without their audio; empty until `response.done`. */
  output: z.array(ConversationItem),
  /** The conversation that it belongs to; `null` for a response out of band. */
  conversation_id: z.nullish(z.string()),
  output_modalities: z.nullish(z.array(/* @__PURE__ */ openString<Modality>())),
  max_output_tokens: z.nullish(z.union([z.number(), /* @__PURE__ */ openString<'inf'>()])),
  audio: z.nullish(
    /* @__PURE__ */ open({
      output: z.nullish(
        /* @__PURE__ */ open({ format: z.nullish(AudioFormat as Schema<AudioFormat>), voice: z.nullish(Voice) }),
      ),
    }),
  ),
  /** Known when the response is done. */
  usage: z.nullish(Usage as Schema<Usage>),
  metadata: z.nullish(Metadata),
})
export interface Response extends z.infer<typeof Response> {}

/** Where the output of a response goes: into the conversation (`auto`), nowhere (`none`), or a conversation by name. */
export type ResponseConversation = OpenString<'auto' | 'none'>
/** Any string; see the type for the values that are known. */
export const ResponseConversation: Schema<ResponseConversation> = /* @__PURE__ */ openString<'auto' | 'none'>()

/** How one response shall be; what is left out is as in the session. */
export const ResponseCreateParams = /* @__PURE__ */ strict({
  /** Replaces the instructions of the session for this response. */
  instructions: z.optional(z.string()),
  output_modalities: z.optional(OutputModalities),
  audio: z.optional(
    /* @__PURE__ */ strict({
      output: z.optional(
        /* @__PURE__ */ strict({ format: z.optional(AudioFormatInput), voice: z.optional(VoiceInput) }),
      ),
    }),
  ),
  tools: z.optional(z.array(ToolInput)),
  tool_choice: z.optional(ToolChoiceInput),
  /** Whether the response may call several tools; reasoning models only. */
  parallel_tool_calls: z.optional(z.boolean()),
  reasoning: z.optional(ReasoningInput as Schema<ReasoningInput>),
  max_output_tokens: z.optional(MaxOutputTokens),
  /** @default 'auto' */
  conversation: z.optional(ResponseConversation),
  /** Comes back with the response: the way to tell responses out of band apart. */
  metadata: z.optional(z.nullable(MetadataInput)),
  prompt: z.optional(z.nullable(PromptInput as Schema<PromptInput>)),
  /** What the model reads in place of the conversation; an empty list is no context at all. */
  input: z.optional(z.array(ResponseInputItem)),
})
export interface ResponseCreateParams extends z.infer<typeof ResponseCreateParams> {}
