import { type ClientEvent, clientEventSchemas } from '../protocol/client-events.js'
import type { UnknownEvent } from '../protocol/codec.js'
import { schemaOf } from '../protocol/event-map.js'
import { type ServerEvent, serverEventSchemas } from '../protocol/server-events.js'
import { MigrationError } from './error.js'
import { type Found, findEvent } from './find-event.js'
import { isJson, type Json, setIn } from './json.js'
import type { Assumed, Dropped } from './migration.js'
import { createUpgrade, type Upgrade } from './upgrade.js'

/** What became of a line of a log. Lines that hold nothing are left out; every other gives one, or one for each event in it. */
export type UpgradedLine = UpgradedEvents | BrokenLine

/** The events of GA that a line became. */
export interface UpgradedEvents {
  readonly kind: 'client' | 'server' | 'unknown'
  /** Counted from 1. */
  readonly line: number
  /** `client` events encode, `server` events decode; an `unknown` one is as it was, because nobody knows its type. */
  readonly events: readonly (ClientEvent | ServerEvent | UnknownEvent)[]
  /** The lines to store, one for each event, in the wrapper that the line had. */
  readonly lines: readonly string[]
  readonly dropped: readonly Dropped[]
  readonly assumed: readonly Assumed[]
}

/** A line that is no JSON, holds no event, or one that GA cannot say. */
export interface BrokenLine {
  readonly kind: 'broken'
  /** Counted from 1. */
  readonly line: number
  /** The line as it was. */
  readonly text: string
  readonly error: MigrationError
}

/**
 * Reads a log of the beta as GA: JSON Lines, one event a line, as it was sent or in a wrapper such as `{ time, direction, event }`, of whatever
 * shape; an array of them counts as several, and a file that is one array as one with a line for each entry. Events of GA pass as they are, so a log
 * may have both. It takes lines as they come, and holds no more than one.
 *
 * ```ts
 * for (const upgraded of upgradeLog(readFileSync('calls.jsonl', 'utf8'))) {
 *   if (upgraded.kind === 'broken') console.warn(upgraded.error.message)
 *   else for (const line of upgraded.lines) console.log(line)
 * }
 * ```
 */
export function* upgradeLog(lines: string | Iterable<string>): Generator<UpgradedLine, void, undefined> {
  const upgrade = createUpgrade()
  let line = 0
  for (const text of typeof lines === 'string' ? linesOf(lines) : lines) {
    line += 1
    if (text.trim() === '') continue
    const entries = read(text)
    if (entries === undefined) yield broken(line, text, 'is no JSON')
    else for (const entry of entries) yield upgradeEntry(entry, { line, text, upgrade })
  }
}

interface Context {
  readonly line: number
  readonly text: string
  readonly upgrade: Upgrade
}

function upgradeEntry(entry: unknown, { line, text, upgrade }: Context): UpgradedLine {
  const found = isJson(entry) ? findEvent(entry) : undefined
  if (found === undefined) return broken(line, text, 'holds no event')
  const migration = upgrade(found.event)
  if (migration.kind !== 'events') return { kind: 'broken', line, text, error: migration.error }
  const { events, dropped, assumed } = migration
  try {
    const stored = events.map((event) => JSON.stringify(wrap(entry as Json, found, event)))
    return { kind: kindOf(events[0]?.type), line, events, lines: stored, dropped, assumed }
  } catch {
    return broken(line, text, 'is nested too deeply')
  }
}

function kindOf(type: unknown): UpgradedEvents['kind'] {
  if (schemaOf(clientEventSchemas, type)) return 'client'
  return schemaOf(serverEventSchemas, type) ? 'server' : 'unknown'
}

/** The entry with the new event in the place of the old one. */
function wrap(entry: Json, { event: old, path, isText }: Found, event: { readonly type: string }): unknown {
  if (path.length === 0) return event
  // Some loggers put the type beside the event, too.
  const named = Object.entries(entry).map(([key, value]) => [key, value === old.type ? event.type : value])
  return setIn(Object.fromEntries(named), path, isText ? JSON.stringify(event) : event)
}

/** The lines of a file; of one that is a single array, as some pages store it, its entries. */
function linesOf(file: string): readonly string[] {
  if (!/^\uFEFF?\s*\[/.test(file)) return file.split('\n')
  const entries = read(file)
  return entries === undefined ? file.split('\n') : entries.map((entry) => JSON.stringify(entry))
}

/** The entries of a line, or undefined when it is no JSON. */
function read(text: string): readonly unknown[] | undefined {
  try {
    // Windows tools put a mark before the first line.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return Array.isArray(value) ? value : [value]
  } catch {
    return undefined
  }
}

function broken(line: number, text: string, problem: string): BrokenLine {
  return {
    kind: 'broken',
    line,
    text,
    error: new MigrationError('BROKEN_LINE', { line, length: text.length, problem }),
  }
}
