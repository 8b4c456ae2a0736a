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

/** Turns text into typed events and back; the only place where the wire is validated. */
export interface Codec<Client, Server> {
  /**
   * The frame of an event to send. Strict: one unknown field is an error, as it is for the server. An append may carry bytes, which
   * become base64.
   * @throws {ProtocolError} `INVALID_EVENT`.
   */
  encode(event: Sendable<Client>): string
  /** What a received frame holds. Never throws; unknown fields stay in the event. */
  decode(frame: string): Decoded<Server>
}

/** What a received frame turned out to be. */
export type Decoded<Server> =
  | { readonly kind: 'event'; readonly event: Server }
  | { readonly kind: 'unknown'; readonly event: UnknownEvent }
  | { readonly kind: 'invalid'; readonly event: InvalidEvent }

/** An event of a type that this version does not know. Its type differs from every literal, so a `switch` still narrows. */
export interface UnknownEvent {
  type: Unrecognized
  [field: string]: unknown
}

/** A frame that is no event: not JSON, no `type`, or a known type in another shape. */
export interface InvalidEvent {
  /** The type, when it is a known one. */
  readonly type: string | undefined
  /** What is wrong; it holds nothing of the frame. */
  readonly error: ProtocolError
  /** The frame as it was received. */
  readonly frame: string
}

/** The two directions of a dialect: the schemas of its events by type. */
export interface CodecOptions<Client extends EventMap, Server extends EventMap> {
  readonly client: Client
  readonly server: Server
}

/** A codec for a dialect of the protocol. An event is the parsed frame itself, so a schema may check but not transform. */
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
      // What is checked is what will be sent, not the object: getters and toJSON may tell another story each time.
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

/** What is wrong with a value whose `type` selects no schema. */
function wrongType(value: unknown, map?: EventMap): Problem | undefined {
  const type = map === undefined ? z.string() : z.literal(Object.keys(map))
  return checker(z.looseObject({ type }))(value)
}
