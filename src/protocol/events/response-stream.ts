import * as z from 'zod/mini'
import { open } from '../open.js'

/** More text of a response. */
export const ResponseOutputTextDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_text.delta'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The text to append. */
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseOutputTextDeltaEvent extends z.infer<typeof ResponseOutputTextDeltaEvent> {}

/** The complete text of a content part, also if the response was interrupted. */
export const ResponseOutputTextDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_text.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The complete text. */
  text: z.string(),
})
export interface ResponseOutputTextDoneEvent extends z.infer<typeof ResponseOutputTextDoneEvent> {}

/** More of the transcript of a response's audio. */
export const ResponseOutputAudioTranscriptDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_audio_transcript.delta'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The text to append. */
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseOutputAudioTranscriptDeltaEvent
  extends z.infer<typeof ResponseOutputAudioTranscriptDeltaEvent> {}

/** The complete transcript of an audio part, also if the response was interrupted. */
export const ResponseOutputAudioTranscriptDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_audio_transcript.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** The complete transcript. */
  transcript: z.string(),
})
export interface ResponseOutputAudioTranscriptDoneEvent
  extends z.infer<typeof ResponseOutputAudioTranscriptDoneEvent> {}

/** More audio of a response. The model generates it faster than real time. */
export const ResponseOutputAudioDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_audio.delta'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
  /** Audio to append as base64, in the output format of the session. */
  delta: z.string(),
})
export interface ResponseOutputAudioDeltaEvent extends z.infer<typeof ResponseOutputAudioDeltaEvent> {}

/** All audio of a content part was sent, also if the response was interrupted. It may not have been played yet. */
export const ResponseOutputAudioDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.output_audio.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** Position of the content part in the item, from 0. */
  content_index: z.number(),
})
export interface ResponseOutputAudioDoneEvent extends z.infer<typeof ResponseOutputAudioDoneEvent> {}

/** More of the arguments of a function call. */
export const ResponseFunctionCallArgumentsDeltaEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.function_call_arguments.delta'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The identifier of the call. */
  call_id: z.string(),
  /** JSON text to append. */
  delta: z.string(),
  /** Noise that hides the length of the text. */
  obfuscation: z.nullish(z.string()),
})
export interface ResponseFunctionCallArgumentsDeltaEvent
  extends z.infer<typeof ResponseFunctionCallArgumentsDeltaEvent> {}

/** The complete arguments of a function call. They may be invalid JSON if the response was interrupted. */
export const ResponseFunctionCallArgumentsDoneEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('response.function_call_arguments.done'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
  /** The item that the event belongs to. */
  item_id: z.string(),
  /** Position of the item in the output of the response, from 0. Some servers leave it out. */
  output_index: z.nullish(z.number()),
  /** The identifier of the call. */
  call_id: z.string(),
  /** The name of the function. Servers of 2025 leave it out. */
  name: z.nullish(z.string()),
  /** The arguments as JSON text. */
  arguments: z.string(),
})
export interface ResponseFunctionCallArgumentsDoneEvent
  extends z.infer<typeof ResponseFunctionCallArgumentsDoneEvent> {}
