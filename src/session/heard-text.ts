import type { Heard } from './playback.js'
import { at, findLast } from './state/chunks.js'
import { changeItem } from './state/conversation.js'
import type { ItemState, SessionState } from './state/state.js'

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

/** The state in which an interrupted item says what of it was heard. */
export function noteHeard(state: SessionState, { itemId, ...heard }: Heard): SessionState {
  const conversation = changeItem(state.conversation, itemId, (item) => ({
    ...item,
    heardText: heardTextOf(transcriptOf(item), heard),
  }))
  return { ...state, conversation }
}

/** What the state knows to have been heard of an item that was interrupted. */
export function findHeardText({ conversation }: SessionState, itemId: string): string | undefined {
  const place = findLast(conversation.items, ({ id }) => id === itemId)
  return place && at(conversation.items, place)?.heardText
}

function transcriptOf({ item }: ItemState): string {
  if (item.type !== 'message' || item.role !== 'assistant') return ''
  return item.content.map(({ text, transcript }) => transcript ?? text ?? '').join(' ')
}
