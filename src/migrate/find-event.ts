import { clientEventSchemas } from '../protocol/client-events.js'
import { schemaOf } from '../protocol/event-map.js'
import { serverEventSchemas } from '../protocol/server-events.js'
import { isJson, type Json, type Path } from './json.js'
import { eventRenames } from './renames/event-types.js'

/** An event, and its position in a log entry. */
export interface Found {
  readonly event: Json
  /** Path from the entry to the event. Empty when the entry is the event. */
  readonly path: Path
  /** Whether the event is JSON text at that path. */
  readonly isText: boolean
}

/** Maximum depth at which an event is searched. */
const maxDepth = 3

const oldTypes: ReadonlySet<unknown> = new Set(eventRenames.map(({ from }) => from))

/** Finds the event in a log entry: the entry itself, a field of a wrapper, or JSON text in a field. */
export function findEvent(entry: Json): Found | undefined {
  return search(entry, isKnown, maxDepth) ?? search(entry, (event) => typeof event.type === 'string', maxDepth)
}

/** Returns whether the type exists in the beta or in GA. */
function isKnown({ type }: Json): boolean {
  return (
    oldTypes.has(type) ||
    schemaOf(clientEventSchemas, type) !== undefined ||
    schemaOf(serverEventSchemas, type) !== undefined
  )
}

/** Searches breadth first, so that the event of a wrapper is found before objects inside the event. */
function search(entry: Json, accept: (event: Json) => boolean, depth: number): Found | undefined {
  let level: Found[] = [{ event: entry, path: [], isText: false }]
  for (let turn = 0; turn <= depth; turn += 1) {
    const found = level.find(({ event }) => accept(event))
    if (found !== undefined) return found
    level = level.flatMap(({ event, path, isText }) =>
      // Text inside text cannot be addressed by a path.
      isText ? [] : Object.entries(event).flatMap(([key, value]) => candidate(value, [...path, key])),
    )
  }
  return undefined
}

function candidate(value: unknown, path: Path): readonly Found[] {
  if (isJson(value)) return [{ event: value, path, isText: false }]
  if (typeof value !== 'string' || !/^\s*\{/.test(value)) return []
  try {
    const event: unknown = JSON.parse(value)
    return isJson(event) ? [{ event, path, isText: true }] : []
  } catch {
    return []
  }
}
