import * as z from 'zod/mini'
import { AudioFormat, AudioFormatInput } from './audio-format.js'
import type { WithExtra } from './extra.js'
import { ResponseInputItem } from './item-inputs.js'
import { ConversationItem } from './items.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'
import { PromptInput } from './prompt.js'
import { MaxOutputTokens, Metadata, MetadataInput, type Modality, OutputModalities } from './scalars.js'
import { ReasoningInput, Voice, VoiceInput } from './session-parts.js'
import { ToolChoiceInput, ToolInput } from './tools.js'
import { Usage } from './usage.js'

/** States of a response that this version knows. All but `in_progress` are final. */
export const responseStatuses = ['in_progress', 'completed', 'cancelled', 'failed', 'incomplete'] as const

/** The state of a response. Known states complete in an editor; any string is accepted. */
export type ResponseStatus = OpenString<(typeof responseStatuses)[number]>
/** Accepts any string. The type of the same name lists the known values. */
export const ResponseStatus: Schema<ResponseStatus> = /* @__PURE__ */ openString<(typeof responseStatuses)[number]>()

/** Reasons for an unfinished response that this version knows. */
export const responseStatusReasons = [
  'turn_detected',
  'client_cancelled',
  'max_output_tokens',
  'content_filter',
] as const

/** Why a response did not complete. Known reasons complete in an editor; any string is accepted. */
export type ResponseStatusReason = OpenString<(typeof responseStatusReasons)[number]>
/** Accepts any string. The type of the same name lists the known values. */
export const ResponseStatusReason: Schema<ResponseStatusReason> =
  /* @__PURE__ */ openString<(typeof responseStatusReasons)[number]>()

/** Why a response failed. The server sends no `error` event for it. */
export const ResponseError = /* @__PURE__ */ open({
  /** The category of the error. */
  type: z.nullish(z.string()),
  /** The error code. */
  code: z.nullish(z.string()),
  /** The description of the error. Not in the official document; real servers send it. */
  message: z.nullish(z.string()),
})
export interface ResponseError extends z.infer<typeof ResponseError> {}

/** Why a response has its status. */
export const ResponseStatusDetails = /* @__PURE__ */ open({
  /** The status that the details explain. */
  type: z.nullish(/* @__PURE__ */ openString<Exclude<(typeof responseStatuses)[number], 'in_progress'>>()),
  /**
   * Why the response is cancelled (`turn_detected`, `client_cancelled`) or incomplete (`max_output_tokens`,
   * `content_filter`).
   */
  reason: z.nullish(ResponseStatusReason),
  /** The error of a failed response. */
  error: z.nullish(ResponseError as Schema<ResponseError>),
})
export interface ResponseStatusDetails extends z.infer<typeof ResponseStatusDetails> {}

/** A response of the model, as received. */
export const Response = /* @__PURE__ */ open({
  /** The identifier of the response, such as `resp_…`. */
  id: z.string(),
  /** The kind of resource. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.response'>()),
  /** The state of the response. Other servers may leave it out of `response.created`; a session adds it. */
  status: z.nullish(ResponseStatus) as unknown as Schema<ResponseStatus>,
  /** Why the response has its status: an object, plain text from some servers, or `null`. */
  status_details: z.nullish(z.union([ResponseStatusDetails as Schema<ResponseStatusDetails>, z.string()])),
  /**
   * The items that the response produced, without their audio. Empty until `response.done`. Other servers may leave it out; a session adds an
   * empty list.
   */
  output: z.nullish(z.array(ConversationItem)) as unknown as Schema<ConversationItem[]>,
  /** The conversation that the response belongs to; `null` for an out-of-band response. */
  conversation_id: z.nullish(z.string()),
  /** The kind of output: `['audio']` or `['text']`. */
  output_modalities: z.nullish(z.array(/* @__PURE__ */ openString<Modality>())),
  /** The maximum of output tokens, or `'inf'` for the limit of the model. */
  max_output_tokens: z.nullish(z.union([z.number(), /* @__PURE__ */ openString<'inf'>()])),
  /** The audio configuration of the response. */
  audio: z.nullish(
    /* @__PURE__ */ open({
      /** The configuration of output audio. */
      output: z.nullish(
        /* @__PURE__ */ open({
          /** The format of output audio. */
          format: z.nullish(AudioFormat as Schema<AudioFormat>),
          /** The voice that the model speaks with. */
          voice: z.nullish(Voice),
        }),
      ),
    }),
  ),
  /** The tokens that the response is billed for. `null` until `response.done`. */
  usage: z.nullish(Usage as Schema<Usage>),
  /** The key-value pairs of `response.create`. */
  metadata: z.nullish(Metadata),
})
export interface Response extends z.infer<typeof Response> {}

/**
 * The conversation that receives the output of a response: `auto` for the session's own, `none` for an out-of-band
 * response.
 */
export type ResponseConversation = OpenString<'auto' | 'none'>
/** Accepts any string. The type of the same name lists the known values. */
export const ResponseConversation: Schema<ResponseConversation> = /* @__PURE__ */ openString<'auto' | 'none'>()

/** The configuration of one response. A field that you leave out has the value of the session. */
export const ResponseCreateParams = /* @__PURE__ */ strict({
  /** Instructions for the model. They replace the instructions of the session for this response. */
  instructions: z.optional(z.string()),
  /** The kind of output: exactly `['audio']`, which includes a transcript, or exactly `['text']`. */
  output_modalities: z.optional(OutputModalities),
  /** The audio configuration of the response. */
  audio: z.optional(
    /* @__PURE__ */ strict({
      /** The configuration of output audio. */
      output: z.optional(
        /* @__PURE__ */ strict({
          /** The format of the audio that you receive. */
          format: z.optional(AudioFormatInput),
          /** The voice to speak with. It cannot change after the first audio output of the session. */
          voice: z.optional(VoiceInput),
        }),
      ),
    }),
  ),
  /** The tools that the model may use. They replace the tools of the session for this response. */
  tools: z.optional(z.array(ToolInput)),
  /** How the model chooses tools: a mode, or one tool that it must call. */
  tool_choice: z.optional(ToolChoiceInput),
  /** Whether the response may call several tools. Reasoning models only. */
  parallel_tool_calls: z.optional(z.boolean()),
  /** How much the model thinks before it responds. Models that do not reason refuse the whole event. */
  reasoning: z.optional(ReasoningInput as Schema<ReasoningInput>),
  /** The maximum of output tokens, tool calls included: from 1 to 4096, or `'inf'` for the limit of the model. */
  max_output_tokens: z.optional(MaxOutputTokens),
  /**
   * The conversation that receives the output: `'auto'` for the session's own, `'none'` for an out-of-band response,
   * which adds no items to it.
   * @defaultValue 'auto'
   */
  conversation: z.optional(ResponseConversation),
  /**
   * Your own key-value pairs, returned with the response: at most 16, keys up to 64 and values up to 512 characters.
   * Use them to recognize out-of-band responses.
   */
  metadata: z.optional(z.nullable(MetadataInput)),
  /** A stored prompt to use; `null` for none. Stored prompts are reported to retire on 2026-11-30. */
  prompt: z.optional(z.nullable(PromptInput as Schema<PromptInput>)),
  /**
   * The items that the model reads in place of the conversation: new items and references to existing ones. `[]` is an
   * empty context.
   */
  input: z.optional(z.array(ResponseInputItem)),
})
export interface ResponseCreateParams extends z.infer<typeof ResponseCreateParams>, WithExtra {}
