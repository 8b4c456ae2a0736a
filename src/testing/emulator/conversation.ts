import type { ConversationItem } from '../../protocol/items.js'
import { type Sound, soundMs } from './sound.js'

/** An item as the server knows it. */
export interface Entry {
  item: ConversationItem & { readonly id: string }
  /** What was said, while there is room to keep it. */
  sound?: Sound
  /** Length of its audio in milliseconds, also when the sound itself is no longer kept; 0 for none. */
  soundMs: number
  /** What the user said in it, when it was heard. */
  heard?: string
  /** Whether a truncation has taken its transcript away. */
  isTruncated: boolean
}

/** An entry for an item, with its sound if it has any. */
export function createEntry(item: Entry['item'], sound?: Sound): Entry {
  return { item, soundMs: sound ? soundMs(sound) : 0, isTruncated: false, ...(sound ? { sound } : {}) }
}

/** The items of a conversation in their order. */
export interface Conversation {
  readonly entries: readonly Entry[]
  /** The identifier of the last item; `null` when there is none. */
  readonly lastId: string | null
  get(id: string): Entry | undefined
  /** The identifier of the item before another; `null` for the first. */
  previousOf(id: string): string | null
  /** Puts an entry after an item; `null` is the beginning. */
  insertAfter(previousId: string | null, entry: Entry): void
  /** Keeps the sound of an item, at the cost of the oldest ones. */
  keepSound(entry: Entry, sound: Sound): void
  remove(id: string): void
}

/** @param soundBudget how many samples of sound are kept in all; the oldest go first. @defaultValue ten minutes at 24 kHz */
export function createConversation(soundBudget = 14_400_000): Conversation {
  const entries: Entry[] = []
  const byId = new Map<string, Entry>()
  const sounding: Entry[] = []

  function keepSound(entry: Entry, sound: Sound): void {
    entry.soundMs = soundMs(sound)
    forgetSound(entry)
    if (sound.pcm.length === 0) return
    entry.sound = sound
    sounding.push(entry)
    let kept = sounding.reduce((sum, { sound }) => sum + (sound?.pcm.length ?? 0), 0)
    for (const oldest of sounding.slice(0, -1)) {
      if (kept <= soundBudget) break
      kept -= oldest.sound?.pcm.length ?? 0
      forgetSound(oldest)
    }
  }

  function forgetSound(entry: Entry): void {
    delete entry.sound
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
      if (entry.sound) keepSound(entry, entry.sound)
    },
    keepSound,
    remove(id) {
      const entry = byId.get(id)
      if (!entry) return
      byId.delete(id)
      entries.splice(entries.indexOf(entry), 1)
      forgetSound(entry)
    },
  }
}
