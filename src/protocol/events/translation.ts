import * as z from 'zod/mini'
import { open, openString, type Schema, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'
import { TranslationSession, TranslationSessionConfig } from '../translation-session.js'
import { AudioBytesInput } from './input-audio.js'

/**
 * Changes a translation session. The server sends `session.updated`, or an `error`; after an error nothing has changed.
 */
export const TranslationSessionUpdateEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('session.update'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The fields to change. */
  session: TranslationSessionConfig as Schema<TranslationSessionConfig>,
})
export interface TranslationSessionUpdateEvent extends z.infer<typeof TranslationSessionUpdateEvent> {}

/** Appends audio to translate. Send chunks of 200 ms, and keep sending silence between speech. */
export const SessionInputAudioBufferAppendEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('session.input_audio_buffer.append'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /** The audio as base64: 16-bit little-endian mono PCM at 24 kHz. */
  audio: AudioBytesInput,
})
export interface SessionInputAudioBufferAppendEvent extends z.infer<typeof SessionInputAudioBufferAppendEvent> {}

/** Closes a translation session after the remaining audio is translated. The server sends `session.closed`. */
export const SessionCloseEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('session.close'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
})
export interface SessionCloseEvent extends z.infer<typeof SessionCloseEvent> {}

/** The translation session exists. */
export const TranslationSessionCreatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.created'),
  /** The identifier of this server event. */
  event_id: z.string(),
  /** The whole configuration. */
  session: TranslationSession as Schema<TranslationSession>,
})
export interface TranslationSessionCreatedEvent extends z.infer<typeof TranslationSessionCreatedEvent> {}

/** The translation session changed. */
export const TranslationSessionUpdatedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.updated'),
  /** The identifier of this server event. */
  event_id: z.string(),
  /** The whole configuration, as the server applied it. */
  session: TranslationSession as Schema<TranslationSession>,
})
export interface TranslationSessionUpdatedEvent extends z.infer<typeof TranslationSessionUpdatedEvent> {}

/** The translation session is closed. No event follows. */
export const SessionClosedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.closed'),
  /** The identifier of this server event. */
  event_id: z.string(),
})
export interface SessionClosedEvent extends z.infer<typeof SessionClosedEvent> {}

/** More of the transcript in the source language. */
export const SessionInputTranscriptDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.input_transcript.delta'),
  /** The identifier of this server event. */
  event_id: z.string(),
  /** The text to append. Do not add spaces between deltas. */
  delta: z.string(),
  /** Position in time in milliseconds, in steps of 200. Several events may have the same value. */
  elapsed_ms: z.nullish(z.number()),
})
export interface SessionInputTranscriptDeltaEvent extends z.infer<typeof SessionInputTranscriptDeltaEvent> {}

/** More of the transcript in the target language. */
export const SessionOutputTranscriptDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.output_transcript.delta'),
  /** The identifier of this server event. */
  event_id: z.string(),
  /** The text to append. Do not add spaces between deltas. */
  delta: z.string(),
  /** Position in time in milliseconds, in steps of 200. Several events may have the same value. */
  elapsed_ms: z.nullish(z.number()),
})
export interface SessionOutputTranscriptDeltaEvent extends z.infer<typeof SessionOutputTranscriptDeltaEvent> {}

/** More audio of the translation. Its duration varies. */
export const SessionOutputAudioDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('session.output_audio.delta'),
  /** The identifier of this server event. */
  event_id: z.string(),
  /** Audio to append as base64, in the format of the following fields. */
  delta: z.string(),
  /** Sample rate in Hz. @defaultValue 24000 */
  sample_rate: z.nullish(z.number()),
  /** The number of channels. @defaultValue 1 */
  channels: z.nullish(z.number()),
  /** The encoding of the audio. */
  format: z.nullish(/* @__PURE__ */ openString<'pcm16'>()),
  /** Position in time in milliseconds. Several events may have the same value. */
  elapsed_ms: z.nullish(z.number()),
})
export interface SessionOutputAudioDeltaEvent extends z.infer<typeof SessionOutputAudioDeltaEvent> {}
