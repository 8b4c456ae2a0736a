import * as z from 'zod/mini'
import { type Check, checker, type Problem } from './check.js'
import { type ClientEvent, clientEventSchemas } from './client-events.js'
import { encodeAudio, type Sendable, withBase64 } from './encode-audio.js'
import { ProtocolError } from './error.js'
import { type EventIn, type EventMap, schemaOf } from './event-map.js'
import { invalidEvent } from './invalid-event.js'
import type { Unrecognized } from './open.js'
import { parseFrame } from './parse-frame.js'
import { serialize } from './serialize.js'
import { type ServerEvent, serverEventSchemas } from './server-events.js'
import {
  type TranslationClientEvent,
  type TranslationServerEvent,
  translationClientEventSchemas,
  translationServerEventSchemas,
} from './translation-events.js'

/** Encodes and decodes events, and validates them. */
export interface Codec<Client, Server> {
  /**
   * Returns the frame of an event to send. One unknown field is an error, as it is for the server. An event that appends audio may
   * contain bytes, which are encoded as base64.
   * @throws {ProtocolError} `INVALID_EVENT` if the event does not match its schema.
   */
  encode(event: Sendable<Client>): string
  /** Decodes a received frame. It never throws, and unknown fields stay in the event. */
  decode(frame: string): Decoded<Server>
}

/** A decoded frame: a known event, an event of an unknown type, or an invalid frame. */
export type Decoded<Server> =
  | { readonly kind: 'event'; readonly event: Server }
  | { readonly kind: 'unknown'; readonly event: UnknownEvent }
  | { readonly kind: 'invalid'; readonly event: InvalidEvent }

/** An event of a type that this version does not know. Its `type` differs from every literal, so a `switch` still narrows. */
export interface UnknownEvent {
  /** A type that this version does not know. */
  type: Unrecognized
  [field: string]: unknown
}

/** A frame that is not a valid event: it is not JSON, it has no `type`, or a known type has another shape. */
export interface InvalidEvent {
  /** The event type, if it is a known one. */
  readonly type: string | undefined
  /** Why the frame is invalid. It contains no part of the frame. */
  readonly error: ProtocolError
  /** The received frame. */
  readonly frame: string
}

/** The events of a dialect. */
export interface CodecOptions<Client extends EventMap, Server extends EventMap> {
  /** The schemas of client events, by type. */
  readonly client: Client
  /** The schemas of server events, by type. */
  readonly server: Server
}

/**
 * Creates a codec for a dialect of the protocol. Decoded events are the parsed frames, so a schema can check but not transform.
 *
 * @example
 * ```ts
 * const codec = createCodec({ client: clientEventSchemas, server: { ...serverEventSchemas, 'x.event': xEventSchema } })
 * ```
 */
export function createCodec<const Client extends EventMap, const Server extends EventMap>(
  options: CodecOptions<Client, Server>,
): Codec<EventIn<Client>, EventIn<Server>> {
  const { client, server } = options
  // Made when the first event of a type passes: most sessions see a third of them.
  const checks = new Map<EventMap[string], Check>()

  function check(schema: EventMap[string], event: unknown): Problem | undefined {
    let known = checks.get(schema)
    if (known === undefined) {
      known = checker(schema)
      checks.set(schema, known)
    }
    return known(event)
  }

  return {
    encode(event) {
      const audio = encodeAudio(client, event)
      if (audio !== undefined) return audio
      const frame = serialize(withBase64(event))
      if (typeof frame !== 'string') throw invalidEvent('client', knownType(client, event), frame)
      // Validates the frame that is sent, not the object: getters and `toJSON` may return different values each time.
      const sent: unknown = JSON.parse(frame)
      const type = typeOf(sent)
      const schema = schemaOf(client, type)
      const problem = schema === undefined ? wrongType(sent, client) : check(schema, sent)
      if (problem !== undefined) throw invalidEvent('client', schema && type, problem)
      return frame
    },
    decode(frame) {
      const event = parseFrame(frame)
      if (event === undefined) {
        const error = new ProtocolError('INVALID_JSON', { length: typeof frame === 'string' ? frame.length : 0 })
        return { kind: 'invalid', event: { type: undefined, error, frame } }
      }
      const type = typeOf(event)
      const schema = schemaOf(server, type)
      if (type !== undefined && schema === undefined) return { kind: 'unknown', event: event as UnknownEvent }
      const problem = schema === undefined ? wrongType(event) : check(schema, event)
      if (problem === undefined) return { kind: 'event', event: event as EventIn<Server> }
      return { kind: 'invalid', event: { type, error: invalidEvent('server', type, problem), frame } }
    },
  }
}

/** The codec of realtime and transcription sessions. */
export const realtimeCodec: Codec<ClientEvent, ServerEvent> = /* @__PURE__ */ createCodec({
  client: clientEventSchemas,
  server: serverEventSchemas,
})

/** The codec of translation sessions. */
export const translationCodec: Codec<TranslationClientEvent, TranslationServerEvent> = /* @__PURE__ */ createCodec({
  client: translationClientEventSchemas,
  server: translationServerEventSchemas,
})

/** The `type` of a parsed frame if it is an object that has one of its own, and it is text. */
function typeOf(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !Object.hasOwn(event, 'type')) return undefined
  const { type } = event as { type: unknown }
  return typeof type === 'string' ? type : undefined
}

/** The type of something that JSON refuses, if it can be read and the map has it. */
function knownType(map: EventMap, event: unknown): string | undefined {
  try {
    const type = typeOf(event)
    return schemaOf(map, type) && type
  } catch {
    return undefined
  }
}

/** Returns the problem of a value whose `type` selects no schema. */
function wrongType(value: unknown, map?: EventMap): Problem | undefined {
  const type = map === undefined ? z.string() : z.literal(Object.keys(map))
  return checker(z.looseObject({ type }))(value)
}
