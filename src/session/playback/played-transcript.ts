import type { ConversationItemTruncatedEvent } from '../../protocol/events/conversation.js'
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

/** Returns the state with the played text of an interrupted item. */
export function recordPlayedText(state: SessionState, { itemId, ...progress }: PlaybackProgress): SessionState {
  const conversation = changeItem(state.conversation, itemId, (item) => ({
    ...item,
    playedText: playedWords(item, progress),
  }))
  return { ...state, conversation }
}

/**
 * Returns the state after a truncation by any client. `parts` is the progress of the item in the playback tracker. The duration of its
 * audio determines the remaining text. Without it, the remaining text stays unknown.
 */
export function recordTruncated(
  state: SessionState,
  { item_id, content_index, audio_end_ms }: ConversationItemTruncatedEvent,
  parts: readonly PlaybackProgress[],
): SessionState {
  const part = parts.find(({ contentIndex, receivedMs }) => contentIndex === content_index && receivedMs > 0)
  if (!part) return state
  const conversation = changeItem(state.conversation, item_id, (item) => {
    const remaining = playedWords(item, { ...part, playedMs: audio_end_ms })
    // Truncation only shortens, so the shorter of two estimates is kept.
    const isShorter = item.playedText === undefined || remaining.length < item.playedText.length
    return isShorter ? { ...item, playedText: remaining } : item
  })
  return { ...state, conversation }
}

/**
 * Returns the played text of an interrupted item, or `undefined` for other items. When the server plays the audio, only the position of the
 * truncation is known, and the text is estimated from it.
 */
export function playedTextOf(state: ItemState): string | undefined {
  const { playedText, truncatedAtMs } = state
  if (playedText !== undefined || truncatedAtMs === undefined) return playedText
  const transcript = wordsOfParts(state)
  return cutTranscript(transcript, { playedMs: truncatedAtMs, receivedMs: transcript.length * msPerCharacter })
}

/** Returns the text of a content part, or the transcript of its audio. */
export function wordsOf(part: Part): string {
  return textOf(part, 'text') || textOf(part, 'transcript')
}

/** Returns the text up to a position in one part. The parts before it were played completely. */
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
