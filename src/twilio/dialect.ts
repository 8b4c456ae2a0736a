import type { TwilioCommand } from './messages.js'

/**
 * Message format of a provider: two functions that convert between its JSON and Twilio's. Messages have the same meaning for all providers.
 * Only names and positions of fields differ.
 */
export interface TwilioDialect {
  readonly name: string
  /** Converts a message of the provider to Twilio's format. The result is validated afterwards. */
  fromProvider(message: JsonObject): JsonObject
  /** Converts a command in Twilio's format to the format of the provider. */
  toProvider(command: TwilioCommand): object
}

/** A parsed JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Dialect of Twilio Media Streams. */
export const twilio: TwilioDialect = {
  name: 'twilio',
  fromProvider: (message) => message,
  toProvider: (command) => command,
}

/**
 * Dialect of Telnyx. Requires `stream_bidirectional_mode: 'rtp'` and the same codec in both directions, PCMU or PCMA. Fields are in snake case,
 * and commands do not contain a stream id.
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
 * Dialect of Plivo. Requires `bidirectional="true"` and `contentType="audio/x-mulaw;rate=8000"`. Audio, marks, and clear have other names. Plivo
 * sends neither `connected` nor `stop`, and does not return marks that were cleared.
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

/** Parses Plivo's parameters, one string such as `tier=gold;lang=en`. */
function headersOf(text: unknown): Record<string, string> | undefined {
  if (typeof text !== 'string') return undefined
  const pairs = text.split(/[;,]/).map((pair) => pair.split('='))
  return Object.fromEntries(pairs.flatMap(([name, ...value]) => (name?.trim() ? [[name.trim(), value.join('=')]] : [])))
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
