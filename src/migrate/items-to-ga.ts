import { isJson, type Json } from './json.js'
import type { Notes } from './migration.js'
import { contentRenames } from './renames/event-types.js'

type Side = 'client' | 'server'

/** Translates a list of items to GA. */
export function itemsToGA(items: unknown, side: Side, path: string, notes: Notes): unknown {
  if (!Array.isArray(items)) return items
  return items.map((item, index) => itemToGA(item, side, `${path}[${index}]`, notes))
}

/** Translates an item to GA. */
export function itemToGA(item: unknown, side: Side, path: string, notes: Notes): unknown {
  if (!isJson(item)) return item
  const typed = withType(item, path, notes)
  const { role, content } = typed
  if (typed.type !== 'message' || !Array.isArray(content)) return typed
  return { ...typed, content: content.map((part) => contentToGA(part, role, side)) }
}

function contentToGA(part: unknown, role: unknown, side: Side): unknown {
  if (!isJson(part)) return part
  const rename = contentRenames.find(
    (entry) => entry.place === role && entry.from === part.type && (entry.side === 'both' || entry.side === side),
  )
  return rename === undefined ? part : { ...part, type: rename.to }
}

/** Adds a missing item type. Clients of the beta could omit it. */
function withType(item: Json, path: string, notes: Notes): Json {
  if (typeof item.type === 'string') return item
  const type = guessType(item)
  if (type === undefined) return item
  notes.assumed.push({ path: `${path}.type`, value: type })
  return { ...item, type }
}

function guessType(item: Json): string | undefined {
  if (item.role !== undefined || item.content !== undefined) return 'message'
  if (item.output !== undefined) return 'function_call_output'
  return item.call_id === undefined ? undefined : 'function_call'
}
