import { type ClientEvent, clientEventSchemas } from '../protocol/client-events.js'
import type { UnknownEvent } from '../protocol/codec.js'
import { schemaOf } from '../protocol/event-map.js'
import { type ServerEvent, serverEventSchemas } from '../protocol/server-events.js'
import { MigrationError } from './error.js'
import { type Found, findEvent } from './find-event.js'
import { isJson, type Json, setIn } from './json.js'
import type { Assumed, Dropped } from './migration.js'
import { createUpgrade, type Upgrade } from './upgrade.js'

/** Result for one line of a log, or for one event of a line with several. Empty lines have no result. */
export type UpgradedLine = UpgradedEvents | BrokenLine

/** The GA events of a line. */
export interface UpgradedEvents {
  readonly kind: 'client' | 'server' | 'unknown'
  /** Line number, from 1. */
  readonly line: number
  /** `client` events can be encoded, `server` events decoded. An event of an `unknown` type is unchanged. */
  readonly events: readonly (ClientEvent | ServerEvent | UnknownEvent)[]
  /** The lines to store, one per event, in the wrapper of the original line. */
  readonly lines: readonly string[]
  readonly dropped: readonly Dropped[]
  readonly assumed: readonly Assumed[]
}

/** A line that is not JSON, contains no event, or contains one without a GA equivalent. */
export interface BrokenLine {
  readonly kind: 'broken'
  /** Line number, from 1. */
  readonly line: number
  /** The original line. */
  readonly text: string
  readonly error: MigrationError
}

/**
 * Upgrades a log of the beta to GA. The log is JSON Lines with one event per line, plain or in a wrapper such as `{ time, direction, event }` of
 * any shape. A line can contain an array of events, and a file can be one array. GA events pass unchanged, so a log can contain both dialects.
 * Lines are processed one at a time.
 *
 * @example
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
    if (entries === undefined) yield broken(line, text, 'is not JSON')
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
  if (found === undefined) return broken(line, text, 'contains no event')
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

/** Returns the entry with the new event in place of the old one. */
function wrap(entry: Json, { event: old, path, isText }: Found, event: { readonly type: string }): unknown {
  if (path.length === 0) return event
  // Some loggers also write the type beside the event.
  const named = Object.entries(entry).map(([key, value]) => [key, value === old.type ? event.type : value])
  return setIn(Object.fromEntries(named), path, isText ? JSON.stringify(event) : event)
}

/** Returns the lines of a file, or the entries of a file that is a single array. */
function linesOf(file: string): readonly string[] {
  if (!/^\uFEFF?\s*\[/.test(file)) return file.split('\n')
  const entries = read(file)
  return entries === undefined ? file.split('\n') : entries.map((entry) => JSON.stringify(entry))
}

/** Returns the entries of a line, or `undefined` when it is not JSON. */
function read(text: string): readonly unknown[] | undefined {
  try {
    // Tools of Windows write a byte order mark before the first line.
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
