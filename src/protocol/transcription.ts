import * as z from 'zod/mini'
import { notEmpty } from './bounds.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'

/** Transcription models that are known today; the service accepts others. */
export const transcriptionModels = [
  'gpt-realtime-whisper',
  'gpt-live-transcribe',
  'gpt-transcribe',
  'gpt-4o-transcribe',
  'gpt-4o-transcribe-diarize',
  'gpt-4o-mini-transcribe',
  'gpt-4o-mini-transcribe-2025-12-15',
  'whisper-1',
] as const

/** The name of a transcription model; any string, with completions. */
export type TranscriptionModel = OpenString<(typeof transcriptionModels)[number]>
/** Any string; see the type for the names that are known. */
export const TranscriptionModel: Schema<TranscriptionModel> =
  /* @__PURE__ */ openString<(typeof transcriptionModels)[number]>()

/** How long to wait before text is emitted: later is more accurate. */
export const TranscriptionDelay = z.literal(['minimal', 'low', 'medium', 'high', 'xhigh'])
/** How long to wait before text is emitted: later is more accurate. */
export type TranscriptionDelay = z.infer<typeof TranscriptionDelay>

/** How input audio is transcribed, as the server reports it. */
export const Transcription = /* @__PURE__ */ open({
  model: z.nullish(TranscriptionModel),
  /** The expected language, ISO 639-1. */
  language: z.nullish(z.string()),
  /** The expected languages, ISO 639-1. */
  languages: z.nullish(z.array(z.string())),
  /** Words that were announced. */
  keywords: z.nullish(z.array(z.string())),
  prompt: z.nullish(z.string()),
  delay: z.nullish(/* @__PURE__ */ openString<TranscriptionDelay>()),
})
export interface Transcription extends z.infer<typeof Transcription> {}

/** How input audio shall be transcribed; where it may be `null`, that turns transcription off. */
export const TranscriptionInput = /* @__PURE__ */ strict({
  model: z.optional(TranscriptionModel),
  /** The expected language, ISO 639-1, such as `en`; `''` for none. */
  language: z.optional(z.string()),
  /** The expected languages, ISO 639-1; gpt-transcribe and gpt-live-transcribe only. */
  languages: z.optional(z.array(z.string()).check(/* @__PURE__ */ notEmpty())),
  /** Words to expect; gpt-transcribe and gpt-live-transcribe only. */
  keywords: z.optional(z.array(z.string())),
  /** Guidance in words; gpt-realtime-whisper takes none. */
  prompt: z.optional(z.string()),
  /** gpt-realtime-whisper only. */
  delay: z.optional(TranscriptionDelay),
})
export interface TranscriptionInput extends z.infer<typeof TranscriptionInput> {}

/** Where the microphone is: near (a headset) or far (a laptop, a room). */
export const NoiseReductionType = z.literal(['near_field', 'far_field'])
/** Where the microphone is: near (a headset) or far (a laptop, a room). */
export type NoiseReductionType = z.infer<typeof NoiseReductionType>

/** How input audio is filtered before anything listens to it, as the server reports it. */
export const NoiseReduction = /* @__PURE__ */ open({
  type: z.nullish(/* @__PURE__ */ openString<NoiseReductionType>()),
  strength: z.nullish(z.number()),
})
export interface NoiseReduction extends z.infer<typeof NoiseReduction> {}

/** How input audio shall be filtered; where it may be `null`, that turns filtering off. */
export const NoiseReductionInput = /* @__PURE__ */ strict({
  type: NoiseReductionType,
  /** More is stronger; newer than the official document. @default 1 */
  strength: z.optional(z.number()),
})
export interface NoiseReductionInput extends z.infer<typeof NoiseReductionInput> {}

/** A language that was heard, ISO 639-1. */
export const TranscriptionLanguage = /* @__PURE__ */ open({ code: z.string() })
export interface TranscriptionLanguage extends z.infer<typeof TranscriptionLanguage> {}

/** How sure the model was of one token of a transcript. */
export const LogProb = /* @__PURE__ */ open({
  token: z.string(),
  /** The natural logarithm of the token's probability. */
  logprob: z.number(),
  /** The token's UTF-8 bytes. */
  bytes: z.nullish(z.array(z.number())),
})
export interface LogProb extends z.infer<typeof LogProb> {}
