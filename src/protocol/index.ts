/**
 * Schemas, types, and codecs of every event of the Realtime API, and of its HTTP bodies. It opens no connection, so it works with any WebSocket.
 *
 * @example
 * ```ts
 * const decoded = realtimeCodec.decode(frame)
 * if (decoded.kind === 'event' && decoded.event.type === 'response.done') console.log(decoded.event.response.status)
 * socket.send(realtimeCodec.encode({ type: 'response.create' }))
 * ```
 *
 * @module realtime-primitives/protocol
 */

export * from './audio-format.js'
export * from './client-events.js'
export {
  type Codec,
  type CodecOptions,
  createCodec,
  type Decoded,
  type InvalidEvent,
  realtimeCodec,
  translationCodec,
  type UnknownEvent,
} from './codec.js'
export * from './content.js'
export type { Sendable, WithBytes } from './encode-audio.js'
export * from './error.js'
export type { EventIn, EventMap } from './event-map.js'
export * from './events/conversation.js'
export * from './events/error.js'
export * from './events/input-audio.js'
export * from './events/input-transcription.js'
export * from './events/mcp.js'
export * from './events/output-audio.js'
export * from './events/rate-limits.js'
export * from './events/response.js'
export * from './events/response-stream.js'
export * from './events/session.js'
export * from './events/translation.js'
export type { WithExtra } from './extra.js'
export * from './item-inputs.js'
export * from './items.js'
export type { OpenString, Schema, UnknownVariant, Unrecognized } from './open.js'
export * from './prompt.js'
export * from './response.js'
export * from './rest.js'
export * from './scalars.js'
export * from './server-events.js'
export * from './session.js'
export * from './session-parts.js'
export * from './tools.js'
export * from './transcription.js'
export * from './transcription-session.js'
export * from './translation-events.js'
export * from './translation-session.js'
export * from './turn-detection.js'
export * from './usage.js'
