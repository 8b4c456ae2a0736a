import * as z from 'zod/mini'
import { open, type Schema } from '../open.js'
import { LogProb, TranscriptionLanguage } from '../transcription.js'
import { TranscriptUsage } from '../usage.js'

/** More of the transcript of a user's audio; it comes late, and out of order between items. */
export const ConversationItemInputAudioTranscriptionDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.input_audio_transcription.delta'),
  event_id: z.string(),
  item_id: z.string(),
  content_index: z.nullish(z.number()),
  delta: z.nullish(z.string()),
  logprobs: z.nullish(z.array(LogProb as Schema<LogProb>)),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ConversationItemInputAudioTranscriptionDeltaEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionDeltaEvent> {}

/** A stretch of a transcript with its speaker; only from models that tell speakers apart. */
export const ConversationItemInputAudioTranscriptionSegmentEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.input_audio_transcription.segment'),
  event_id: z.string(),
  item_id: z.string(),
  content_index: z.number(),
  text: z.string(),
  /** The segment's own identifier. */
  id: z.string(),
  speaker: z.string(),
  /** Seconds from the start of the audio. */
  start: z.number(),
  /** Seconds from the start of the audio. */
  end: z.number(),
})
export interface ConversationItemInputAudioTranscriptionSegmentEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionSegmentEvent> {}

/** The whole transcript of a user's audio. */
export const ConversationItemInputAudioTranscriptionCompletedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.input_audio_transcription.completed'),
  event_id: z.string(),
  item_id: z.string(),
  content_index: z.number(),
  transcript: z.string(),
  /** The languages that were heard. */
  languages: z.nullish(z.array(TranscriptionLanguage as Schema<TranscriptionLanguage>)),
  logprobs: z.nullish(z.array(LogProb as Schema<LogProb>)),
  /** Billed apart from responses; older servers leave it out. */
  usage: z.nullish(TranscriptUsage),
})
export interface ConversationItemInputAudioTranscriptionCompletedEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionCompletedEvent> {}

/** Why an item could not be transcribed. */
export const TranscriptionError = /* @__PURE__ */ open({
  type: z.nullish(z.string()),
  code: z.nullish(z.string()),
  message: z.nullish(z.string()),
  param: z.nullish(z.string()),
})
export interface TranscriptionError extends z.infer<typeof TranscriptionError> {}

/** The audio of one item could not be transcribed; the conversation goes on. */
export const ConversationItemInputAudioTranscriptionFailedEvent = /* @__PURE__ */ open({
  type: z.literal('conversation.item.input_audio_transcription.failed'),
  event_id: z.string(),
  item_id: z.string(),
  content_index: z.number(),
  error: TranscriptionError as Schema<TranscriptionError>,
})
export interface ConversationItemInputAudioTranscriptionFailedEvent
  extends z.infer<typeof ConversationItemInputAudioTranscriptionFailedEvent> {}
