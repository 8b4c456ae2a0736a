import * as z from 'zod/mini'
import { open } from '../open.js'

/** More text of an answer. */
export const ResponseOutputTextDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_text.delta'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseOutputTextDeltaEvent extends z.infer<typeof ResponseOutputTextDeltaEvent> {}

/** The whole text of a part of an answer, also when it was interrupted. */
export const ResponseOutputTextDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_text.done'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  text: z.string(),
})
export interface ResponseOutputTextDoneEvent extends z.infer<typeof ResponseOutputTextDoneEvent> {}

/** More of the words that the audio of an answer speaks. */
export const ResponseOutputAudioTranscriptDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_audio_transcript.delta'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseOutputAudioTranscriptDeltaEvent
  extends z.infer<typeof ResponseOutputAudioTranscriptDeltaEvent> {}

/** All the words that the audio of a part of an answer speaks, also when it was interrupted. */
export const ResponseOutputAudioTranscriptDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_audio_transcript.done'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  transcript: z.string(),
})
export interface ResponseOutputAudioTranscriptDoneEvent
  extends z.infer<typeof ResponseOutputAudioTranscriptDoneEvent> {}

/** More sound of an answer; it is made faster than it is heard. */
export const ResponseOutputAudioDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_audio.delta'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
  /** Base64 in the session's output format. */
  delta: z.string(),
})
export interface ResponseOutputAudioDeltaEvent extends z.infer<typeof ResponseOutputAudioDeltaEvent> {}

/** All the sound of a part of an answer was sent, also when it was interrupted; it may not have been heard yet. */
export const ResponseOutputAudioDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.output_audio.done'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  content_index: z.number(),
})
export interface ResponseOutputAudioDoneEvent extends z.infer<typeof ResponseOutputAudioDoneEvent> {}

/** More of the arguments of a function call. */
export const ResponseFunctionCallArgumentsDeltaEvent = /* @__PURE__ */ open({
  type: z.literal('response.function_call_arguments.delta'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  call_id: z.string(),
  /** A piece of JSON text. */
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseFunctionCallArgumentsDeltaEvent
  extends z.infer<typeof ResponseFunctionCallArgumentsDeltaEvent> {}

/** All the arguments of a function call, also when it was interrupted and they are no valid JSON. */
export const ResponseFunctionCallArgumentsDoneEvent = /* @__PURE__ */ open({
  type: z.literal('response.function_call_arguments.done'),
  event_id: z.string(),
  response_id: z.string(),
  item_id: z.string(),
  output_index: z.number(),
  call_id: z.string(),
  /** The function; servers of 2025 leave it out. */
  name: z.nullish(z.string()),
  /** JSON text. */
  arguments: z.string(),
})
export interface ResponseFunctionCallArgumentsDoneEvent
  extends z.infer<typeof ResponseFunctionCallArgumentsDoneEvent> {}
