import * as z from 'zod/mini'
import { type OpenString, open, openString, type Schema, strict } from './open.js'
import { NoiseReduction, NoiseReductionInput, Transcription, TranscriptionModel } from './transcription.js'

/** Translation models that are known today; the service may accept others. */
export const translationModels = ['gpt-realtime-translate'] as const

/** The name of a translation model; any string, with completions. */
export type TranslationModel = OpenString<(typeof translationModels)[number]>
/** Any string; see the type for the names that are known. */
export const TranslationModel: Schema<TranslationModel> =
  /* @__PURE__ */ openString<(typeof translationModels)[number]>()

/** The sound of a translation session, as the server reports it. */
export const TranslationAudio = /* @__PURE__ */ open({
  input: z.nullish(
    /* @__PURE__ */ open({
      transcription: z.nullish(Transcription as Schema<Transcription>),
      noise_reduction: z.nullish(NoiseReduction as Schema<NoiseReduction>),
    }),
  ),
  /** The language that is spoken and written, ISO 639-1. */
  output: z.nullish(/* @__PURE__ */ open({ language: z.nullish(z.string()) })),
})
export interface TranslationAudio extends z.infer<typeof TranslationAudio> {}

/** A session that translates what it hears while it hears it, as the server reports it. */
export const TranslationSession = /* @__PURE__ */ open({
  type: z.literal('translation'),
  id: z.string(),
  model: TranslationModel,
  /** When the session ends, in seconds since 1970. */
  expires_at: z.number(),
  audio: TranslationAudio as Schema<TranslationAudio>,
})
export interface TranslationSession extends z.infer<typeof TranslationSession> {}

/** How the sound of a translation session shall be. */
export const TranslationAudioConfig = /* @__PURE__ */ strict({
  input: z.optional(
    /* @__PURE__ */ strict({
      /** Turns on `session.input_transcript.delta`; `null` turns it off. */
      transcription: z.optional(z.nullable(/* @__PURE__ */ strict({ model: TranscriptionModel }))),
      noise_reduction: z.optional(z.nullable(NoiseReductionInput as Schema<NoiseReductionInput>)),
    }),
  ),
  output: z.optional(
    /* @__PURE__ */ strict({
      /** The language to translate into, ISO 639-1. */
      language: z.optional(z.string()),
    }),
  ),
})
export interface TranslationAudioConfig extends z.infer<typeof TranslationAudioConfig> {}

/** What an update may change in a translation session; it has no `type`. */
export const TranslationSessionConfig = /* @__PURE__ */ strict({ audio: z.optional(TranslationAudioConfig) })
export interface TranslationSessionConfig extends z.infer<typeof TranslationSessionConfig> {}
