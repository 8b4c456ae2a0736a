import { encodeBase64 } from '../internal/encode-base64.js'
import { hasBase64Length, isPlainBase64 } from './base64.js'
import { maxAudioLength } from './events/input-audio.js'

/**
 * Returns the frame of an event that appends audio by one of the given types, or `undefined` for every other event. Appends are most of what a client sends, and
 * passing their audio through JSON and back would cost about ten times as much.
 */
export function encodeAudio(appendTypes: readonly string[], event: unknown): string | undefined {
  try {
    if (typeof event !== 'object' || event === null || Object.getPrototypeOf(event) !== Object.prototype)
      return undefined
    for (const key in event) if (key !== 'type' && key !== 'audio' && key !== 'event_id') return undefined
    // Each field is read once, so that the checked value is the one that is sent.
    const { type, audio, event_id } = event as { type?: unknown; audio?: unknown; event_id?: unknown }
    if (!appendTypes.includes(type as string)) return undefined
    const base64 = plainBase64(audio)
    if (base64 === undefined || base64.length > maxAudioLength) return undefined
    if (event_id === undefined) return `{"type":"${type}","audio":"${base64}"}`
    if (typeof event_id !== 'string' || event_id.length > 512) return undefined
    return `{"type":"${type}","event_id":${JSON.stringify(event_id)},"audio":"${base64}"}`
  } catch {
    // A getter or a proxy threw. The slow path reports it.
    return undefined
  }
}

/** An event that appends audio, with raw bytes instead of base64. */
export type WithBytes<Event> = Event extends { type: `${string}input_audio_buffer.append` }
  ? Omit<Event, 'audio'> & { audio: Uint8Array | string }
  : never

/** An event that a codec encodes. Appends may carry bytes. */
export type Sendable<Event> = Event | WithBytes<Event>

/** Returns the event with audio bytes converted to base64. */
export function withBase64(event: unknown): unknown {
  try {
    const { audio } = event as { audio?: unknown }
    return audio instanceof Uint8Array ? { ...(event as object), audio: encodeBase64(audio) } : event
  } catch {
    return event
  }
}

/** Returns audio as base64 that needs no escaping in JSON, or `undefined`. Text that was encoded here is not checked. */
function plainBase64(audio: unknown): string | undefined {
  if (audio instanceof Uint8Array) return encodeBase64(audio)
  if (typeof audio !== 'string' || audio.length > maxAudioLength || !isPlainBase64(audio)) return undefined
  return hasBase64Length(audio) ? audio : undefined
}
