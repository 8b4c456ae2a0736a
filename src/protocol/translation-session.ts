import * as z from 'zod/mini'
import type { WithExtra } from './extra.js'
import { type OpenString, open, openString, type Schema, strict } from './open.js'
import { NoiseReduction, NoiseReductionInput, Transcription, TranscriptionModel } from './transcription.js'

/** Translation models that this version knows. The service may accept others. */
export const translationModels = ['gpt-realtime-translate'] as const

/** The name of a translation model. Known names complete in an editor; any string is accepted. */
export type TranslationModel = OpenString<(typeof translationModels)[number]>
/** Accepts any string. The type of the same name lists the known names. */
export const TranslationModel: Schema<TranslationModel> =
  /* @__PURE__ */ openString<(typeof translationModels)[number]>()

/** The audio configuration of a translation session, as the server reports it. */
export const TranslationAudio = /* @__PURE__ */ open({
  /** The configuration of input audio. */
  input: z.nullish(
    /* @__PURE__ */ open({
      /** Transcription of the source language; `null` if it is off. */
      transcription: z.nullish(Transcription as Schema<Transcription>),
      /** Noise reduction; `null` if it is off. */
      noise_reduction: z.nullish(NoiseReduction as Schema<NoiseReduction>),
    }),
  ),
  /** The configuration of the translation. */
  output: z.nullish(
    /* @__PURE__ */ open({
      /** The target language of audio and transcript. */
      language: z.nullish(z.string()),
    }),
  ),
})
export interface TranslationAudio extends z.infer<typeof TranslationAudio> {}

/** The configuration of a translation session, as the server reports it. */
export const TranslationSession = /* @__PURE__ */ open({
  /** The kind of session. */
  type: z.literal('translation'),
  /** The identifier of the session, such as `sess_…`. */
  id: z.string(),
  /** The translation model. It cannot change. */
  model: TranslationModel,
  /** When the session ends, in seconds since 1970. */
  expires_at: z.number(),
  /** The configuration of input and output audio. */
  audio: TranslationAudio as Schema<TranslationAudio>,
})
export interface TranslationSession extends z.infer<typeof TranslationSession> {}

/** The audio configuration to request for a translation session. A field that you leave out keeps its value. */
export const TranslationAudioConfig = /* @__PURE__ */ strict({
  /** The configuration of input audio. */
  input: z.optional(
    /* @__PURE__ */ strict({
      /**
       * Transcription of the source language, sent as `session.input_transcript.delta`. It does not affect the
       * translation. `null` turns it off.
       */
      transcription: z.optional(
        z.nullable(
          /* @__PURE__ */ strict({
            /** The transcription model. */
            model: TranscriptionModel,
          }),
        ),
      ),
      /** Noise reduction. `null` turns it off. */
      noise_reduction: z.optional(z.nullable(NoiseReductionInput as Schema<NoiseReductionInput>)),
    }),
  ),
  /** The configuration of the translation. */
  output: z.optional(
    /* @__PURE__ */ strict({
      /** The target language of audio and transcript, such as `es`. */
      language: z.optional(z.string()),
    }),
  ),
})
export interface TranslationAudioConfig extends z.infer<typeof TranslationAudioConfig> {}

/** The configuration that an update may change in a translation session. It has no `type`. */
export const TranslationSessionConfig = /* @__PURE__ */ strict({
  /** The configuration of input and output audio. */
  audio: z.optional(TranslationAudioConfig),
})
export interface TranslationSessionConfig extends z.infer<typeof TranslationSessionConfig>, WithExtra {}
