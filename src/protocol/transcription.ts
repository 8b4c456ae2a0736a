import * as z from 'zod/mini'
import { notEmpty } from './bounds.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'

/** Transcription models that this version knows. The service accepts others. */
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

/** The name of a transcription model. Known names complete in an editor; any string is accepted. */
export type TranscriptionModel = OpenString<(typeof transcriptionModels)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const TranscriptionModel: Schema<TranscriptionModel> =
  /* @__PURE__ */ openString<(typeof transcriptionModels)[number]>()

/** How long the model waits before it emits text. A longer delay is more accurate. */
export const TranscriptionDelay = z.literal(['minimal', 'low', 'medium', 'high', 'xhigh'])
/** How long the model waits before it emits text. A longer delay is more accurate. */
export type TranscriptionDelay = z.infer<typeof TranscriptionDelay>

/** Input transcription, as the server reports it. */
export const Transcription = /* @__PURE__ */ open({
  /** The transcription model. */
  model: z.nullish(TranscriptionModel),
  /** The expected language as an ISO 639-1 code; `null` if none was given. */
  language: z.nullish(z.string()),
  /** The expected languages as ISO 639-1 codes. */
  languages: z.nullish(z.array(z.string())),
  /** Words and phrases that guide the transcription. */
  keywords: z.nullish(z.array(z.string())),
  /** Text that guides the transcription; `null` if none was given. */
  prompt: z.nullish(z.string()),
  /** How long the model waits before it emits text. */
  delay: z.nullish(/* @__PURE__ */ openString<TranscriptionDelay>()),
})
export interface Transcription extends z.infer<typeof Transcription> {}

/** The transcription to request for input audio. Where `null` is accepted, it turns this off. */
export const TranscriptionInput = /* @__PURE__ */ strict({
  /** The transcription model, such as `gpt-transcribe`. It is separate from the speech model and billed separately. */
  model: z.optional(TranscriptionModel),
  /**
   * The expected language as an ISO 639-1 code, such as `en`; it makes the transcript more accurate and faster. `''`
   * removes it.
   */
  language: z.optional(z.string()),
  /** The expected languages as ISO 639-1 codes, at least one. gpt-transcribe and gpt-live-transcribe only. */
  languages: z.optional(z.array(z.string()).check(/* @__PURE__ */ notEmpty())),
  /** Words and phrases to expect. gpt-transcribe and gpt-live-transcribe only. */
  keywords: z.optional(z.array(z.string())),
  /**
   * Text that guides the transcription: a list of keywords for whisper-1, free text for the gpt-4o-transcribe models
   * except diarize. gpt-realtime-whisper does not support it.
   */
  prompt: z.optional(z.string()),
  /** How long the model waits before it emits text; a longer delay is more accurate. gpt-realtime-whisper only. */
  delay: z.optional(TranscriptionDelay),
})
export interface TranscriptionInput extends z.infer<typeof TranscriptionInput> {}

/** The position of the microphone: `near_field` for a headset, `far_field` for a laptop or a conference room. */
export const NoiseReductionType = z.literal(['near_field', 'far_field'])
/** The position of the microphone: `near_field` for a headset, `far_field` for a laptop or a conference room. */
export type NoiseReductionType = z.infer<typeof NoiseReductionType>

/** Noise reduction of input audio, as the server reports it. */
export const NoiseReduction = /* @__PURE__ */ open({
  /** The position of the microphone that the filter is tuned for. */
  type: z.nullish(/* @__PURE__ */ openString<NoiseReductionType>()),
  /** The strength of the filter; higher is stronger. Not in the official document. */
  strength: z.nullish(z.number()),
})
export interface NoiseReduction extends z.infer<typeof NoiseReduction> {}

/**
 * The noise reduction to request. It filters audio before turn detection and the model. Where `null` is accepted, it
 * turns this off.
 */
export const NoiseReductionInput = /* @__PURE__ */ strict({
  /** The position of the microphone: `near_field` for a headset, `far_field` for a laptop or a conference room. */
  type: NoiseReductionType,
  /** The strength of the filter; higher is stronger. Not in the official document. @defaultValue 1 */
  strength: z.optional(z.number()),
})
export interface NoiseReductionInput extends z.infer<typeof NoiseReductionInput> {}

/** A language that was detected in the audio. */
export const TranscriptionLanguage = /* @__PURE__ */ open({
  /** The code of the language, such as `en`. */
  code: z.string(),
})
export interface TranscriptionLanguage extends z.infer<typeof TranscriptionLanguage> {}

/** The probability of one token of a transcript. */
export const LogProb = /* @__PURE__ */ open({
  /** The text of the token. */
  token: z.string(),
  /** The natural logarithm of the token's probability; 0 is certain, lower is less likely. */
  logprob: z.number(),
  /** The UTF-8 bytes of the token. */
  bytes: z.nullish(z.array(z.number())),
})
export interface LogProb extends z.infer<typeof LogProb> {}
