import type { Side } from './fields-to-beta.js'
import { isJson, type Json } from './json.js'
import type { Notes } from './migration.js'
import { contentRenames } from './renames/event-types.js'

/** Translates a list of items to the beta. Items without an equivalent are dropped. */
export function itemsToBeta(items: unknown, side: Side, path: string, notes: Notes): unknown {
  if (!Array.isArray(items)) return items
  return items.flatMap((item, index) => {
    const where = `${path}[${index}]`
    const reason = side === 'client' ? unsupportedItemReason(item) : undefined
    if (reason === undefined) return [itemToBeta(item, side, where, notes)]
    notes.dropped.push({ path: where, value: item, reason })
    return []
  })
}

/** Item types that servers of the beta accept from clients. */
const itemTypes = new Set<unknown>([undefined, 'message', 'function_call', 'function_call_output', 'item_reference'])

/** Returns why a client of the beta cannot create an item, or `undefined` when it can. */
export function unsupportedItemReason(item: unknown): string | undefined {
  if (!isJson(item) || itemTypes.has(item.type)) return undefined
  return 'the beta supported messages and function calls only.'
}

/** Translates an item to the beta. */
export function itemToBeta(item: unknown, side: Side, path: string, notes: Notes): unknown {
  if (!isJson(item) || !Array.isArray(item.content)) return item
  const { role, content } = item
  return {
    ...item,
    content: content.flatMap((part, index) => {
      const old = side === 'client' ? contentToSend(part, role) : part
      if (old === undefined || old !== part)
        notes.dropped.push({
          path: `${path}.content[${index}]`,
          value: part,
          reason:
            old === undefined
              ? 'Servers of the beta reject items with such content.'
              : 'The beta accepted only text in assistant messages, so the transcript replaces the audio.',
        })
      return old === undefined ? [] : [renamed(old, role)]
    }),
  }
}

function renamed(part: unknown, role: unknown): unknown {
  if (!isJson(part)) return part
  const rename = contentRenames.find(
    ({ place, to, isReversible }) => isReversible && place === role && to === part.type && role === 'assistant',
  )
  return rename === undefined ? part : { ...part, type: rename.from }
}

/** Returns the content part that a client of the beta can send, or `undefined`. */
function contentToSend(part: unknown, role: unknown): unknown {
  if (!isJson(part)) return part
  if (part.type === 'input_image') return undefined
  if (role !== 'assistant' || part.type !== 'output_audio') return part
  const { transcript } = part as Json
  return typeof transcript === 'string' ? { type: 'output_text', text: transcript } : undefined
}
