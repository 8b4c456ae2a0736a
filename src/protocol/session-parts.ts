import * as z from 'zod/mini'
import { AudioFormat, AudioFormatInput } from './audio-format.js'
import { between, integer } from './bounds.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'
import { JsonObject, VoiceName } from './scalars.js'
import { NoiseReduction, NoiseReductionInput, Transcription, TranscriptionInput } from './transcription.js'
import { TurnDetection, TurnDetectionInput } from './turn-detection.js'

/** A voice of the account's own, by its identifier. */
export const CustomVoiceInput = /* @__PURE__ */ strict({ id: z.string() })
export interface CustomVoiceInput extends z.infer<typeof CustomVoiceInput> {}

/** The voice to speak with: a built-in one by name, or one of the account's own; it cannot change after the first audio. */
export type VoiceInput = VoiceName | CustomVoiceInput
/** The voice to speak with: a built-in one by name, or one of the account's own; it cannot change after the first audio. */
export const VoiceInput: Schema<VoiceInput> = z.union([VoiceName, CustomVoiceInput])

/** A voice of the account's own, as the server reports it. */
export const CustomVoice = /* @__PURE__ */ open({ id: z.string() })
export interface CustomVoice extends z.infer<typeof CustomVoice> {}

/** The voice that the model speaks with, as the server reports it. */
export type Voice = VoiceName | CustomVoice
/** The voice that the model speaks with, as the server reports it. */
export const Voice: Schema<Voice> = z.union([VoiceName, CustomVoice])

/** How input audio is understood, as the server reports it; `null` means that it is off. */
export const AudioInput = /* @__PURE__ */ open({
  format: z.nullish(AudioFormat as Schema<AudioFormat>),
  transcription: z.nullish(Transcription as Schema<Transcription>),
  noise_reduction: z.nullish(NoiseReduction as Schema<NoiseReduction>),
  turn_detection: z.nullish(TurnDetection as Schema<TurnDetection>),
})
export interface AudioInput extends z.infer<typeof AudioInput> {}

/** How output audio is made, as the server reports it. */
export const AudioOutput = /* @__PURE__ */ open({
  format: z.nullish(AudioFormat as Schema<AudioFormat>),
  voice: z.nullish(Voice),
  /** 1 is normal. */
  speed: z.nullish(z.number()),
})
export interface AudioOutput extends z.infer<typeof AudioOutput> {}

/** How to understand input audio; `null` turns a part off, leaving it out keeps what it was. */
export const AudioInputConfig = /* @__PURE__ */ strict({
  format: z.optional(AudioFormatInput),
  transcription: z.optional(z.nullable(TranscriptionInput as Schema<TranscriptionInput>)),
  noise_reduction: z.optional(z.nullable(NoiseReductionInput as Schema<NoiseReductionInput>)),
  turn_detection: z.optional(z.nullable(TurnDetectionInput)),
})
export interface AudioInputConfig extends z.infer<typeof AudioInputConfig> {}

/** How to make output audio. */
export const AudioOutputConfig = /* @__PURE__ */ strict({
  format: z.optional(AudioFormatInput),
  voice: z.optional(VoiceInput),
  /** 0.25 to 1.5; applies to speech that is yet to be made. @default 1 */
  speed: z.optional(z.number().check(/* @__PURE__ */ between(0.25, 1.5))),
})
export interface AudioOutputConfig extends z.infer<typeof AudioOutputConfig> {}

/** How hard a reasoning model thinks. */
export const ReasoningEffort = z.literal(['minimal', 'low', 'medium', 'high', 'xhigh'])
/** How hard a reasoning model thinks. */
export type ReasoningEffort = z.infer<typeof ReasoningEffort>

/** Reasoning, as the server reports it. */
export const Reasoning = /* @__PURE__ */ open({ effort: z.nullish(/* @__PURE__ */ openString<ReasoningEffort>()) })
export interface Reasoning extends z.infer<typeof Reasoning> {}

/** Reasoning to ask for; models without it refuse the whole event. */
export const ReasoningInput = /* @__PURE__ */ strict({ effort: z.optional(ReasoningEffort) })
export interface ReasoningInput extends z.infer<typeof ReasoningInput> {}

/** Names under which traces of the session are kept, as the server reports them. */
export const TracingDetails = /* @__PURE__ */ open({
  workflow_name: z.nullish(z.string()),
  group_id: z.nullish(z.string()),
  metadata: z.nullish(JsonObject),
})
export interface TracingDetails extends z.infer<typeof TracingDetails> {}

/** How the session is traced, as the server reports it. */
export type Tracing = OpenString<'auto'> | TracingDetails
/** How the session is traced, as the server reports it. */
export const Tracing: Schema<Tracing> = z.union([z.string(), TracingDetails])

/** Names under which to keep traces of the session. */
export const TracingDetailsInput = /* @__PURE__ */ strict({
  workflow_name: z.optional(z.string()),
  group_id: z.optional(z.string()),
  metadata: z.optional(JsonObject),
})
export interface TracingDetailsInput extends z.infer<typeof TracingDetailsInput> {}

/** How to trace the session; it cannot change once set. */
export type TracingInput = 'auto' | TracingDetailsInput
/** How to trace the session; it cannot change once set. */
export const TracingInput: Schema<TracingInput> = z.union([z.literal('auto'), TracingDetailsInput])

/** Keeping a share of the conversation when it outgrows the model, as the server reports it. */
export const RetentionRatio = /* @__PURE__ */ open({
  type: /* @__PURE__ */ openString<'retention_ratio'>(),
  /** 0 to 1. */
  retention_ratio: z.nullish(z.number()),
  token_limits: z.nullish(/* @__PURE__ */ open({ post_instructions: z.nullish(z.number()) })),
})
export interface RetentionRatio extends z.infer<typeof RetentionRatio> {}

/** What happens when the conversation outgrows the model, as the server reports it. */
export type Truncation = OpenString<'auto' | 'disabled'> | RetentionRatio
/** What happens when the conversation outgrows the model, as the server reports it. */
export const Truncation: Schema<Truncation> = z.union([z.string(), RetentionRatio])

/** Keeps a share of the conversation when it outgrows the model, so that the cache is hit more often. */
export const RetentionRatioInput = /* @__PURE__ */ strict({
  type: z.literal('retention_ratio'),
  /** 0 to 1. */
  retention_ratio: z.number().check(/* @__PURE__ */ between(0, 1)),
  token_limits: z.optional(
    /* @__PURE__ */ strict({
      /** The most tokens of conversation after the instructions. */
      post_instructions: z.optional(z.number().check(/* @__PURE__ */ integer(0))),
    }),
  ),
})
export interface RetentionRatioInput extends z.infer<typeof RetentionRatioInput> {}

/** What to do when the conversation outgrows the model. */
export type TruncationInput = 'auto' | 'disabled' | RetentionRatioInput
/** What to do when the conversation outgrows the model. */
export const TruncationInput: Schema<TruncationInput> = z.union([z.literal(['auto', 'disabled']), RetentionRatioInput])
