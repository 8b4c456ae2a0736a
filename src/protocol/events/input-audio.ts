import * as z from 'zod/mini'
import { atMost, base64 } from '../bounds.js'
import { open, strict } from '../open.js'
import { ClientEventId } from '../scalars.js'

/** The maximum of base64 characters of audio in one event, which is 15 MiB of bytes. */
export const maxAudioLength = 20_971_520

/** Audio to send as base64, at most 15 MiB of bytes. */
export const AudioBytesInput = z.string().check(/* @__PURE__ */ atMost(maxAudioLength), /* @__PURE__ */ base64())

/** Appends audio to the input audio buffer. The server does not acknowledge it. */
export const InputAudioBufferAppendEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('input_audio_buffer.append'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
  /**
   * The audio as base64, in the input format of the session, at most 15 MiB of bytes. Short chunks let turn detection
   * react sooner.
   */
  audio: AudioBytesInput,
})
export interface InputAudioBufferAppendEvent extends z.infer<typeof InputAudioBufferAppendEvent> {}

/**
 * Creates a user message from the input audio buffer, which must hold at least 100 ms. With turn detection the server
 * commits.
 */
export const InputAudioBufferCommitEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('input_audio_buffer.commit'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
})
export interface InputAudioBufferCommitEvent extends z.infer<typeof InputAudioBufferCommitEvent> {}

/** Clears the input audio buffer. The server sends `input_audio_buffer.cleared`. */
export const InputAudioBufferClearEvent = /* @__PURE__ */ strict({
  /** The event type. */
  type: z.literal('input_audio_buffer.clear'),
  /** An identifier of your choice, at most 512 characters. An `error` that this event causes repeats it. */
  event_id: z.optional(ClientEventId),
})
export interface InputAudioBufferClearEvent extends z.infer<typeof InputAudioBufferClearEvent> {}

/** The input audio buffer was committed. `conversation.item.added` follows with the user message. */
export const InputAudioBufferCommittedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('input_audio_buffer.committed'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** The item before the user message; `null` if it is the first. */
  previous_item_id: z.nullish(z.string()),
  /** The user message. */
  item_id: z.string(),
})
export interface InputAudioBufferCommittedEvent extends z.infer<typeof InputAudioBufferCommittedEvent> {}

/** The input audio buffer was cleared. */
export const InputAudioBufferClearedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('input_audio_buffer.cleared'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
})
export interface InputAudioBufferClearedEvent extends z.infer<typeof InputAudioBufferClearedEvent> {}

/** Turn detection found the start of speech. Stop playback here if turn detection may interrupt. */
export const InputAudioBufferSpeechStartedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('input_audio_buffer.speech_started'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** Position of the start in all audio of the session, in milliseconds, prefix padding included. Some servers leave it out. */
  audio_start_ms: z.nullish(z.number()),
  /** The user message that the turn will create. */
  item_id: z.string(),
})
export interface InputAudioBufferSpeechStartedEvent extends z.infer<typeof InputAudioBufferSpeechStartedEvent> {}

/** Turn detection found the end of speech. */
export const InputAudioBufferSpeechStoppedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('input_audio_buffer.speech_stopped'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /**
   * Position of the end in all audio of the session, in milliseconds, the silence that ended the turn included. Some servers leave it out.
   */
  audio_end_ms: z.nullish(z.number()),
  /** The user message that the turn creates. */
  item_id: z.string(),
})
export interface InputAudioBufferSpeechStoppedEvent extends z.infer<typeof InputAudioBufferSpeechStoppedEvent> {}

/** The user was silent for `idle_timeout_ms`, so the model responds. An empty user message marks the silence. */
export const InputAudioBufferTimeoutTriggeredEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('input_audio_buffer.timeout_triggered'),
  /** The identifier of this server event. Some servers leave it out. */
  event_id: z.nullish(z.string()),
  /** Position in all audio of the session where the silence starts, in milliseconds. */
  audio_start_ms: z.number(),
  /** Position in all audio of the session where the timeout triggered, in milliseconds. */
  audio_end_ms: z.number(),
  /** The user message for the silence. */
  item_id: z.string(),
})
export interface InputAudioBufferTimeoutTriggeredEvent extends z.infer<typeof InputAudioBufferTimeoutTriggeredEvent> {}

/** The caller pressed a key of the telephone. SIP only. */
export const InputAudioBufferDtmfEventReceivedEvent = /* @__PURE__ */ open({
  /** The event type. */
  type: z.literal('input_audio_buffer.dtmf_event_received'),
  /** The identifier of this server event. This is the only event that servers send without one. */
  event_id: z.nullish(z.string()),
  /** The key: 0 to 9, `*`, `#`, or A to D. */
  event: z.string(),
  /** When the server received the key, in seconds since 1970. */
  received_at: z.number(),
})
export interface InputAudioBufferDtmfEventReceivedEvent
  extends z.infer<typeof InputAudioBufferDtmfEventReceivedEvent> {}
