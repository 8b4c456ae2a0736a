import { ruleOf } from './check.js'
import type { ClientEvent } from './client-events.js'
import { encodeAudio, type Sendable, withBase64 } from './encode-audio.js'
import { ProtocolError } from './error.js'
import type { EventIn, EventMap } from './event-map.js'
import {
  clientEventRules,
  type EventRules,
  serverEventRules,
  translationClientEventRules,
  translationServerEventRules,
} from './event-rules.js'
import { InputAudioBufferAppendEvent } from './events/input-audio.js'
import { SessionInputAudioBufferAppendEvent } from './events/translation.js'
import { takeExtra } from './extra.js'
import { invalidEvent } from './invalid-event.js'
import type { Unrecognized } from './open.js'
import { parseFrame } from './parse-frame.js'
import { type Check, compileRule, type Problem } from './rule.js'
import { serialize } from './serialize.js'
import type { ServerEvent } from './server-events.js'
import type { TranslationClientEvent, TranslationServerEvent } from './translation-events.js'

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
  /** Decodes a frame of a server whose frames stand for several events. Sessions use it in place of `decode` where it is present. */
  decodeAll?(frame: string): readonly Decoded<Server>[]
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
  const appends: readonly unknown[] = [InputAudioBufferAppendEvent, SessionInputAudioBufferAppendEvent]
  return codecOf<EventIn<Client>, EventIn<Server>>({
    client: createChecks(Object.keys(client), (type) => compileRule(ruleOf(client[type] as EventMap[string]))),
    server: createChecks(Object.keys(server), (type) => compileRule(ruleOf(server[type] as EventMap[string]))),
    appendTypes: Object.keys(client).filter((type) => appends.includes(client[type])),
  })
}

/** The events of realtime and transcription sessions. */
export const realtimeEvents: CodecEvents = /* @__PURE__ */ {
  client: /* @__PURE__ */ checksOf(clientEventRules),
  server: /* @__PURE__ */ checksOf(serverEventRules),
  appendTypes: ['input_audio_buffer.append'],
}

/** The codec of realtime and transcription sessions. */
export const realtimeCodec: Codec<ClientEvent, ServerEvent> = /* @__PURE__ */ codecOf(realtimeEvents)

/** The codec of translation sessions. */
export const translationCodec: Codec<TranslationClientEvent, TranslationServerEvent> = /* @__PURE__ */ codecOf({
  client: /* @__PURE__ */ checksOf(translationClientEventRules),
  server: /* @__PURE__ */ checksOf(translationServerEventRules),
  appendTypes: ['session.input_audio_buffer.append'],
})

/** The checks of the events of one direction. */
export interface Checks {
  readonly types: readonly string[]
  /** Returns the check of a type, or `undefined` for a type that is not known. */
  get(type: string | undefined): EventCheck | undefined
}

/** The check of an event type. */
export interface EventCheck {
  readonly type: string
  readonly check: Check
}

/** Compiles the check of a type when its first event passes, because most sessions see a third of the types. */
function createChecks(types: readonly string[], compile: (type: string) => Check): Checks {
  const checks = new Map(types.map((type) => [type, { type, check: undefined as Check | undefined }]))
  return {
    types,
    get(type) {
      const known = type === undefined ? undefined : checks.get(type)
      if (known) known.check ??= compile(known.type)
      return known as EventCheck | undefined
    },
  }
}

function checksOf(rules: EventRules): Checks {
  return createChecks(Object.keys(rules), (type) => compileRule(rules[type] ?? 'unknown'))
}

/** The events that a codec knows. */
export interface CodecEvents {
  readonly client: Checks
  readonly server: Checks
  /** The types of the client events that append audio and are encoded without their check. */
  readonly appendTypes: readonly string[]
}

function codecOf<Client, Server>(events: CodecEvents): Codec<Client, Server> {
  return {
    encode(event) {
      const audio = encodeAudio(events.appendTypes, event)
      if (audio !== undefined) return audio
      const frame = serializeEvent(events, event)
      // Validates the frame that is sent, not the object: getters and `toJSON` may return different values each time.
      const sent: unknown = JSON.parse(frame)
      const addExtra = frame.includes('"extra":') ? takeExtra(sent) : undefined
      const problem = problemOf(events, sent)
      if (problem !== undefined) throw refusalOf(events, sent, problem)
      if (!addExtra) return frame
      addExtra(sent)
      return JSON.stringify(sent)
    },
    decode: (frame) => decodeEvent(events, parseFrame(frame), frame),
  }
}

/** Returns an event to send as JSON. @throws {ProtocolError} `INVALID_EVENT` for a value that JSON cannot carry. */
export function serializeEvent({ client }: CodecEvents, event: unknown): string {
  const frame = serialize(withBase64(event))
  if (typeof frame !== 'string') throw invalidEvent('client', knownType(client, event), frame)
  return frame
}

/** Returns the problem of an event to send. */
export function problemOf({ client }: CodecEvents, sent: unknown): Problem | undefined {
  const known = client.get(typeOf(sent))
  return known === undefined ? wrongType(sent, client.types) : known.check(sent)
}

/** Returns the error of an event to send that has a problem. */
export function refusalOf({ client }: CodecEvents, sent: unknown, problem: Problem): ProtocolError {
  const type = typeOf(sent)
  return invalidEvent('client', client.get(type) && type, problem)
}

/** Checks a received event. `event` is the value of the frame, or `undefined` if the frame is not JSON. */
export function decodeEvent<Server>({ server }: CodecEvents, event: unknown, frame: string): Decoded<Server> {
  if (event === undefined) {
    const error = new ProtocolError('INVALID_JSON', { length: typeof frame === 'string' ? frame.length : 0 })
    return { kind: 'invalid', event: { type: undefined, error, frame } }
  }
  const type = typeOf(event)
  const known = server.get(type)
  if (type !== undefined && known === undefined) return { kind: 'unknown', event: event as UnknownEvent }
  const problem = known === undefined ? wrongType(event) : known.check(event)
  if (problem !== undefined)
    return { kind: 'invalid', event: { type, error: invalidEvent('server', type, problem), frame } }
  // Each parsed frame has its own copy of the type. With a shared one, engines compare it and look up its listeners by reference.
  if (known !== undefined) (event as { type: string }).type = known.type
  return { kind: 'event', event: event as Server }
}

/** The `type` of a parsed frame if it is an object that has one of its own, and it is text. */
function typeOf(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !Object.hasOwn(event, 'type')) return undefined
  const { type } = event as { type: unknown }
  return typeof type === 'string' ? type : undefined
}

/** The type of something that JSON refuses, if it can be read and is known. */
function knownType(checks: Checks, event: unknown): string | undefined {
  try {
    const type = typeOf(event)
    return checks.get(type) && type
  } catch {
    return undefined
  }
}

/** Returns the problem of a value whose `type` selects no schema. */
function wrongType(value: unknown, types?: readonly string[]): Problem | undefined {
  return compileRule(['object', { type: types ? ['literal', types] : 'string' }])(value)
}
