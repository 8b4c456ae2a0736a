import * as z from 'zod/mini'
import { open, type Schema, type UnknownVariant, unknownVariant, variants } from './open.js'

/** Cached input tokens by kind. */
export const CachedTokenDetails = /* @__PURE__ */ open({
  text_tokens: z.nullish(z.number()),
  audio_tokens: z.nullish(z.number()),
  image_tokens: z.nullish(z.number()),
})
export interface CachedTokenDetails extends z.infer<typeof CachedTokenDetails> {}

/** Input tokens by kind. */
export const InputTokenDetails = /* @__PURE__ */ open({
  text_tokens: z.nullish(z.number()),
  audio_tokens: z.nullish(z.number()),
  image_tokens: z.nullish(z.number()),
  /** How many of the input tokens came from the cache: a subset, not an addition. */
  cached_tokens: z.nullish(z.number()),
  cached_tokens_details: z.nullish(CachedTokenDetails as Schema<CachedTokenDetails>),
})
export interface InputTokenDetails extends z.infer<typeof InputTokenDetails> {}

/** Output tokens by kind. */
export const OutputTokenDetails = /* @__PURE__ */ open({
  text_tokens: z.nullish(z.number()),
  audio_tokens: z.nullish(z.number()),
  /** How many of the text tokens were reasoning; undocumented, sent by reasoning models. */
  reasoning_tokens: z.nullish(z.number()),
})
export interface OutputTokenDetails extends z.infer<typeof OutputTokenDetails> {}

/** What a response is billed for; the whole conversation is billed again as input of each response. */
export const Usage = /* @__PURE__ */ open({
  total_tokens: z.nullish(z.number()),
  input_tokens: z.nullish(z.number()),
  output_tokens: z.nullish(z.number()),
  input_token_details: z.nullish(InputTokenDetails as Schema<InputTokenDetails>),
  output_token_details: z.nullish(OutputTokenDetails as Schema<OutputTokenDetails>),
})
export interface Usage extends z.infer<typeof Usage> {}

/** What a transcription is billed for when its model is billed by tokens. */
export const TranscriptTokenUsage = /* @__PURE__ */ open({
  type: z.literal('tokens'),
  input_tokens: z.number(),
  output_tokens: z.number(),
  total_tokens: z.number(),
  input_token_details: z.nullish(
    /* @__PURE__ */ open({ text_tokens: z.nullish(z.number()), audio_tokens: z.nullish(z.number()) }),
  ),
})
export interface TranscriptTokenUsage extends z.infer<typeof TranscriptTokenUsage> {}

/** What a transcription is billed for when its model is billed by time. */
export const TranscriptDurationUsage = /* @__PURE__ */ open({
  type: z.literal('duration'),
  /** Length of the audio in seconds. */
  seconds: z.number(),
})
export interface TranscriptDurationUsage extends z.infer<typeof TranscriptDurationUsage> {}

/** What the transcription of an item is billed for, apart from any response. */
export type TranscriptUsage = TranscriptTokenUsage | TranscriptDurationUsage | UnknownVariant
/** What the transcription of an item is billed for, apart from any response. */
export const TranscriptUsage: Schema<TranscriptUsage> = z.union([
  /* @__PURE__ */ variants('type', [TranscriptTokenUsage, TranscriptDurationUsage]),
  /* @__PURE__ */ unknownVariant(['tokens', 'duration']),
])
