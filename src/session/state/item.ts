import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ItemState } from './state.js'

/** The field of a content part that contains its text. */
export type TextField = 'text' | 'transcript'

/** A content part in the state, with all its fields from the server. */
export type Part = { readonly type: string } & { readonly [Field in TextField]?: string | null | undefined }

/**
 * The highest index of a content part in the state. Items currently have one or two parts. Events with a higher index are ignored, so that an
 * invalid index does not fill the memory.
 */
const maxContentIndex = 63

/** Returns the id of an item, or `undefined` for an item of an unknown type without one. */
export function itemId(item: DeepReadonly<ConversationItem>): string | undefined {
  return typeof item.id === 'string' ? item.id : undefined
}

/** Returns the state of a new item. */
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
    playedText: undefined,
  }
}

/**
 * Returns the item with the fields that the server now sends. Streamed text is kept where the server sends less of it: `null` transcripts
 * are common, and deltas may arrive after `response.output_item.done`.
 */
export function describeItem(
  state: ItemState,
  item: DeepReadonly<ConversationItem>,
  responseId: string | undefined,
): ItemState {
  const known = contentOf(state.item)
  const described = contentOf(item)
  const isSameType = state.item.type === item.type
  const parts = known && described && isSameType ? mergeParts(known, described) : described
  return {
    ...state,
    item: parts && parts !== described ? withParts(item, parts) : item,
    responseId: state.responseId ?? responseId,
    status: statusOf(item),
  }
}

function mergeParts(known: readonly unknown[], described: readonly unknown[]): readonly unknown[] {
  // The server describes an item that was restored with other parts: text where the original had audio.
  if (described.some((part, index) => isOfOtherForm(part, known[index]))) return described
  let changed = described.length < known.length
  const merged = described.map((part, index) => {
    const field = textField(part)
    if (!isPart(part) || !field || textOf(part, field).length >= textOf(known[index], field).length) return part
    changed = true
    return { ...part, [field]: textOf(known[index], field) }
  })
  return changed ? [...merged, ...known.slice(described.length)] : described
}

function isOfOtherForm(part: unknown, before: unknown): boolean {
  // A part of which only the type is known stands for one whose beginning was missed.
  return isPart(before) && Object.keys(before).length > 1 && textField(part) !== textField(before)
}

/**
 * Returns the item with a content part at an index. Streamed parts have the types `text` and `audio`; in items these are `output_text`
 * and `output_audio`.
 */
export function addPart(state: ItemState, index: number, part: Part | null | undefined): ItemState {
  // Deltas create a part that the server does not describe.
  if (!part) return state
  const type = part.type === 'text' ? 'output_text' : part.type === 'audio' ? 'output_audio' : part.type
  const field: TextField = type === 'output_text' ? 'text' : 'transcript'
  return changePart(state, index, 'output_text', (before) => {
    const text = textOf(part, field).length >= textOf(before, field).length ? part[field] : textOf(before, field)
    return { ...part, type, [field]: text ?? '' }
  })
}

/** Returns the item with its text changed: a delta appends to it, a `done` event replaces it. */
export function changeText(
  state: ItemState,
  index: number,
  field: TextField,
  partType: string,
  change: (before: string) => string,
): ItemState {
  return changePart(state, index, partType, (before) => ({
    ...(isPart(before) ? before : { type: partType }),
    [field]: change(textOf(before, field)),
  }))
}

function changePart(state: ItemState, index: number, fillType: string, change: (before: unknown) => Part): ItemState {
  if (!Number.isInteger(index) || index < 0 || index > maxContentIndex) return state
  const parts = [...(contentOf(state.item) ?? [])]
  while (parts.length < index) parts.push({ type: fillType })
  parts[index] = change(parts[index])
  return { ...state, item: withParts(state.item, parts) }
}

/** Returns the call with changed arguments. */
export function changeArguments(state: ItemState, change: (before: string) => string): ItemState {
  const before = 'arguments' in state.item ? state.item.arguments : ''
  const after = { ...state.item, arguments: change(typeof before === 'string' ? before : '') }
  return { ...state, item: after as DeepReadonly<ConversationItem> }
}

/** Returns an item without the audio of its parts, which only the reply to a retrieval contains. The state does not keep audio. */
export function withoutAudio(item: DeepReadonly<ConversationItem>): DeepReadonly<ConversationItem> {
  const parts = contentOf(item)
  if (!parts?.some((part) => isPart(part) && 'audio' in part)) return item
  return withParts(
    item,
    parts.map((part) => {
      if (!isPart(part)) return part
      const { audio: _, ...rest } = part as Part & { readonly audio?: unknown }
      return rest
    }),
  )
}

/**
 * Returns the typed content parts of an item. An item of an unknown type may have content of any shape.
 */
export function partsOf(item: DeepReadonly<ConversationItem>): readonly Part[] {
  return (contentOf(item) ?? []).filter(isPart)
}

/** Returns the text of a part, or an empty string when the field is not a string. */
export function textOf(part: unknown, field: TextField): string {
  const text = isPart(part) ? part[field] : undefined
  return typeof text === 'string' ? text : ''
}

function textField(part: unknown): TextField | undefined {
  if (!isPart(part)) return undefined
  if (part.type.endsWith('text')) return 'text'
  return part.type.endsWith('audio') ? 'transcript' : undefined
}

/** Returns whether a value is a typed content part. Items of unknown types may have content of any shape. */
export function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function contentOf(item: DeepReadonly<ConversationItem>): readonly unknown[] | undefined {
  return 'content' in item && Array.isArray(item.content) ? item.content : undefined
}

function withParts(item: DeepReadonly<ConversationItem>, parts: readonly unknown[]): DeepReadonly<ConversationItem> {
  return { ...item, content: parts } as DeepReadonly<ConversationItem>
}

function statusOf(item: DeepReadonly<ConversationItem>): ItemState['status'] {
  const status = 'status' in item ? item.status : undefined
  return status === 'in_progress' || status === 'incomplete' ? status : 'completed'
}
