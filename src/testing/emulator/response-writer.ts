import type { AudioFormat } from '../../protocol/audio-format.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { type Conversation, createEntry, type Entry } from './conversation.js'
import type { PcmAudio } from './pcm-audio.js'
import type { TokenCount } from './usage.js'

/** A server event without its `event_id`. */
export type OutgoingEvent = ServerEvent extends infer Event
  ? Event extends ServerEvent
    ? Omit<Event, 'event_id'>
    : never
  : never

/** Sends an event to the client. */
export type Emit = (event: OutgoingEvent) => void

/**
 * A generator of output. Each yielded value is the clock time at which it continues. Closing it runs its `finally` blocks, which complete
 * the open items.
 */
export type TimedGenerator<Result> = Generator<number, Result, void>

/** The target of a response: its events, conversation, pace, and token limit. */
export interface ResponseWriter {
  readonly responseId: string
  readonly emit: Emit
  /** Returns the time of the clock in milliseconds. */
  now(): number
  /** Speed of the output relative to real time. */
  readonly pace: number
  /** Audio format of the events. */
  readonly format: AudioFormat
  /** The conversation that receives the items. `undefined` for an out-of-band response. */
  readonly conversation: Conversation | undefined
  /** The items that have been started, in order. */
  readonly output: ConversationItem[]
  /** Completes the item in front of the current one, if it is still open. */
  completePrevious: () => void
  readonly tokens: TokenCount
  /** Maximum number of output tokens. */
  readonly tokenLimit: number
  /** Sends audio of a content part, or plays it on the media track. */
  writeAudio(place: PartPosition, audio: PcmAudio): void
}

/** Position of a content part in a response. */
export interface PartPosition {
  readonly response_id: string
  readonly item_id: string
  readonly output_index: number
  readonly content_index: 0
}

/** An item that is being written. */
export interface OpenItem {
  readonly outputIndex: number
  /** The item's entry in the conversation, if the response is in band. */
  readonly entry: Entry | undefined
}

type Item = Entry['item']

/** Starts an item of a response. */
export function openItem({ responseId, emit, conversation, output }: ResponseWriter, item: Item): OpenItem {
  const outputIndex = output.push(item) - 1
  emit({ type: 'response.output_item.added', response_id: responseId, output_index: outputIndex, item })
  if (!conversation) return { outputIndex, entry: undefined }
  const previousId = conversation.lastId
  const entry = createEntry(item)
  conversation.insertAfter(previousId, entry)
  emit({ type: 'conversation.item.added', previous_item_id: previousId, item })
  return { outputIndex, entry }
}

/** Completes an item of a response. If a client has deleted the item, the conversation is not changed. */
export function closeItem(
  { responseId, emit, conversation, output }: ResponseWriter,
  { outputIndex, entry }: OpenItem,
  item: Item,
): void {
  output[outputIndex] = item
  if (conversation && entry && conversation.get(item.id) === entry) {
    entry.item = entry.isTruncated ? withoutTranscript(item) : item
    const previousId = conversation.previousOf(item.id)
    // Recorded: `conversation.item.done` of an output item that follows the first item has `null`, and every later one has the id.
    const isAfterFirst = previousId !== null && conversation.previousOf(previousId) === null
    emit({ type: 'conversation.item.done', previous_item_id: isAfterFirst ? null : previousId, item: entry.item })
  }
  emit({ type: 'response.output_item.done', response_id: responseId, output_index: outputIndex, item })
}

/**
 * Defers the completion of an item until the next item has started, as models do that interleave output items. The item is completed by
 * `writer.completePrevious()`.
 */
export function deferCompletion(writer: ResponseWriter, complete: () => void): void {
  writer.completePrevious = () => {
    writer.completePrevious = () => {}
    complete()
  }
}

/** Consumes output tokens. Returns `false` when fewer than `count` are left. */
export function takeTokens({ tokens, tokenLimit }: ResponseWriter, kind: keyof TokenCount, count: number): boolean {
  if (tokens.text + tokens.audio + count > tokenLimit) return false
  tokens[kind] += count
  return true
}

/** Returns an assistant message without its transcript, as after a truncation. */
export function withoutTranscript(item: Item): Item {
  if (item.type !== 'message' || item.role !== 'assistant') return item
  return {
    ...item,
    content: item.content.map((part) => (part.type === 'output_audio' ? { ...part, transcript: '' } : part)),
  }
}
