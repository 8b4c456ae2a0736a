import { isRealtimeError } from '../../errors.js'
import { findEvent } from '../../migrate/find-event.js'
import { isJson, type Json } from '../../migrate/json.js'
import { eventRenames } from '../../migrate/renames/event-types.js'
import { clientEventSchemas } from '../../protocol/client-events.js'
import { realtimeCodec } from '../../protocol/codec.js'
import { schemaOf } from '../../protocol/event-map.js'
import { serverEventSchemas } from '../../protocol/server-events.js'

/** A line of a recording. */
export interface Entry {
  /** Line number, starting at 1. */
  readonly line: number
  /** Milliseconds since the start of the recording, if the line contains them. */
  readonly ms: number | undefined
  readonly direction: 'sent' | 'received' | 'local' | 'unknown'
  readonly type: string | undefined
  readonly event: Json
  /** Short description of a problem. It never contains text of the event. */
  readonly problem: string | undefined
}

const betaTypes: ReadonlySet<unknown> = new Set(eventRenames.map(({ from }) => from))

/** Reads the output of `recording()`, and events in any other wrapper or without one. */
export function readEntries(text: string): readonly Entry[] {
  return text.split('\n').flatMap((line, at) => (line.trim() === '' ? [] : [readEntry(line, at + 1)]))
}

function readEntry(text: string, line: number): Entry {
  const entry = parse(text)
  const nothing = { line, ms: undefined, direction: 'unknown', type: undefined, event: {} } as const
  if (entry === undefined) return { ...nothing, problem: 'the line is not valid JSON' }
  const isRecorded = typeof entry.ms === 'number' && /^(sent|received|local)$/.test(String(entry.direction))
  const event = isRecorded && isJson(entry.event) ? entry.event : findEvent(entry)?.event
  if (event === undefined) return { ...nothing, problem: 'the line contains no event' }
  const type = typeof event.type === 'string' ? event.type : undefined
  const ms = isRecorded ? (entry.ms as number) : undefined
  const direction = isRecorded ? (entry.direction as Entry['direction']) : directionOf(type)
  return { line, ms, direction, type, event, problem: problemOf(event, type, direction) }
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

function directionOf(type: string | undefined): Entry['direction'] {
  if (schemaOf(clientEventSchemas, type)) return 'sent'
  return schemaOf(serverEventSchemas, type) || betaTypes.has(type) ? 'received' : 'unknown'
}

function problemOf(event: Json, type: string | undefined, direction: Entry['direction']): string | undefined {
  if (direction === 'local') return undefined
  if (betaTypes.has(type)) return 'an event of the beta; `realtime-primitives doctor` converts the log to GA'
  if (direction === 'sent') {
    try {
      realtimeCodec.encode(event as Parameters<typeof realtimeCodec.encode>[0])
      return undefined
    } catch (error) {
      return reasonOf(error)
    }
  }
  const decoded = realtimeCodec.decode(JSON.stringify(event))
  if (decoded.kind === 'invalid') return reasonOf(decoded.event.error)
  return decoded.kind === 'unknown' ? 'an event of an unknown type' : undefined
}

/** Returns the message of an error without the URL of its documentation. */
function reasonOf(error: unknown): string {
  return isRealtimeError(error) ? error.shortMessage : (error as Error).message
}
