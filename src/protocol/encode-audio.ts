import { encodeBase64 } from '../internal/encode-base64.js'
import { hasBase64Length, isPlainBase64 } from './base64.js'
import { type EventMap, schemaOf } from './event-map.js'
import { InputAudioBufferAppendEvent, maxAudioLength } from './events/input-audio.js'
import { SessionInputAudioBufferAppendEvent } from './events/translation.js'

/**
 * The frame of an event that appends audio, or `undefined` if it must go the long way. These are nearly all that a client
 * sends, and a round trip of their audio through JSON would cost ten times this.
 */
export function encodeAudio(client: EventMap, event: unknown): string | undefined {
  try {
    if (typeof event !== 'object' || event === null || Object.getPrototypeOf(event) !== Object.prototype)
      return undefined
    for (const key in event) if (key !== 'type' && key !== 'audio' && key !== 'event_id') return undefined
    // Each is read once: what is checked is what is sent.
    const { type, audio, event_id } = event as { type?: unknown; audio?: unknown; event_id?: unknown }
    const schema = schemaOf(client, type)
    if (schema !== InputAudioBufferAppendEvent && schema !== SessionInputAudioBufferAppendEvent) return undefined
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

/** What a codec encodes: every event of a kind, and appends of bytes. */
export type Sendable<Event> = Event | WithBytes<Event>

/** The event with its audio as base64, if that is bytes and can be read. */
export function withBase64(event: unknown): unknown {
  try {
    const { audio } = event as { audio?: unknown }
    return audio instanceof Uint8Array ? { ...(event as object), audio: encodeBase64(audio) } : event
  } catch {
    return event
  }
}

/** Text that needs no escape; what was made of bytes here needs no look. */
function plainBase64(audio: unknown): string | undefined {
  if (audio instanceof Uint8Array) return encodeBase64(audio)
  if (typeof audio !== 'string' || audio.length > maxAudioLength || !isPlainBase64(audio)) return undefined
  return hasBase64Length(audio) ? audio : undefined
}
