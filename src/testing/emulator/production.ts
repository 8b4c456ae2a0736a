import type { AudioFormat } from '../../protocol/audio-format.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { type Conversation, createEntry, type Entry } from './conversation.js'
import type { Sound } from './sound.js'
import type { TokenCount } from './usage.js'

/** A server event before it has its identifier. */
export type Outgoing = ServerEvent extends infer Event
  ? Event extends ServerEvent
    ? Omit<Event, 'event_id'>
    : never
  : never

/** Sends an event to the client. */
export type Emit = (event: Outgoing) => void

/**
 * The making of output: each value is the time on the clock at which to go on. Ending it early runs its `finally` blocks, which
 * close what is open.
 */
export type Production<Result> = Generator<number, Result, void>

/** Where a response writes to, and how fast. */
export interface Desk {
  readonly responseId: string
  readonly emit: Emit
  /** Milliseconds on the clock. */
  now(): number
  /** Output is made this many times faster than it would be heard. */
  readonly pace: number
  /** The encoding of audio on the wire. */
  readonly format: AudioFormat
  /** The conversation that takes the items; none when the response is out of band. */
  readonly conversation: Conversation | undefined
  /** What was produced. */
  readonly output: ConversationItem[]
  readonly tokens: TokenCount
  /** How many tokens may be produced in all. */
  readonly tokenLimit: number
  /** Sends some sound of a part, or plays it. */
  sound(place: Place, sound: Sound): void
}

/** Where in a response a part of a message stands. */
export interface Place {
  readonly response_id: string
  readonly item_id: string
  readonly output_index: number
  readonly content_index: 0
}

/** An item that is being written. */
export interface OpenItem {
  readonly outputIndex: number
  /** Its place in the conversation, if it has one. */
  readonly entry: Entry | undefined
}

type Item = Entry['item']

/** Begins an item of a response. */
export function openItem({ responseId, emit, conversation, output }: Desk, item: Item): OpenItem {
  const outputIndex = output.length
  emit({ type: 'response.output_item.added', response_id: responseId, output_index: outputIndex, item })
  if (!conversation) return { outputIndex, entry: undefined }
  const previousId = conversation.lastId
  const entry = createEntry(item)
  conversation.insertAfter(previousId, entry)
  emit({ type: 'conversation.item.added', previous_item_id: previousId, item })
  return { outputIndex, entry }
}

/** Ends an item of a response. A client may have deleted it meanwhile; then the conversation hears no more of it. */
export function closeItem(
  { responseId, emit, conversation, output }: Desk,
  { outputIndex, entry }: OpenItem,
  item: Item,
): void {
  output.push(item)
  if (conversation && entry && conversation.get(item.id) === entry) {
    entry.item = entry.isTruncated ? withoutTranscript(item) : item
    emit({ type: 'conversation.item.done', previous_item_id: conversation.previousOf(item.id), item: entry.item })
  }
  emit({ type: 'response.output_item.done', response_id: responseId, output_index: outputIndex, item })
}

/** Takes tokens from what is left; false when there are not enough. */
export function spend({ tokens, tokenLimit }: Desk, kind: keyof TokenCount, count: number): boolean {
  if (tokens.text + tokens.audio + count > tokenLimit) return false
  tokens[kind] += count
  return true
}

/** An assistant message after a truncation: its words are gone. */
export function withoutTranscript(item: Item): Item {
  if (item.type !== 'message' || item.role !== 'assistant') return item
  return {
    ...item,
    content: item.content.map((part) => (part.type === 'output_audio' ? { ...part, transcript: '' } : part)),
  }
}
