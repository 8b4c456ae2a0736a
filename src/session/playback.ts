import { createEmitter } from '../internal/emitter.js'

/** The sound of one content part of one item. */
export interface AudioPart {
  readonly itemId: string
  /** @default 0 */
  readonly contentIndex?: number | undefined
}

/** What was heard of an item. */
export interface Heard {
  readonly itemId: string
  readonly contentIndex: number
  /** Whole milliseconds from the beginning of the part; never more than the server has sent. */
  readonly heardMs: number
  /** Milliseconds of sound that the server has sent. */
  readonly receivedMs: number
}

/**
 * The ledger of what the listener heard, fed by whatever plays the sound: a speaker, the marks of a telephone line. Interruption reads
 * it. A session whose ledger is never fed leaves the server's memory of its speech alone.
 */
export interface Playback {
  /** Sound was taken over for playing. False says that it was interrupted meanwhile: drop it. */
  enqueued(part: AudioPart): boolean
  /** So much more of a part was heard, in milliseconds. */
  played(part: AudioPart, ms: number): void
  /** What was heard of an item so far, part by part. */
  heard(itemId: string): readonly Heard[]
  /**
   * Listens for the first sound of each part that is heard; the answer undoes it. `agoMs` is how long ago it began to be heard, in milliseconds.
   */
  onAudible(listener: (event: { readonly part: AudioPart; readonly agoMs: number }) => void): () => void
  /** Whether sound that a player has taken over is waiting or being heard. */
  readonly isPlaying: boolean
}

/** The ledger with the side that only the session may use. */
export interface Ledger extends Playback {
  /** Audio arrived from the server, as a part of a response if that is known. */
  received(part: AudioPart, ms: number, responseId?: string): void
  /**
   * The server has sent all audio of a part, of an item, or of a response. Servers may omit `response.output_audio.done`, so the end of
   * what contains the part counts as well.
   */
  completed(what: AudioPart | { readonly responseId: string }): void
  /**
   * Cuts off the parts that are not fully played, of the given items or of all, and returns them in the order of arrival. Returns nothing when
   * no player reports to the tracker.
   */
  cut(itemIds?: readonly string[]): readonly Heard[]
  /** The items that a player has and has not fully played. */
  readonly playingItemIds: readonly string[]
}

interface Entry {
  readonly itemId: string
  readonly contentIndex: number
  receivedMs: number
  playedMs: number
  isComplete: boolean
  isCut: boolean
  /** Whether a player has it; what nobody plays is not waited for. */
  isTaken: boolean
  /** The response that it belongs to, if that is known. */
  responseId: string | undefined
}

/** What is over is asked for seldom, and only shortly after. */
const rememberedParts = 64

/** How many parts may wait to be played at once. The oldest of more is forgotten: a server that goes wrong must not fill the memory. */
const maxPendingParts = 1024

/** Players report in fractions that do not add up to the last bit; less than this is nothing that anybody could miss. */
const toleranceMs = 1

function isPartOf(entry: Entry, what: AudioPart | { readonly responseId: string }): boolean {
  if ('responseId' in what) return entry.responseId === what.responseId
  const { itemId, contentIndex } = what
  return entry.itemId === itemId && (contentIndex === undefined || entry.contentIndex === contentIndex)
}

export function createLedger(): Ledger {
  const entries = new Map<string, Entry>()
  const emitter = createEmitter<{ audible: { readonly part: AudioPart; readonly agoMs: number } }>()
  let isFed = false

  const keyOf = ({ itemId, contentIndex = 0 }: AudioPart) => `${contentIndex} ${itemId}`
  const isOver = ({ isCut, isComplete, playedMs, receivedMs }: Entry) =>
    isCut || (isComplete && receivedMs - playedMs < toleranceMs)
  const pending = () => [...entries.values()].filter((entry) => !isOver(entry))

  function entryOf(part: AudioPart): Entry {
    const key = keyOf(part)
    const known = entries.get(key)
    if (known) return known
    const { itemId, contentIndex = 0 } = part
    const entry: Entry = {
      itemId,
      contentIndex,
      receivedMs: 0,
      playedMs: 0,
      isComplete: false,
      isCut: false,
      isTaken: false,
      responseId: undefined,
    }
    entries.set(key, entry)
    for (const [oldest, candidate] of entries) {
      if (entries.size <= rememberedParts) break
      if (!isFed || isOver(candidate) || entries.size > maxPendingParts) entries.delete(oldest)
    }
    return entry
  }

  function describe({ itemId, contentIndex, playedMs, receivedMs }: Entry): Heard {
    return { itemId, contentIndex, receivedMs, heardMs: Math.floor(Math.min(playedMs, receivedMs)) }
  }

  return {
    received(part, ms, responseId) {
      const entry = entryOf(part)
      entry.responseId ??= responseId
      // Late deltas of an interrupted response are ignored.
      if (!entry.isCut) entry.receivedMs += ms
    },
    completed(what) {
      for (const entry of entries.values()) if (isPartOf(entry, what)) entry.isComplete = true
    },
    enqueued(part) {
      isFed = true
      const entry = entryOf(part)
      entry.isTaken = true
      return !entry.isCut
    },
    played(part, ms) {
      isFed = true
      const entry = entryOf(part)
      entry.isTaken = true
      if (entry.isCut || !(ms > 0)) return
      const isFirst = entry.playedMs === 0
      entry.playedMs += ms
      if (isFirst) emitter.emit('audible', { part, agoMs: ms })
    },
    heard: (itemId) => [...entries.values()].filter((entry) => entry.itemId === itemId).map(describe),
    onAudible: (listener) => emitter.on('audible', listener),
    get isPlaying() {
      return pending().some(({ isTaken }) => isTaken)
    },
    get playingItemIds() {
      return pending().flatMap(({ isTaken, itemId }) => (isTaken ? [itemId] : []))
    },
    cut(itemIds) {
      if (!isFed) return []
      const unheard = pending().filter(({ itemId }) => itemIds?.includes(itemId) ?? true)
      for (const entry of unheard) entry.isCut = true
      return unheard.map(describe)
    },
  }
}
