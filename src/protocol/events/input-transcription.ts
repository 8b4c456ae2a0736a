import * as z from 'zod/mini'
import { open, type Schema } from '../open.js'
import { LogProb, TranscriptionLanguage } from '../transcription.js'
import { TranscriptUsage } from '../usage.js'

/**
 * More of the transcript of a user's audio. It may arrive before the audio is committed, and out of order between
 * items.
 */
export const ConversationItemInputAudioTranscriptionDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.input_audio_transcription.delta'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the content part in the item, from 0. */
  content_index: z.nullish(z.number()),
  /** The text to append. */
  delta: z.nullish(z.string()),
  /** Log probabilities of the tokens, if `include` requests them. */
  logprobs: z.nullish(z.array(LogProb as Schema<LogProb>)),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ConversationItemInputAudioTranscriptionDeltaEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionDeltaEvent> {}

/** A segment of a transcript with its speaker. Only models that separate speakers send it. */
export const ConversationItemInputAudioTranscriptionSegmentEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.input_audio_transcription.segment'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The text of the segment. */
  text: z.string(),
  /** The identifier of the segment. */
  id: z.string(),
  /** The label of the detected speaker. */
  speaker: z.string(),
  /** Start of the segment in seconds. */
  start: z.number(),
  /** End of the segment in seconds. */
  end: z.number(),
})
export interface ConversationItemInputAudioTranscriptionSegmentEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionSegmentEvent> {}

/** The complete transcript of a user's audio. */
export const ConversationItemInputAudioTranscriptionCompletedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.input_audio_transcription.completed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The transcript. */
  transcript: z.string(),
  /** The detected languages; empty if none was reliable. gpt-transcribe sends it. */
  languages: z.nullish(z.array(TranscriptionLanguage as Schema<TranscriptionLanguage>)),
  /** Log probabilities of the tokens, if `include` requests them. */
  logprobs: z.nullish(z.array(LogProb as Schema<LogProb>)),
  /** The usage of the transcription, billed in addition to responses. Older servers leave it out. */
  usage: z.nullish(TranscriptUsage),
})
export interface ConversationItemInputAudioTranscriptionCompletedEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionCompletedEvent> {}

/** Why the transcription of an item failed. */
export const TranscriptionError = /* @__PURE__ */ open({
  /** The category of the error. */
  type: z.nullish(z.string()),
  /** The error code. */
  code: z.nullish(z.string()),
  /** The description of the error. */
  message: z.nullish(z.string()),
  /** The field that caused the error. */
  param: z.nullish(z.string()),
})
export interface TranscriptionError extends z.infer<typeof TranscriptionError> {}

/** The transcription of an item failed. The conversation continues. */
export const ConversationItemInputAudioTranscriptionFailedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('conversation.item.input_audio_transcription.failed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** Why the transcription failed. */
  error: TranscriptionError as Schema<TranscriptionError>,
})
export interface ConversationItemInputAudioTranscriptionFailedEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionFailedEvent> {}
