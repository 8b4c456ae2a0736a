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
    if (typeof audio !== 'string' || audio.length > maxAudioLength || !isPlain(audio)) return undefined
    if (event_id === undefined) return `{"type":"${type}","audio":"${audio}"}`
    if (typeof event_id !== 'string' || event_id.length > 512) return undefined
    return `{"type":"${type}","event_id":${JSON.stringify(event_id)},"audio":"${audio}"}`
  } catch {
    // A getter or a proxy threw; the long way says so.
    return undefined
  }
}

/** Whatever base64 does not use; some of it could not stand in JSON as it is. */
const foreign = /[^\w+/=-]/

function isPlain(text: string): boolean {
  return !foreign.test(text)
}
