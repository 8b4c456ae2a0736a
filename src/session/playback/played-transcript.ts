import type { ConversationItemTruncatedEvent } from '../../protocol/events/conversation.js'
import { at, findLast } from '../state/chunks.js'
import { changeItem } from '../state/conversation.js'
import { type Part, partsOf, textOf } from '../state/item.js'
import type { ItemState, SessionState } from '../state/state.js'
import type { PlaybackProgress } from './tracker.js'

/**
 * A slow rate of speech, in milliseconds a character. It is used where the length of the audio is not known, so that the estimate has
 * too few words rather than words that were never played.
 */
const msPerCharacter = 70

/**
 * Returns the part of a transcript that was played: whole words, in proportion to time. This is an estimate, because the service does not
 * report when each word is spoken.
 */
export function cutTranscript(
  transcript: string,
  { playedMs, receivedMs }: { playedMs: number; receivedMs: number },
): string {
  if (receivedMs <= 0 || playedMs >= receivedMs) return playedMs > 0 ? transcript : ''
  const length = Math.floor((transcript.length * playedMs) / receivedMs)
  if (/^\s|^$/.test(transcript.slice(length, length + 1))) return transcript.slice(0, length).trimEnd()
  return transcript.slice(0, length).replace(/\S+$/, '').trimEnd()
}

/** Returns the state in which an interrupted item has the words that were played. */
export function recordPlayedText(state: SessionState, { itemId, ...progress }: PlaybackProgress): SessionState {
  const conversation = changeItem(state.conversation, itemId, (item) => ({
    ...item,
    playedText: playedWords(item, progress),
  }))
  return { ...state, conversation }
}

/**
 * Returns the state after a truncation, whoever asked for it. `parts` is what the playback tracker knows of the item: the length of its
 * audio gives the words that are left. Without it the words stay unknown.
 */
export function recordTruncated(
  state: SessionState,
  { item_id, content_index, audio_end_ms }: ConversationItemTruncatedEvent,
  parts: readonly PlaybackProgress[],
): SessionState {
  const part = parts.find(({ contentIndex, receivedMs }) => contentIndex === content_index && receivedMs > 0)
  if (!part) return state
  const conversation = changeItem(state.conversation, item_id, (item) => {
    const left = playedWords(item, { ...part, playedMs: audio_end_ms })
    // Truncation never lengthens: of two estimates the shorter one holds.
    const isShorter = item.playedText === undefined || left.length < item.playedText.length
    return isShorter ? { ...item, playedText: left } : item
  })
  return { ...state, conversation }
}

/** Returns the played words of an interrupted item, as recorded in the state. */
export function findPlayedText({ conversation }: SessionState, itemId: string): string | undefined {
  const place = findLast(conversation.items, ({ id }) => id === itemId)
  return place && at(conversation.items, place)?.playedText
}

/**
 * Returns the words of an interrupted item that were played, or `undefined` for an item that was not interrupted. Where the server plays
 * the audio, only the position of the cut is known, and the words are estimated from it.
 */
export function playedTextOf(state: ItemState): string | undefined {
  const { playedText, truncatedAtMs } = state
  if (playedText !== undefined || truncatedAtMs === undefined) return playedText
  const transcript = wordsOfParts(state)
  return cutTranscript(transcript, { playedMs: truncatedAtMs, receivedMs: transcript.length * msPerCharacter })
}

/** Returns the words of a content part: its text, or the transcript of its audio. */
export function wordsOf(part: Part): string {
  return textOf(part, 'text') || textOf(part, 'transcript')
}

/** Returns the words up to a position in one part; the parts before it were played whole. */
function playedWords(state: ItemState, { contentIndex, ...progress }: Omit<PlaybackProgress, 'itemId'>): string {
  const parts = assistantParts(state).map(wordsOf)
  return [...parts.slice(0, contentIndex), cutTranscript(parts[contentIndex] ?? '', progress)]
    .filter((text) => text !== '')
    .join(' ')
}

function wordsOfParts(state: ItemState): string {
  return assistantParts(state).map(wordsOf).join(' ')
}

function assistantParts({ item }: ItemState): readonly Part[] {
  return item.type === 'message' && item.role === 'assistant' ? partsOf(item) : []
}
