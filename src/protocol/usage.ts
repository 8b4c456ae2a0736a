import * as z from 'zod/mini'
import { open, type Schema, type UnknownVariant, unknownVariant, variants } from './open.js'

/** Cached input tokens by kind. */
export const CachedTokenDetails = /* @__PURE__ */ open({
  /** Cached text tokens. */
  text_tokens: z.nullish(z.number()),
  /** Cached audio tokens. */
  audio_tokens: z.nullish(z.number()),
  /** Cached image tokens. */
  image_tokens: z.nullish(z.number()),
})
export interface CachedTokenDetails extends z.infer<typeof CachedTokenDetails> {}

/** Input tokens by kind. */
export const InputTokenDetails = /* @__PURE__ */ open({
  /** Text tokens, cached ones included. */
  text_tokens: z.nullish(z.number()),
  /** Audio tokens, cached ones included. */
  audio_tokens: z.nullish(z.number()),
  /** Image tokens, cached ones included. */
  image_tokens: z.nullish(z.number()),
  /** Input tokens that came from the cache. They are part of `input_tokens`, not an addition. */
  cached_tokens: z.nullish(z.number()),
  /** Cached tokens by kind. */
  cached_tokens_details: z.nullish(CachedTokenDetails as Schema<CachedTokenDetails>),
})
export interface InputTokenDetails extends z.infer<typeof InputTokenDetails> {}

/** Output tokens by kind. */
export const OutputTokenDetails = /* @__PURE__ */ open({
  /** Text tokens, reasoning included. */
  text_tokens: z.nullish(z.number()),
  /** Audio tokens. */
  audio_tokens: z.nullish(z.number()),
  /** Reasoning tokens, which are part of `text_tokens`. Not in the official document; reasoning models send it. */
  reasoning_tokens: z.nullish(z.number()),
})
export interface OutputTokenDetails extends z.infer<typeof OutputTokenDetails> {}

/** The tokens that a response is billed for. Each response is billed again for the whole conversation as its input. */
export const Usage = /* @__PURE__ */ open({
  /** Input and output tokens together. */
  total_tokens: z.nullish(z.number()),
  /** Input tokens, cached ones included. */
  input_tokens: z.nullish(z.number()),
  /** Output tokens. */
  output_tokens: z.nullish(z.number()),
  /** Input tokens by kind. */
  input_token_details: z.nullish(InputTokenDetails as Schema<InputTokenDetails>),
  /** Output tokens by kind. */
  output_token_details: z.nullish(OutputTokenDetails as Schema<OutputTokenDetails>),
})
export interface Usage extends z.infer<typeof Usage> {}

/** The usage of a transcription model that is billed by tokens. */
export const TranscriptTokenUsage = /* @__PURE__ */ open({
  /** The unit of billing. */
  type: z.literal('tokens'),
  /** Input tokens. */
  input_tokens: z.number(),
  /** Output tokens. */
  output_tokens: z.number(),
  /** Input and output tokens together. */
  total_tokens: z.number(),
  /** Input tokens by kind. */
  input_token_details: z.nullish(
    /* @__PURE__ */ open({
      /** Text tokens. */
      text_tokens: z.nullish(z.number()),
      /** Audio tokens. */
      audio_tokens: z.nullish(z.number()),
    }),
  ),
})
export interface TranscriptTokenUsage extends z.infer<typeof TranscriptTokenUsage> {}

/** The usage of a transcription model that is billed by duration. */
export const TranscriptDurationUsage = /* @__PURE__ */ open({
  /** The unit of billing. */
  type: z.literal('duration'),
  /** Duration of the audio in seconds. */
  seconds: z.number(),
})
export interface TranscriptDurationUsage extends z.infer<typeof TranscriptDurationUsage> {}

/** The usage of the transcription of one item. It is billed in addition to responses. */
export type TranscriptUsage = TranscriptTokenUsage | TranscriptDurationUsage | UnknownVariant
/** The usage of the transcription of one item. It is billed in addition to responses. */
export const TranscriptUsage: Schema<TranscriptUsage> = z.union([
  /* @__PURE__ */ variants('type', [TranscriptTokenUsage, TranscriptDurationUsage]),
  /* @__PURE__ */ unknownVariant(['tokens', 'duration']),
])
