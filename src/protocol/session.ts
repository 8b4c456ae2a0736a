import * as z from 'zod/mini'
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

/** A conversation with a speech model, as the server reports it; `null` and absence both mean that nothing is set. */
export const Session = /* @__PURE__ */ open({
  type: z.literal('realtime'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.session'>()),
  /** When the session ends, in seconds since 1970: 60 minutes after its start, or 0 in the answer that grants a client secret. */
  expires_at: z.nullish(z.number()),
  model: z.nullish(RealtimeModel),
  instructions: z.nullish(z.string()),
  output_modalities: z.nullish(z.array(/* @__PURE__ */ openString<Modality>())),
  audio: z.nullish(
    /* @__PURE__ */ open({
      input: z.nullish(AudioInput as Schema<AudioInput>),
      output: z.nullish(AudioOutput as Schema<AudioOutput>),
    }),
  ),
  tools: z.nullish(z.array(Tool)),
  tool_choice: z.nullish(ToolChoice),
  parallel_tool_calls: z.nullish(z.boolean()),
  reasoning: z.nullish(Reasoning as Schema<Reasoning>),
  max_output_tokens: z.nullish(z.union([z.number(), /* @__PURE__ */ openString<'inf'>()])),
  truncation: z.nullish(Truncation),
  tracing: z.nullish(Tracing),
  prompt: z.nullish(Prompt as Schema<Prompt>),
  include: z.nullish(z.array(Includable)),
})
export interface Session extends z.infer<typeof Session> {}

/** How a conversation with a speech model shall be; what is left out keeps its value. */
export const SessionConfig = /* @__PURE__ */ strict({
  type: z.literal('realtime'),
  /** Taken when the session is made; ignored in an update. */
  model: z.optional(RealtimeModel),
  /** What the model is told before everything else. */
  instructions: z.optional(z.string()),
  output_modalities: z.optional(OutputModalities),
  audio: z.optional(
    /* @__PURE__ */ strict({
      input: z.optional(AudioInputConfig as Schema<AudioInputConfig>),
      output: z.optional(AudioOutputConfig as Schema<AudioOutputConfig>),
    }),
  ),
  tools: z.optional(z.array(ToolInput)),
  tool_choice: z.optional(ToolChoiceInput),
  /** Whether one response may call several tools; reasoning models only. */
  parallel_tool_calls: z.optional(z.boolean()),
  reasoning: z.optional(ReasoningInput as Schema<ReasoningInput>),
  max_output_tokens: z.optional(MaxOutputTokens),
  truncation: z.optional(TruncationInput),
  tracing: z.optional(z.nullable(TracingInput)),
  prompt: z.optional(z.nullable(PromptInput as Schema<PromptInput>)),
  include: z.optional(z.array(Includable)),
})
export interface SessionConfig extends z.infer<typeof SessionConfig> {}
