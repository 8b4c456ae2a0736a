import { clientEventSchemas } from '../protocol/client-events.js'
import { schemaOf } from '../protocol/event-map.js'
import { serverEventSchemas } from '../protocol/server-events.js'
import { isJson, type Json, type Path } from './json.js'
import { eventRenames } from './renames/event-types.js'

/** An event, and where in an entry of a log it stands. */
export interface Found {
  readonly event: Json
  /** From the entry to the event; empty when the entry is the event. */
  readonly path: Path
  /** Whether it stands there as JSON text. */
  readonly isText: boolean
}

// Wrappers of wrappers of wrappers.
const deepest = 3

const oldTypes: ReadonlySet<unknown> = new Set(eventRenames.map(({ from }) => from))

/** Where in an entry of a log the event is: itself, in a field of a wrapper, or as text in one. */
export function findEvent(entry: Json): Found | undefined {
  return search(entry, isKnown, deepest) ?? search(entry, (event) => typeof event.type === 'string', deepest)
}

/** Whether the type is one of the beta or of GA. */
function isKnown({ type }: Json): boolean {
  return (
    oldTypes.has(type) ||
    schemaOf(clientEventSchemas, type) !== undefined ||
    schemaOf(serverEventSchemas, type) !== undefined
  )
}

/** Breadth first, so that a wrapper's event is found before what the event holds. */
function search(entry: Json, accept: (event: Json) => boolean, depth: number): Found | undefined {
  let level: Found[] = [{ event: entry, path: [], isText: false }]
  for (let turn = 0; turn <= depth; turn += 1) {
    const found = level.find(({ event }) => accept(event))
    if (found !== undefined) return found
    level = level.flatMap(({ event, path, isText }) =>
      // Text inside of text has no path.
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
