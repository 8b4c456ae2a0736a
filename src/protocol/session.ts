import * as z from 'zod/mini'
import type { WithExtra } from './extra.js'
import { open, openString, type Schema, strict } from './open.js'
import { Prompt, PromptInput } from './prompt.js'
import { Includable, MaxOutputTokens, type Modality, OutputModalities, RealtimeModel } from './scalars.js'
import {
  AudioInput,
  AudioInputConfig,
  AudioOutput,
  AudioOutputConfig,
  Reasoning,
  ReasoningInput,
  Tracing,
  TracingInput,
  Truncation,
  TruncationInput,
} from './session-parts.js'
import { Tool, ToolChoice, ToolChoiceInput, ToolInput } from './tools.js'

/**
 * The configuration of a conversation with a speech model, as the server reports it. `null` and a missing field both
 * mean that nothing is set.
 */
export const Session = /* @__PURE__ */ open({
  /** The kind of session. */
  type: z.literal('realtime'),
  /** The identifier of the session, such as `sess_…`. Some servers leave it out. */
  id: z.nullish(z.string()),
  /** The kind of resource. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.session'>()),
  /**
   * When the session ends, in seconds since 1970: 60 minutes after its start. It is 0 in the response that grants a
   * client secret.
   */
  expires_at: z.nullish(z.number()),
  /** The speech model. */
  model: z.nullish(RealtimeModel),
  /** The instructions for the model. A new session has a default text. */
  instructions: z.nullish(z.string()),
  /** The kind of output: `['audio']` or `['text']`. */
  output_modalities: z.nullish(z.array(/* @__PURE__ */ openString<Modality>())),
  /** The configuration of input and output audio. */
  audio: z.nullish(
    /* @__PURE__ */ open({
      /** The configuration of input audio. */
      input: z.nullish(AudioInput as Schema<AudioInput>),
      /** The configuration of output audio. */
      output: z.nullish(AudioOutput as Schema<AudioOutput>),
    }),
  ),
  /** The tools that the model may use. */
  tools: z.nullish(z.array(Tool)),
  /** How the model chooses tools. */
  tool_choice: z.nullish(ToolChoice),
  /** Whether one response may call several tools. */
  parallel_tool_calls: z.nullish(z.boolean()),
  /** The reasoning configuration. Only models that reason have one. */
  reasoning: z.nullish(Reasoning as Schema<Reasoning>),
  /** The maximum of output tokens per response, or `'inf'` for the limit of the model. */
  max_output_tokens: z.nullish(z.union([z.number(), /* @__PURE__ */ openString<'inf'>()])),
  /** What happens when the conversation exceeds the model's input limit. */
  truncation: z.nullish(Truncation),
  /** The tracing configuration; `null` if tracing is off. */
  tracing: z.nullish(Tracing),
  /** The stored prompt in use. */
  prompt: z.nullish(Prompt as Schema<Prompt>),
  /** Additional data in server events. */
  include: z.nullish(z.array(Includable)),
})
export interface Session extends z.infer<typeof Session> {}

/** The configuration to request for a conversation with a speech model. A field that you leave out keeps its value. */
export const SessionConfig = /* @__PURE__ */ strict({
  /** Selects a conversation. Required in every update; it cannot change. */
  type: z.literal('realtime'),
  /** The speech model. It is set when the session starts; the server ignores it in an update. */
  model: z.optional(RealtimeModel),
  /**
   * Instructions for the model: what to say, in which style, and how to speak. `''` removes them.
   * @defaultValue a text of the service, which `session.created` contains
   */
  instructions: z.optional(z.string()),
  /**
   * The kind of output: exactly `['audio']`, which includes a transcript, or exactly `['text']`.
   * @defaultValue ['audio']
   */
  output_modalities: z.optional(OutputModalities),
  /** The configuration of input and output audio. */
  audio: z.optional(
    /* @__PURE__ */ strict({
      /** The configuration of input audio: format, transcription, noise reduction, and turn detection. */
      input: z.optional(AudioInputConfig as Schema<AudioInputConfig>),
      /** The configuration of output audio: format, voice, and speed. */
      output: z.optional(AudioOutputConfig as Schema<AudioOutputConfig>),
    }),
  ),
  /**
   * The tools that the model may use: functions and MCP servers. The list replaces the previous one; `[]` removes all.
   */
  tools: z.optional(z.array(ToolInput)),
  /** How the model chooses tools: a mode, or one tool that it must call. @defaultValue 'auto' */
  tool_choice: z.optional(ToolChoiceInput),
  /** Whether one response may call several tools. Reasoning models only. */
  parallel_tool_calls: z.optional(z.boolean()),
  /** How much the model thinks before it responds. Models that do not reason refuse the whole update. */
  reasoning: z.optional(ReasoningInput as Schema<ReasoningInput>),
  /**
   * The maximum of output tokens per response, tool calls included: from 1 to 4096, or `'inf'` for the limit of the
   * model.
   * @defaultValue 'inf'
   */
  max_output_tokens: z.optional(MaxOutputTokens),
  /** What happens when the conversation exceeds the model's input limit. @defaultValue 'auto' */
  truncation: z.optional(TruncationInput),
  /**
   * Stores traces of the session in the Traces Dashboard. `null` turns it off; once on, it cannot change.
   * @defaultValue null
   */
  tracing: z.optional(z.nullable(TracingInput)),
  /** A stored prompt to use; `null` for none. Stored prompts are reported to retire on 2026-11-30. */
  prompt: z.optional(z.nullable(PromptInput as Schema<PromptInput>)),
  /**
   * Additional data in server events. `'item.input_audio_transcription.logprobs'` adds log probabilities to
   * transcripts.
   */
  include: z.optional(z.array(Includable)),
})
export interface SessionConfig extends z.infer<typeof SessionConfig>, WithExtra {}
