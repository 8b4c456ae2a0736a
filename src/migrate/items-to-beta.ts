import type { Side } from './fields-to-beta.js'
import { isJson, type Json } from './json.js'
import type { Notes } from './migration.js'
import { contentRenames } from './renames/event-types.js'

/** A list of items as the beta has them; what it cannot hold is left out. */
export function itemsToBeta(items: unknown, side: Side, path: string, notes: Notes): unknown {
  if (!Array.isArray(items)) return items
  return items.flatMap((item, index) => {
    const where = `${path}[${index}]`
    const reason = side === 'client' ? whyNot(item) : undefined
    if (reason === undefined) return [itemToBeta(item, side, where, notes)]
    notes.dropped.push({ path: where, value: item, reason })
    return []
  })
}

// Types of items that a server of the beta takes from a client.
const itemTypes = new Set<unknown>([undefined, 'message', 'function_call', 'function_call_output', 'item_reference'])

/** Why a client cannot put an item in a conversation of the beta, or undefined when it can. */
export function whyNot(item: unknown): string | undefined {
  if (!isJson(item) || itemTypes.has(item.type)) return undefined
  return 'the beta knew messages and function calls only.'
}

/** An item as the beta has it. */
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
              ? 'A server of the beta refuses the whole item for such content.'
              : 'The beta could not be told what was spoken, only what was written.',
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

/** The part as a client can send it, or undefined when it cannot. */
function contentToSend(part: unknown, role: unknown): unknown {
  if (!isJson(part)) return part
  if (part.type === 'input_image') return undefined
  if (role !== 'assistant' || part.type !== 'output_audio') return part
  const { transcript } = part as Json
  return typeof transcript === 'string' ? { type: 'output_text', text: transcript } : undefined
}
