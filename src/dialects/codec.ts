import type { ClientEvent } from '../protocol/client-events.js'
import {
  type Codec,
  type Decoded,
  decodeEvent,
  problemOf,
  realtimeEvents,
  refusalOf,
  serializeEvent,
  type UnknownEvent,
} from '../protocol/codec.js'
import { encodeAudio } from '../protocol/encode-audio.js'
import { ProtocolError } from '../protocol/error.js'
import { merge, takeExtra } from '../protocol/extra.js'
import { formatPath } from '../protocol/invalid-event.js'
import { parseFrame } from '../protocol/parse-frame.js'
import { removeAt } from '../protocol/remove-at.js'
import { missing } from '../protocol/rule.js'
import type { ServerEvent } from '../protocol/server-events.js'
import type { Dialect, DialectContext } from '../session/dialect.js'
import { isObject, type Json } from './json.js'

/** How the events of a server differ from GA. */
export interface Translation {
  /** Names of session fields that the server accepts beside those of GA. They are sent as they are. */
  readonly sessionFields?: readonly string[] | undefined
  /** Values inside GA fields that the server accepts beside those of GA. */
  readonly values?: readonly AcceptedValue[] | undefined
  /** Returns whether an event to send is one that GA does not have. It is sent as it is. */
  isOwn?(event: Json): boolean
  /** Returns an event in the shape of the server. It may change the event. */
  toServer?(event: Json): Json
  /** Returns the GA events of a received one. It may change the event. */
  toGA?(event: Json): readonly Json[]
}

/** A value that a server accepts beside those of GA. */
export interface AcceptedValue {
  /** Path of the value. `[]` stands for the index of an entry. */
  readonly path: readonly string[]
  /** Returns whether the server accepts the value. */
  accepts(value: unknown): boolean
}

/** More differences from GA than any event has. */
const maxProblems = 100

/** Creates the codec of a dialect: it checks what GA has in common with the server, and translates the rest. */
export function createDialectCodec(
  dialect: Pick<Dialect, 'name' | 'lacks'>,
  translation: Translation,
  context: DialectContext,
): Codec<ClientEvent, ServerEvent> {
  const { sessionFields = [], values = [], isOwn, toServer, toGA } = translation

  /** Removes the fields of the session that only this server knows, and returns them. */
  function takeSessionFields({ session }: Json): Json {
    const taken: Json = {}
    if (!isObject(session)) return taken
    for (const name of sessionFields) {
      if (session[name] === undefined) continue
      taken[name] = session[name]
      delete session[name]
    }
    // Servers with other session fields have one kind of session.
    session.type ??= 'realtime'
    return taken
  }

  function check(sent: Json): void {
    // React Native has no `structuredClone`.
    const rest: unknown = JSON.parse(JSON.stringify(sent))
    for (let count = 0; count < maxProblems; count += 1) {
      const problem = problemOf(realtimeEvents, rest)
      if (problem === undefined) return
      const accepted = values.find((value) => isAccepted(value, problem.path, rest))
      if (accepted) {
        replaceAccepted(rest, problem.path.slice(0, accepted.path.length))
        continue
      }
      // An object of an unknown type, or without a required value, is left out as a whole.
      const isWhole = problem.found === missing || problem.path.at(-1) === 'type'
      const path = isWhole ? problem.path.slice(0, -1) : problem.path
      if (context.unaccepted === 'refuse' || path.length < 2) throw refusalOf(realtimeEvents, sent, problem)
      removeAt(rest, path)
      removeAt(sent, path)
      context.report(formatPath(path), `${dialect.name} does not accept this field, so it is not sent.`)
    }
  }

  function decodeAll(frame: string): readonly Decoded<ServerEvent>[] {
    const event = parseFrame(frame)
    const events = toGA && isObject(event) && typeof event.type === 'string' ? toGA(event) : [event]
    return events.map((translated) => decodeEvent<ServerEvent>(realtimeEvents, translated, frame))
  }

  return {
    encode(event) {
      const audio = encodeAudio(realtimeEvents.appendTypes, event)
      if (audio !== undefined) return audio
      const sent: unknown = JSON.parse(serializeEvent(realtimeEvents, event))
      if (!isObject(sent)) throw refusalOf(realtimeEvents, sent, problemOf(realtimeEvents, sent) ?? notAnObject)
      const type = String(sent.type)
      const lacked = dialect.lacks?.[type as keyof typeof dialect.lacks]
      if (lacked !== undefined) {
        context.report(type, lacked)
        throw lackedEvent(dialect.name, type)
      }
      if (isOwn?.(sent)) return JSON.stringify(sent)
      const addExtra = takeExtra(sent)
      const fields = takeSessionFields(sent)
      check(sent)
      const wire = toServer?.(sent) ?? sent
      if (isObject(wire.session)) merge(wire.session, fields)
      addExtra?.(wire)
      return JSON.stringify(wire)
    },
    decode(frame) {
      const [first] = decodeAll(frame)
      return first ?? { kind: 'unknown', event: JSON.parse(frame) as UnknownEvent }
    },
    decodeAll,
  }
}

const notAnObject = { path: [], expected: 'an object', found: 'another value' }

function isAccepted({ path, accepts }: AcceptedValue, found: readonly (string | number)[], root: unknown): boolean {
  if (found.length < path.length) return false
  let value = root
  for (const [index, name] of path.entries()) {
    const key = found[index] as string | number
    if (name !== '[]' && name !== key) return false
    value = (value as Json | undefined)?.[key]
  }
  return accepts(value)
}

/** Replaces an accepted entry of a list by one that passes, so that the other entries keep their index. Removes an accepted field. */
function replaceAccepted(root: unknown, path: readonly (string | number)[]): void {
  const holder = path.slice(0, -1).reduce((value: unknown, key) => (value as Json)[key], root)
  if (Array.isArray(holder)) holder[Number(path.at(-1))] = { type: 'function', name: 'accepted' }
  else removeAt(root, path)
}

function lackedEvent(name: string, type: string): ProtocolError {
  return new ProtocolError('INVALID_EVENT', {
    type,
    direction: 'client',
    path: 'type',
    expected: `a type that ${name} supports`,
    found: 'one that it lacks',
    hint: 'ask session.lacks() before you send it',
  })
}
