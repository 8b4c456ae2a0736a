import * as z from 'zod/mini'
import { AudioFormat } from './audio-format.js'
import { open, openString, type Schema, strict } from './open.js'
import { Includable } from './scalars.js'
import { AudioInputConfig } from './session-parts.js'
import { NoiseReduction, Transcription } from './transcription.js'
import { TurnDetectionType } from './turn-detection.js'

/** How a transcription session finds turns, as the server reports it: it has no responses, so nothing about them. */
export const TranscriptionTurnDetection = /* @__PURE__ */ open({
  type: z.nullish(TurnDetectionType),
  /** Loudness that counts as speech, 0 to 1. */
  threshold: z.nullish(z.number()),
  /** Audio kept from before the detected start of speech, in milliseconds. */
  prefix_padding_ms: z.nullish(z.number()),
  /** Silence that ends a turn, in milliseconds. */
  silence_duration_ms: z.nullish(z.number()),
})
export interface TranscriptionTurnDetection extends z.infer<typeof TranscriptionTurnDetection> {}

/** How a transcription session understands its audio, as the server reports it. */
export const TranscriptionAudioInput = /* @__PURE__ */ open({
  format: z.nullish(AudioFormat as Schema<AudioFormat>),
  transcription: z.nullish(Transcription as Schema<Transcription>),
  noise_reduction: z.nullish(NoiseReduction as Schema<NoiseReduction>),
  turn_detection: z.nullish(TranscriptionTurnDetection as Schema<TranscriptionTurnDetection>),
})
export interface TranscriptionAudioInput extends z.infer<typeof TranscriptionAudioInput> {}

/** A session that only transcribes, as the server reports it. */
export const TranscriptionSession = /* @__PURE__ */ open({
  type: z.literal('transcription'),
  id: z.string(),
  object: z.nullish(/* @__PURE__ */ openString<'realtime.transcription_session'>()),
  /** When the session ends, in seconds since 1970. */
  expires_at: z.nullish(z.number()),
  audio: z.nullish(
    /* @__PURE__ */ open({ input: z.nullish(TranscriptionAudioInput as Schema<TranscriptionAudioInput>) }),
  ),
  include: z.nullish(z.array(Includable)),
})
export interface TranscriptionSession extends z.infer<typeof TranscriptionSession> {}

/** How a session that only transcribes shall be; gpt-realtime-whisper and gpt-live-transcribe refuse any turn detection. */
export const TranscriptionSessionConfig = /* @__PURE__ */ strict({
  type: z.literal('transcription'),
  audio: z.optional(/* @__PURE__ */ strict({ input: z.optional(AudioInputConfig as Schema<AudioInputConfig>) })),
  include: z.optional(z.array(Includable)),
})
export interface TranscriptionSessionConfig extends z.infer<typeof TranscriptionSessionConfig> {}
