import * as z from 'zod/mini'
import { AudioFormat, AudioFormatInput } from './audio-format.js'
import { between, integer } from './bounds.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'
import { JsonObject, VoiceName } from './scalars.js'
import { NoiseReduction, NoiseReductionInput, Transcription, TranscriptionInput } from './transcription.js'
import { TurnDetection, TurnDetectionInput } from './turn-detection.js'

/** A custom voice, given by its identifier. */
export const CustomVoiceInput = /* @__PURE__ */ strict({
  /** The identifier of the voice, such as `voice_1234`. */
  id: z.string(),
})
export interface CustomVoiceInput extends z.infer<typeof CustomVoiceInput> {}

/** The voice to speak with: the name of a built-in voice, or a custom voice by its identifier. */
export type VoiceInput = VoiceName | CustomVoiceInput
/** The voice to speak with: the name of a built-in voice, or a custom voice by its identifier. */
export const VoiceInput: Schema<VoiceInput> = z.union([VoiceName, CustomVoiceInput])

/** A custom voice, as the server reports it. */
export const CustomVoice = /* @__PURE__ */ open({
  /** The identifier of the voice, such as `voice_1234`. */
  id: z.string(),
})
export interface CustomVoice extends z.infer<typeof CustomVoice> {}

/** The voice that the model speaks with, as the server reports it. */
export type Voice = VoiceName | CustomVoice
/** The voice that the model speaks with, as the server reports it. */
export const Voice: Schema<Voice> = z.union([VoiceName, CustomVoice])

/** The configuration of input audio, as the server reports it. `null` means that a part is off. */
export const AudioInput = /* @__PURE__ */ open({
  /** The format of input audio. */
  format: z.nullish(AudioFormat as Schema<AudioFormat>),
  /** Transcription of the user's audio; `null` if it is off. */
  transcription: z.nullish(Transcription as Schema<Transcription>),
  /** Noise reduction; `null` if it is off. */
  noise_reduction: z.nullish(NoiseReduction as Schema<NoiseReduction>),
  /** Turn detection; `null` if it is off. */
  turn_detection: z.nullish(TurnDetection as Schema<TurnDetection>),
})
export interface AudioInput extends z.infer<typeof AudioInput> {}

/** The configuration of output audio, as the server reports it. */
export const AudioOutput = /* @__PURE__ */ open({
  /** The format of output audio. */
  format: z.nullish(AudioFormat as Schema<AudioFormat>),
  /** The voice that the model speaks with. */
  voice: z.nullish(Voice),
  /** Speaking speed as a multiple of the original speed, from 0.25 to 1.5. */
  speed: z.nullish(z.number()),
})
export interface AudioOutput extends z.infer<typeof AudioOutput> {}

/**
 * The configuration to request for input audio. `null` turns a part off; a field that you leave out keeps its value.
 */
export const AudioInputConfig = /* @__PURE__ */ strict({
  /** The format of the audio that you send. @defaultValue PCM at 24 kHz */
  format: z.optional(AudioFormatInput),
  /**
   * Transcription of the user's audio by a separate model. It runs beside the response, so a transcript may arrive
   * before or after it. `null` turns it off.
   * @defaultValue null
   */
  transcription: z.optional(z.nullable(TranscriptionInput as Schema<TranscriptionInput>)),
  /** Noise reduction, applied before turn detection and the model. `null` turns it off. @defaultValue null */
  noise_reduction: z.optional(z.nullable(NoiseReductionInput as Schema<NoiseReductionInput>)),
  /**
   * How the server finds the user's turns. `null` turns it off: then send `input_audio_buffer.commit` and
   * `response.create` yourself. Leave it out or send `null` for gpt-realtime-whisper and gpt-live-transcribe in
   * transcription sessions.
   * @defaultValue `server_vad` in conversations
   */
  turn_detection: z.optional(z.nullable(TurnDetectionInput)),
})
export interface AudioInputConfig extends z.infer<typeof AudioInputConfig> {}

/** The configuration to request for output audio. A field that you leave out keeps its value. */
export const AudioOutputConfig = /* @__PURE__ */ strict({
  /** The format of the audio that you receive. @defaultValue PCM at 24 kHz */
  format: z.optional(AudioFormatInput),
  /**
   * The voice to speak with. It cannot change after the first audio output of the session: the server then sends the
   * error `cannot_update_voice`.
   * @defaultValue 'marin' with gpt-realtime-2.1, 'alloy' with gpt-realtime
   */
  voice: z.optional(VoiceInput),
  /**
   * Speaking speed as a multiple of the original speed, from 0.25 to 1.5. It can change between responses only.
   * @defaultValue 1
   */
  speed: z.optional(z.number().check(/* @__PURE__ */ between(0.25, 1.5))),
})
export interface AudioOutputConfig extends z.infer<typeof AudioOutputConfig> {}

/** How much a reasoning model thinks before it responds. */
export const ReasoningEffort = z.literal(['minimal', 'low', 'medium', 'high', 'xhigh'])
/** How much a reasoning model thinks before it responds. */
export type ReasoningEffort = z.infer<typeof ReasoningEffort>

/** The reasoning configuration, as the server reports it. */
export const Reasoning = /* @__PURE__ */ open({
  /** How much the model thinks before it responds. */
  effort: z.nullish(/* @__PURE__ */ openString<ReasoningEffort>()),
})
export interface Reasoning extends z.infer<typeof Reasoning> {}

/** The reasoning to request. Models that do not reason refuse the whole event. */
export const ReasoningInput = /* @__PURE__ */ strict({
  /** How much the model thinks before it responds. @defaultValue 'low' */
  effort: z.optional(ReasoningEffort),
})
export interface ReasoningInput extends z.infer<typeof ReasoningInput> {}

/** The names of a trace, as the server reports them. */
export const TracingDetails = /* @__PURE__ */ open({
  /** The name of the trace in the Traces Dashboard. */
  workflow_name: z.nullish(z.string()),
  /** The group that the trace belongs to. */
  group_id: z.nullish(z.string()),
  /** Values by which traces can be filtered. */
  metadata: z.nullish(JsonObject),
})
export interface TracingDetails extends z.infer<typeof TracingDetails> {}

/** The tracing configuration, as the server reports it. */
export type Tracing = OpenString<'auto'> | TracingDetails
/** The tracing configuration, as the server reports it. */
export const Tracing: Schema<Tracing> = z.union([z.string(), TracingDetails])

/** The names to store a trace of the session under. */
export const TracingDetailsInput = /* @__PURE__ */ strict({
  /** The name of the trace in the Traces Dashboard. */
  workflow_name: z.optional(z.string()),
  /** A group to filter traces by in the Traces Dashboard. */
  group_id: z.optional(z.string()),
  /** Values to filter traces by in the Traces Dashboard. */
  metadata: z.optional(JsonObject),
})
export interface TracingDetailsInput extends z.infer<typeof TracingDetailsInput> {}

/** How to trace the session: `'auto'` for default names, or names of your own. It cannot change once tracing is on. */
export type TracingInput = 'auto' | TracingDetailsInput
/** How to trace the session: `'auto'` for default names, or names of your own. It cannot change once tracing is on. */
export const TracingInput: Schema<TracingInput> = z.union([z.literal('auto'), TracingDetailsInput])

/** Truncation that keeps a share of the conversation, as the server reports it. */
export const RetentionRatio = /* @__PURE__ */ open({
  /** The kind of truncation. */
  type: /* @__PURE__ */ openString<'retention_ratio'>(),
  /** The share of conversation tokens to keep, from 0 to 1. */
  retention_ratio: z.nullish(z.number()),
  /** Token limits that replace those of the model. */
  token_limits: z.nullish(
    /* @__PURE__ */ open({
      /** The maximum of conversation tokens after the instructions and tools. */
      post_instructions: z.nullish(z.number()),
    }),
  ),
})
export interface RetentionRatio extends z.infer<typeof RetentionRatio> {}

/** What happens when the conversation exceeds the model's input limit, as the server reports it. */
export type Truncation = OpenString<'auto' | 'disabled'> | RetentionRatio
/** What happens when the conversation exceeds the model's input limit, as the server reports it. */
export const Truncation: Schema<Truncation> = z.union([z.string(), RetentionRatio])

/**
 * Truncation that keeps a share of the conversation. It drops more at once than `'auto'`, so it happens less often and
 * more input tokens come from the cache.
 */
export const RetentionRatioInput = /* @__PURE__ */ strict({
  /** Selects truncation by a share of the conversation. */
  type: z.literal('retention_ratio'),
  /**
   * The share of conversation tokens to keep, from 0 to 1. At 0.8, the oldest items are dropped until 80 % of the
   * maximum remains.
   */
  retention_ratio: z.number().check(/* @__PURE__ */ between(0, 1)),
  /** Token limits of your own, to control cost. @defaultValue the limits of the model */
  token_limits: z.optional(
    /* @__PURE__ */ strict({
      /**
       * The maximum of conversation tokens after the instructions and tools, at least 0. At most the context window
       * minus the maximum output tokens.
       */
      post_instructions: z.optional(z.number().check(/* @__PURE__ */ integer(0))),
    }),
  ),
})
export interface RetentionRatioInput extends z.infer<typeof RetentionRatioInput> {}

/**
 * What happens when the conversation exceeds the model's input limit: `'auto'` drops the oldest items, `'disabled'`
 * makes it an error, and an object keeps a share of the conversation.
 */
export type TruncationInput = 'auto' | 'disabled' | RetentionRatioInput
/**
 * What happens when the conversation exceeds the model's input limit: `'auto'` drops the oldest items, `'disabled'`
 * makes it an error, and an object keeps a share of the conversation.
 */
export const TruncationInput: Schema<TruncationInput> = z.union([z.literal(['auto', 'disabled']), RetentionRatioInput])
