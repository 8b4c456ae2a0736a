import * as z from 'zod/mini'
import { atMost, base64 } from '../bounds.js'
import { open, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'

/** The most base64 characters of audio in one event: 15 MiB of bytes. */
export const maxAudioLength = 20_971_520

/** Base64 audio to send, at most 15 MiB of bytes. */
export const AudioBytesInput = z.string().check(/* @__PURE__ */ atMost(maxAudioLength), /* @__PURE__ */ base64())

/** Adds sound to the input buffer; nothing answers it. */
export const InputAudioBufferAppendEvent = /* @__PURE__ */ strict({
  type: z.literal('input_audio_buffer.append'),
  event_id: z.optional(ClientEventId),
  /** Base64 in the session's input format, at most 15 MiB of bytes. */
  audio: AudioBytesInput,
})
export interface InputAudioBufferAppendEvent extends z.infer<typeof InputAudioBufferAppendEvent> {}

/** Makes a user message of the input buffer, which needs at least 100 ms; only without turn detection. */
export const InputAudioBufferCommitEvent = /* @__PURE__ */ strict({
  type: z.literal('input_audio_buffer.commit'),
  event_id: z.optional(ClientEventId),
})
export interface InputAudioBufferCommitEvent extends z.infer<typeof InputAudioBufferCommitEvent> {}

/** Empties the input buffer; `input_audio_buffer.cleared` answers it. */
export const InputAudioBufferClearEvent = /* @__PURE__ */ strict({
  type: z.literal('input_audio_buffer.clear'),
  event_id: z.optional(ClientEventId),
})
export interface InputAudioBufferClearEvent extends z.infer<typeof InputAudioBufferClearEvent> {}

/** The input buffer became a user message, which `conversation.item.added` brings. */
export const InputAudioBufferCommittedEvent = /* @__PURE__ */ open({
  type: z.literal('input_audio_buffer.committed'),
  event_id: z.string(),
  /** The item before it; `null` for the first. */
  previous_item_id: z.nullish(z.string()),
  item_id: z.string(),
})
export interface InputAudioBufferCommittedEvent extends z.infer<typeof InputAudioBufferCommittedEvent> {}

/** The input buffer is empty. */
export const InputAudioBufferClearedEvent = /* @__PURE__ */ open({
  type: z.literal('input_audio_buffer.cleared'),
  event_id: z.string(),
})
export interface InputAudioBufferClearedEvent extends z.infer<typeof InputAudioBufferClearedEvent> {}

/** Somebody speaks: the moment to stop playback if turn detection may interrupt. */
export const InputAudioBufferSpeechStartedEvent = /* @__PURE__ */ open({
  type: z.literal('input_audio_buffer.speech_started'),
  event_id: z.string(),
  /** Milliseconds of all audio of the session, prefix padding included. */
  audio_start_ms: z.number(),
  /** The user message that will come of it. */
  item_id: z.string(),
})
export interface InputAudioBufferSpeechStartedEvent extends z.infer<typeof InputAudioBufferSpeechStartedEvent> {}

/** The speaker has finished. */
export const InputAudioBufferSpeechStoppedEvent = /* @__PURE__ */ open({
  type: z.literal('input_audio_buffer.speech_stopped'),
  event_id: z.string(),
  /** Milliseconds of all audio of the session. */
  audio_end_ms: z.number(),
  /** The user message that will come of it. */
  item_id: z.string(),
})
export interface InputAudioBufferSpeechStoppedEvent extends z.infer<typeof InputAudioBufferSpeechStoppedEvent> {}

/** Nobody spoke for `idle_timeout_ms`, so the model will; an empty user message marks it. */
export const InputAudioBufferTimeoutTriggeredEvent = /* @__PURE__ */ open({
  type: z.literal('input_audio_buffer.timeout_triggered'),
  event_id: z.string(),
  /** Milliseconds of all audio of the session. */
  audio_start_ms: z.number(),
  /** Milliseconds of all audio of the session. */
  audio_end_ms: z.number(),
  item_id: z.string(),
})
export interface InputAudioBufferTimeoutTriggeredEvent extends z.infer<typeof InputAudioBufferTimeoutTriggeredEvent> {}

/** A key of a telephone was pressed; SIP only, and the one event without an `event_id`. */
export const InputAudioBufferDtmfEventReceivedEvent = /* @__PURE__ */ open({
  type: z.literal('input_audio_buffer.dtmf_event_received'),
  event_id: z.nullish(z.string()),
  /** The key: 0 to 9, `*`, `#`, or A to D. */
  event: z.string(),
  /** Seconds since 1970. */
  received_at: z.number(),
})
export interface InputAudioBufferDtmfEventReceivedEvent
  extends z.infer<typeof InputAudioBufferDtmfEventReceivedEvent> {}
