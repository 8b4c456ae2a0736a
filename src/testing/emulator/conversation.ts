import type { ConversationItem } from '../../protocol/items.js'
import { audioMs, type PcmAudio } from './pcm-audio.js'

/** An item of the conversation, with what the server keeps about it. */
export interface Entry {
  item: ConversationItem & { readonly id: string }
  /** Audio of the item. The oldest audio is dropped first when the budget is used up. */
  audio?: PcmAudio
  /** Length of the audio in milliseconds, even when the audio itself has been dropped. 0 without audio. */
  audioMs: number
  /** Transcript of a user turn, once it is transcribed. */
  userText?: string
  /** Whether a truncation has removed the transcript. */
  isTruncated: boolean
}

/** Creates an entry for an item, with its audio if there is any. */
export function createEntry(item: Entry['item'], audio?: PcmAudio): Entry {
  return { item, audioMs: audio ? audioMs(audio) : 0, isTruncated: false, ...(audio ? { audio } : {}) }
}

/** The items of a conversation, in order. */
export interface Conversation {
  readonly entries: readonly Entry[]
  /** Identifier of the last item, or `null` in an empty conversation. */
  readonly lastId: string | null
  get(id: string): Entry | undefined
  /** Returns the identifier of the previous item, or `null` for the first one. */
  previousOf(id: string): string | null
  /** Inserts an entry after an item. `null` inserts it at the start. */
  insertAfter(previousId: string | null, entry: Entry): void
  /** Stores the audio of an item and drops the oldest audio that exceeds the budget. */
  keepAudio(entry: Entry, audio: PcmAudio): void
  remove(id: string): void
}

/**
 * @param soundBudget - Maximum number of audio samples to keep. The oldest audio is dropped first. @defaultValue 14_400_000, ten minutes
 *   at 24 kHz
 */
export function createConversation(soundBudget = 14_400_000): Conversation {
  const entries: Entry[] = []
  const byId = new Map<string, Entry>()
  const sounding: Entry[] = []

  function keepSound(entry: Entry, audio: PcmAudio): void {
    entry.audioMs = audioMs(audio)
    forgetSound(entry)
    if (audio.pcm.length === 0) return
    entry.audio = audio
    sounding.push(entry)
    let kept = sounding.reduce((sum, { audio }) => sum + (audio?.pcm.length ?? 0), 0)
    for (const oldest of sounding.slice(0, -1)) {
      if (kept <= soundBudget) break
      kept -= oldest.audio?.pcm.length ?? 0
      forgetSound(oldest)
    }
  }

  function forgetSound(entry: Entry): void {
    delete entry.audio
    const index = sounding.indexOf(entry)
    if (index >= 0) sounding.splice(index, 1)
  }

  const idAt = (index: number) => entries[index]?.item.id ?? null

  return {
    entries,
    get lastId() {
      return idAt(entries.length - 1)
    },
    get: (id) => byId.get(id),
    previousOf(id) {
      return idAt(entries.findIndex(({ item }) => item.id === id) - 1)
    },
    insertAfter(previousId, entry) {
      const index = previousId === null ? 0 : entries.findIndex(({ item }) => item.id === previousId) + 1
      entries.splice(index, 0, entry)
      byId.set(entry.item.id, entry)
      if (entry.audio) keepSound(entry, entry.audio)
    },
    keepAudio: keepSound,
    remove(id) {
      const entry = byId.get(id)
      if (!entry) return
      byId.delete(id)
      entries.splice(entries.indexOf(entry), 1)
      forgetSound(entry)
    },
  }
}
