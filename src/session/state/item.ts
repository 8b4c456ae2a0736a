import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ItemState } from './state.js'

/** The text-bearing field of a content part. */
export type TextField = 'text' | 'transcript'

/** A content part as state keeps it: whatever the wire gave, of which these fields are relied on. */
type Part = { readonly type: string } & { readonly [Field in TextField]?: string | null | undefined }

/** The id of an item; one of an unknown type may have none. */
export function itemId(item: DeepReadonly<ConversationItem>): string | undefined {
  return typeof item.id === 'string' ? item.id : undefined
}

/** The first sight of an item. */
export function createItemState(
  id: string,
  item: DeepReadonly<ConversationItem>,
  responseId: string | undefined,
): ItemState {
  return {
    id,
    item,
    responseId,
    status: statusOf(item),
    transcription: 'none',
    truncatedAtMs: undefined,
    heardText: undefined,
  }
}

/**
 * The item as the server now describes it. Text that was streamed is kept where the description lacks it: `null` transcripts are
 * common, and deltas may still arrive after `response.output_item.done`.
 */
export function describeItem(
  state: ItemState,
  item: DeepReadonly<ConversationItem>,
  responseId: string | undefined,
): ItemState {
  const known = partsOf(state.item)
  const described = partsOf(item)
  const parts = known && described ? mergeParts(known, described) : described
  return {
    ...state,
    item: parts && parts !== described ? withParts(item, parts) : item,
    responseId: state.responseId ?? responseId,
    status: statusOf(item),
  }
}

function mergeParts(known: readonly Part[], described: readonly Part[]): readonly Part[] {
  // An item that was told again has other parts: words for sound, and none for what had no words.
  if (described.some((part, index) => isOfOtherForm(part, known[index]))) return described
  let changed = described.length < known.length
  const merged: Part[] = described.map((part, index) => {
    const before = known[index]
    const field = textField(part)
    if (!before || !field || (part[field] ?? '').length >= (before[field] ?? '').length) return part
    changed = true
    return { ...part, [field]: before[field] }
  })
  return changed ? [...merged, ...known.slice(described.length)] : described
}

function isOfOtherForm(part: Part, before: Part | undefined): boolean {
  // A part of which only the type is known stands for one whose beginning was missed.
  return before !== undefined && Object.keys(before).length > 1 && textField(part) !== textField(before)
}

/** The item with a content part in its place; streamed parts are named `text` and `audio`, and items say `output_text` and `output_audio`. */
export function addPart(state: ItemState, index: number, part: Part): ItemState {
  const parts = [...(partsOf(state.item) ?? [])]
  const type = part.type === 'text' ? 'output_text' : part.type === 'audio' ? 'output_audio' : part.type
  fillUpTo(parts, index)
  const before = parts[index]
  const field: TextField = type === 'output_text' ? 'text' : 'transcript'
  const text = (part[field] ?? '').length >= (before?.[field] ?? '').length ? part[field] : before?.[field]
  parts[index] = { ...part, type, [field]: text ?? '' }
  return { ...state, item: withParts(state.item, parts) }
}

/** The item with its text changed: appended by a delta, or set when the server says all of it. */
export function changeText(
  state: ItemState,
  index: number,
  field: TextField,
  partType: string,
  change: (before: string) => string,
): ItemState {
  const parts = [...(partsOf(state.item) ?? [])]
  fillUpTo(parts, index, partType)
  const before = parts[index] ?? { type: partType }
  parts[index] = { ...before, [field]: change(before[field] ?? '') }
  return { ...state, item: withParts(state.item, parts) }
}

/** The call with its arguments changed. */
export function changeArguments(state: ItemState, change: (before: string) => string): ItemState {
  const before = 'arguments' in state.item ? state.item.arguments : ''
  const after = { ...state.item, arguments: change(typeof before === 'string' ? before : '') }
  return { ...state, item: after as DeepReadonly<ConversationItem> }
}

function fillUpTo(parts: Part[], index: number, type = 'output_text'): void {
  while (parts.length < index) parts.push({ type })
}

function textField(part: Part): TextField | undefined {
  if (part.type.endsWith('text')) return 'text'
  return part.type.endsWith('audio') ? 'transcript' : undefined
}

function partsOf(item: DeepReadonly<ConversationItem>): readonly Part[] | undefined {
  return 'content' in item && Array.isArray(item.content) ? (item.content as readonly Part[]) : undefined
}

function withParts(item: DeepReadonly<ConversationItem>, parts: readonly Part[]): DeepReadonly<ConversationItem> {
  return { ...item, content: parts } as DeepReadonly<ConversationItem>
}

function statusOf(item: DeepReadonly<ConversationItem>): ItemState['status'] {
  const status = 'status' in item ? item.status : undefined
  return status === 'in_progress' || status === 'incomplete' ? status : 'completed'
}
