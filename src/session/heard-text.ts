import type { ConversationItemTruncatedEvent } from '../protocol/events/conversation.js'
import type { Heard } from './playback.js'
import { at, findLast } from './state/chunks.js'
import { changeItem } from './state/conversation.js'
import { type Part, partsOf, textOf } from './state/item.js'
import type { ItemState, SessionState } from './state/state.js'

/**
 * A slow rate of speech, in milliseconds a character. It is used where the length of the audio is not known, so that the estimate has
 * too few words rather than words that were never played.
 */
const msPerCharacter = 70

/**
 * The words that fit into the part of a speech that was heard: whole words, in proportion to time. The service does not say when a word
 * is spoken, so this is an estimate.
 */
export function heardTextOf(
  transcript: string,
  { heardMs, receivedMs }: { heardMs: number; receivedMs: number },
): string {
  if (receivedMs <= 0 || heardMs >= receivedMs) return heardMs > 0 ? transcript : ''
  const length = Math.floor((transcript.length * heardMs) / receivedMs)
  if (/^\s|^$/.test(transcript.slice(length, length + 1))) return transcript.slice(0, length).trimEnd()
  return transcript.slice(0, length).replace(/\S+$/, '').trimEnd()
}

/** Returns the state in which an interrupted item has the words that were played. */
export function noteHeard(state: SessionState, { itemId, ...heard }: Heard): SessionState {
  const conversation = changeItem(state.conversation, itemId, (item) => ({
    ...item,
    heardText: playedWords(item, heard),
  }))
  return { ...state, conversation }
}

/**
 * Returns the state after a truncation, whoever asked for it. `parts` is what the playback tracker knows of the item: the length of its
 * audio gives the words that are left. Without it the words stay unknown.
 */
export function noteTruncated(
  state: SessionState,
  { item_id, content_index, audio_end_ms }: ConversationItemTruncatedEvent,
  parts: readonly Heard[],
): SessionState {
  const part = parts.find(({ contentIndex, receivedMs }) => contentIndex === content_index && receivedMs > 0)
  if (!part) return state
  const conversation = changeItem(state.conversation, item_id, (item) => {
    const left = playedWords(item, { ...part, heardMs: audio_end_ms })
    // Truncation never lengthens: of two estimates the shorter one holds.
    const isShorter = item.heardText === undefined || left.length < item.heardText.length
    return isShorter ? { ...item, heardText: left } : item
  })
  return { ...state, conversation }
}

/** What the state knows to have been heard of an item that was interrupted. */
export function findHeardText({ conversation }: SessionState, itemId: string): string | undefined {
  const place = findLast(conversation.items, ({ id }) => id === itemId)
  return place && at(conversation.items, place)?.heardText
}

/**
 * Returns the words of an interrupted item that were played, or `undefined` for an item that was not interrupted. Where the server plays
 * the audio, only the position of the cut is known, and the words are estimated from it.
 */
export function playedTextOf(state: ItemState): string | undefined {
  const { heardText, truncatedAtMs } = state
  if (heardText !== undefined || truncatedAtMs === undefined) return heardText
  const transcript = wordsOfParts(state)
  return heardTextOf(transcript, { heardMs: truncatedAtMs, receivedMs: transcript.length * msPerCharacter })
}

/** Returns the words of a content part: its text, or the transcript of its audio. */
export function wordsOf(part: Part): string {
  return textOf(part, 'text') || textOf(part, 'transcript')
}

/** Returns the words up to a position in one part; the parts before it were played whole. */
function playedWords(state: ItemState, { contentIndex, ...heard }: Omit<Heard, 'itemId'>): string {
  const parts = assistantParts(state).map(wordsOf)
  return [...parts.slice(0, contentIndex), heardTextOf(parts[contentIndex] ?? '', heard)]
    .filter((text) => text !== '')
    .join(' ')
}

function wordsOfParts(state: ItemState): string {
  return assistantParts(state).map(wordsOf).join(' ')
}

function assistantParts({ item }: ItemState): readonly Part[] {
  return item.type === 'message' && item.role === 'assistant' ? partsOf(item) : []
}
