import * as z from 'zod/mini'
import { AudioFormat } from './audio-format.js'
import type { WithExtra } from './extra.js'
import { open, openString, type Schema, strict } from './open.js'
import { Includable } from './scalars.js'
import { AudioInputConfig } from './session-parts.js'
import { NoiseReduction, Transcription } from './transcription.js'
import { TurnDetectionType } from './turn-detection.js'

/**
 * Turn detection of a transcription session, as the server reports it. There are no responses, so it has no fields for
 * them.
 */
export const TranscriptionTurnDetection = /* @__PURE__ */ open({
  /** The kind of turn detection. */
  type: z.nullish(TurnDetectionType),
  /** Volume that counts as speech, from 0 to 1. */
  threshold: z.nullish(z.number()),
  /** Audio kept from before the detected start of speech, in milliseconds. */
  prefix_padding_ms: z.nullish(z.number()),
  /** Silence that ends a turn, in milliseconds. */
  silence_duration_ms: z.nullish(z.number()),
})
export interface TranscriptionTurnDetection extends z.infer<typeof TranscriptionTurnDetection> {}

/** The configuration of a transcription session's audio, as the server reports it. */
export const TranscriptionAudioInput = /* @__PURE__ */ open({
  /** The format of input audio. */
  format: z.nullish(AudioFormat as Schema<AudioFormat>),
  /** The transcription model and its hints. */
  transcription: z.nullish(Transcription as Schema<Transcription>),
  /** Noise reduction; `null` if it is off. */
  noise_reduction: z.nullish(NoiseReduction as Schema<NoiseReduction>),
  /** Turn detection; `null` if it is off. */
  turn_detection: z.nullish(TranscriptionTurnDetection as Schema<TranscriptionTurnDetection>),
})
export interface TranscriptionAudioInput extends z.infer<typeof TranscriptionAudioInput> {}

/** The configuration of a transcription session, as the server reports it. */
export const TranscriptionSession = /* @__PURE__ */ open({
  /** The kind of session. */
  type: z.literal('transcription'),
  /** The identifier of the session, such as `sess_…`. Some servers leave it out. */
  id: z.nullish(z.string()),
  /** The kind of resource. */
  object: z.nullish(/* @__PURE__ */ openString<'realtime.transcription_session'>()),
  /** When the session ends, in seconds since 1970. */
  expires_at: z.nullish(z.number()),
  /** The configuration of audio. */
  audio: z.nullish(
    /* @__PURE__ */ open({
      /** The configuration of input audio. */
      input: z.nullish(TranscriptionAudioInput as Schema<TranscriptionAudioInput>),
    }),
  ),
  /** Additional data in server events. */
  include: z.nullish(z.array(Includable)),
})
export interface TranscriptionSession extends z.infer<typeof TranscriptionSession> {}

/**
 * The configuration to request for a transcription session. gpt-realtime-whisper and gpt-live-transcribe refuse any
 * turn detection here: leave it out or send `null`.
 */
export const TranscriptionSessionConfig = /* @__PURE__ */ strict({
  /** Selects a transcription session. Required in every update; it cannot change. */
  type: z.literal('transcription'),
  /** The configuration of audio. A transcription session has no output. */
  audio: z.optional(
    /* @__PURE__ */ strict({
      /** The configuration of input audio. `transcription.model` selects the model of the session. */
      input: z.optional(AudioInputConfig as Schema<AudioInputConfig>),
    }),
  ),
  /**
   * Additional data in server events. `'item.input_audio_transcription.logprobs'` adds log probabilities to
   * transcripts.
   */
  include: z.optional(z.array(Includable)),
})
export interface TranscriptionSessionConfig extends z.infer<typeof TranscriptionSessionConfig>, WithExtra {}
