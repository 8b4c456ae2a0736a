import type { TwilioCommand } from './messages.js'

/**
 * How a provider writes the messages of a media stream: two functions between its JSON and Twilio's. What a message means is the same
 * for all; only names and places differ.
 */
export interface TwilioDialect {
  readonly name: string
  /** What a provider sent, as Twilio would have written it. It is checked afterwards, so it need not be right, but must not throw. */
  fromProvider(message: JsonObject): JsonObject
  /** What Twilio would be sent, as the provider wants it. */
  toProvider(command: TwilioCommand): object
}

/** A parsed message. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Twilio's own messages. */
export const twilio: TwilioDialect = {
  name: 'twilio',
  fromProvider: (message) => message,
  toProvider: (command) => command,
}

/**
 * Telnyx, with `stream_bidirectional_mode: 'rtp'` and the same codec in both directions, PCMU or PCMA. The same events in snake case; what
 * it is sent names no stream.
 */
export const telnyx: TwilioDialect = {
  name: 'telnyx',
  fromProvider({ stream_id, sequence_number, start, ...rest }) {
    const message = { ...rest, streamSid: stream_id, sequenceNumber: sequence_number }
    if (!isObject(start)) return message
    const { call_control_id, custom_parameters, media_format, ...about } = start
    const mediaFormat = isObject(media_format) ? { ...media_format, sampleRate: media_format.sample_rate } : undefined
    return {
      ...message,
      start: { ...about, callSid: call_control_id, customParameters: custom_parameters, mediaFormat },
    }
  },
  toProvider: ({ streamSid: _, ...command }) => command,
}

/**
 * Plivo, with `bidirectional="true"` and `contentType="audio/x-mulaw;rate=8000"`. Its own names for sound, marks and clear; it sends
 * neither `connected` nor `stop`, and a mark that is cleared away does not come back.
 */
export const plivo: TwilioDialect = {
  name: 'plivo',
  fromProvider({ streamId, start, extra_headers, ...rest }) {
    const message = { ...rest, streamSid: streamId }
    if (rest.event === 'playedStream') return { ...message, event: 'mark', mark: { name: rest.name } }
    if (!isObject(start)) return message
    const { streamId: startedId, callId, accountId, ...about } = start
    return {
      ...message,
      streamSid: streamId ?? startedId,
      start: { ...about, callSid: callId, accountSid: accountId, customParameters: headersOf(extra_headers) },
    }
  },
  toProvider(command) {
    const { streamSid: streamId } = command
    switch (command.event) {
      case 'media': {
        const { payload } = command.media
        return { event: 'playAudio', streamId, media: { contentType: 'audio/x-mulaw', sampleRate: 8000, payload } }
      }
      case 'mark':
        return { event: 'checkpoint', streamId, name: command.mark.name }
      case 'clear':
        return { event: 'clearAudio', streamId }
    }
  },
}

/** Plivo writes its parameters as one text, such as `tier=gold;lang=en`. */
function headersOf(text: unknown): Record<string, string> | undefined {
  if (typeof text !== 'string') return undefined
  const pairs = text.split(/[;,]/).map((pair) => pair.split('='))
  return Object.fromEntries(pairs.flatMap(([name, ...value]) => (name?.trim() ? [[name.trim(), value.join('=')]] : [])))
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
