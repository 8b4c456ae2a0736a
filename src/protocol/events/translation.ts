import * as z from 'zod/mini'
import { open, openString, type Schema, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'
import { TranslationSession, TranslationSessionConfig } from '../translation-session.js'
import { AudioBytesInput } from './input-audio.js'

/** Changes a translation session. */
export const TranslationSessionUpdateEvent = /* @__PURE__ */ strict({
  type: z.literal('session.update'),
  event_id: z.optional(ClientEventId),
  session: TranslationSessionConfig as Schema<TranslationSessionConfig>,
})
export interface TranslationSessionUpdateEvent extends z.infer<typeof TranslationSessionUpdateEvent> {}

/** Adds sound to translate; the service works in steps of 200 ms. */
export const SessionInputAudioBufferAppendEvent = /* @__PURE__ */ strict({
  type: z.literal('session.input_audio_buffer.append'),
  event_id: z.optional(ClientEventId),
  /** Base64 of 16-bit little-endian mono PCM at 24 kHz. */
  audio: AudioBytesInput,
})
export interface SessionInputAudioBufferAppendEvent extends z.infer<typeof SessionInputAudioBufferAppendEvent> {}

/** Ends a translation session once what it has heard is translated; `session.closed` answers it. */
export const SessionCloseEvent = /* @__PURE__ */ strict({
  type: z.literal('session.close'),
  event_id: z.optional(ClientEventId),
})
export interface SessionCloseEvent extends z.infer<typeof SessionCloseEvent> {}

/** The translation session exists. */
export const TranslationSessionCreatedEvent = /* @__PURE__ */ open({
  type: z.literal('session.created'),
  event_id: z.string(),
  session: TranslationSession as Schema<TranslationSession>,
})
export interface TranslationSessionCreatedEvent extends z.infer<typeof TranslationSessionCreatedEvent> {}

/** The translation session has changed. */
export const TranslationSessionUpdatedEvent = /* @__PURE__ */ open({
  type: z.literal('session.updated'),
  event_id: z.string(),
  session: TranslationSession as Schema<TranslationSession>,
})
export interface TranslationSessionUpdatedEvent extends z.infer<typeof TranslationSessionUpdatedEvent> {}

/** The translation session has ended; nothing follows. */
export const SessionClosedEvent = /* @__PURE__ */ open({
  type: z.literal('session.closed'),
  event_id: z.string(),
})
export interface SessionClosedEvent extends z.infer<typeof SessionClosedEvent> {}

/** More of what was said, in the language that it was said in. */
export const SessionInputTranscriptDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('session.input_transcript.delta'),
  event_id: z.string(),
  delta: z.string(),
  /** Where it belongs in time, in milliseconds and steps of 200; several events may share one value. */
  elapsed_ms: z.nullish(z.number()),
})
export interface SessionInputTranscriptDeltaEvent extends z.infer<typeof SessionInputTranscriptDeltaEvent> {}

/** More of the translation in words. */
export const SessionOutputTranscriptDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('session.output_transcript.delta'),
  event_id: z.string(),
  delta: z.string(),
  /** Where it belongs in time, in milliseconds and steps of 200; several events may share one value. */
  elapsed_ms: z.nullish(z.number()),
})
export interface SessionOutputTranscriptDeltaEvent extends z.infer<typeof SessionOutputTranscriptDeltaEvent> {}

/** More of the translation in sound. */
export const SessionOutputAudioDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('session.output_audio.delta'),
  event_id: z.string(),
  /** Base64 of what the next three fields describe. */
  delta: z.string(),
  /** Samples per second. @default 24000 */
  sample_rate: z.nullish(z.number()),
  /** @default 1 */
  channels: z.nullish(z.number()),
  format: z.nullish(/* @__PURE__ */ openString<'pcm16'>()),
  /** Where it belongs in time, in milliseconds and steps of 200; several events may share one value. */
  elapsed_ms: z.nullish(z.number()),
})
export interface SessionOutputAudioDeltaEvent extends z.infer<typeof SessionOutputAudioDeltaEvent> {}
