import * as z from 'zod/mini'
import { open, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'

/** Stops what is being played; WebRTC and SIP only, where the server paces it. */
export const OutputAudioBufferClearEvent = /* @__PURE__ */ strict({
  type: z.literal('output_audio_buffer.clear'),
  event_id: z.optional(ClientEventId),
})
export interface OutputAudioBufferClearEvent extends z.infer<typeof OutputAudioBufferClearEvent> {}

/** The server began to play a response; WebRTC and SIP only. */
export const OutputAudioBufferStartedEvent = /* @__PURE__ */ open({
  type: z.literal('output_audio_buffer.started'),
  event_id: z.string(),
  response_id: z.string(),
})
export interface OutputAudioBufferStartedEvent extends z.infer<typeof OutputAudioBufferStartedEvent> {}

/** All of a response was played, which is after its `response.done`; WebRTC and SIP only. */
export const OutputAudioBufferStoppedEvent = /* @__PURE__ */ open({
  type: z.literal('output_audio_buffer.stopped'),
  event_id: z.string(),
  response_id: z.string(),
})
export interface OutputAudioBufferStoppedEvent extends z.infer<typeof OutputAudioBufferStoppedEvent> {}

/** What was left to play was dropped, by an interruption or a `clear`; WebRTC and SIP only. */
export const OutputAudioBufferClearedEvent = /* @__PURE__ */ open({
  type: z.literal('output_audio_buffer.cleared'),
  event_id: z.string(),
  response_id: z.string(),
})
export interface OutputAudioBufferClearedEvent extends z.infer<typeof OutputAudioBufferClearedEvent> {}
