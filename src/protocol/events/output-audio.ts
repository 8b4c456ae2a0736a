import * as z from 'zod/mini'
import { open, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'

/** Stops the audio that is playing. WebRTC and SIP only, where the server sends audio in real time. */
export const OutputAudioBufferClearEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('output_audio_buffer.clear'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
})
export interface OutputAudioBufferClearEvent extends z.infer<typeof OutputAudioBufferClearEvent> {}

/** The server started to play a response. WebRTC and SIP only. */
export const OutputAudioBufferStartedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('output_audio_buffer.started'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
})
export interface OutputAudioBufferStartedEvent extends z.infer<typeof OutputAudioBufferStartedEvent> {}

/** All audio of a response was played, after its `response.done`. WebRTC and SIP only. */
export const OutputAudioBufferStoppedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('output_audio_buffer.stopped'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
})
export interface OutputAudioBufferStoppedEvent extends z.infer<typeof OutputAudioBufferStoppedEvent> {}

/** The remaining audio was dropped after an interruption or an `output_audio_buffer.clear`. WebRTC and SIP only. */
export const OutputAudioBufferClearedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('output_audio_buffer.cleared'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The response that the event belongs to. */
  response_id: z.string(),
})
export interface OutputAudioBufferClearedEvent extends z.infer<typeof OutputAudioBufferClearedEvent> {}
