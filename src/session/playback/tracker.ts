import { createEmitter } from '../../internal/emitter.js'

/** The audio of one content part of one item. */
export interface AudioPart {
  readonly itemId: string
  /** @defaultValue 0 */
  readonly contentIndex?: number | undefined
}

/** How much of a content part was played. */
export interface PlaybackProgress {
  readonly itemId: string
  readonly contentIndex: number
  /** Played audio from the start of the part, in whole milliseconds. Never more than `receivedMs`. */
  readonly playedMs: number
  /** Audio that the server has sent, in milliseconds. */
  readonly receivedMs: number
}

/** The first audio of a part was played. */
interface AudibleEvent {
  readonly part: AudioPart
  /** How long ago, in milliseconds. */
  readonly agoMs: number
}

/** More audio of a part was played. */
export interface PlayedEvent {
  readonly part: AudioPart
  /** How much, in milliseconds. It was played until now. */
  readonly ms: number
}

/**
 * Tracks how much of the model's audio the user has heard. Players report to it: a speaker, or the marks of a phone call. Interruption reads
 * it. In a session without reports, the server's history is not changed on an interruption.
 * @example
 * ```ts
 * session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
 *   const part = { itemId: item_id, contentIndex: content_index }
 *   if (session.playback.enqueued(part)) play(decodeBase64(delta), (ms) => session.playback.played(part, ms))
 * })
 * ```
 */
export interface Playback {
  /** Reports that a player has queued audio of a part. Returns `false` when the part was interrupted: drop the audio. */
  enqueued(part: AudioPart): boolean
  /** Reports that another `ms` milliseconds of a part were played. */
  played(part: AudioPart, ms: number): void
  /** Returns the progress of each content part of an item. */
  progress(itemId: string): readonly PlaybackProgress[]
  /** Calls the listener when the first audio of a part was played. Returns an unsubscribe function. */
  onAudible(listener: (event: AudibleEvent) => void): () => void
  /** Calls the listener with each report of a player. Reports about interrupted parts are left out. Returns an unsubscribe function. */
  onPlayed(listener: (event: PlayedEvent) => void): () => void
  /** Whether a player has audio that is not fully played. */
  readonly isPlaying: boolean
}

/** The tracker as the session uses it. It has no getters, because V8 stores an object that has one as a hash table. */
export interface PlaybackTracker extends Omit<Playback, 'isPlaying'> {
  /** Audio of a part arrived from the server. */
  received(part: AudioPart, ms: number, responseId?: string): void
  /**
   * The server has sent all audio of a part, of an item, or of a response. Servers may omit `response.output_audio.done`, so the end of the
   * item or of the response counts too.
   */
  completed(what: AudioPart | { readonly responseId: string }): void
  /**
   * Interrupts the parts that are not fully played, of the given items or of all, and returns them in the order of arrival. Returns an empty
   * list when no player reports to the tracker.
   */
  cut(itemIds?: readonly string[]): readonly PlaybackProgress[]
  /** Returns the items with audio of a response. */
  itemIdsOf(responseId: string): readonly string[]
  /** Returns the audio of responses. */
  summarize(responseIds: readonly string[]): AudioSummary
  /** Calls the listener when more was played, received completely, or interrupted. Returns an unsubscribe function. */
  onProgress(listener: () => void): () => void
  /** Returns the items that a player has queued and not fully played. */
  playingItemIds(): readonly string[]
}

/** The audio of some responses. */
export interface AudioSummary {
  /** Audio that the server has sent, in milliseconds. */
  readonly audioMs: number
  /** Audio that a player has queued and not played, in milliseconds. `undefined` when no player plays one of the responses. */
  readonly leftMs: number | undefined
  /** Whether a part was interrupted before its end. */
  readonly isCut: boolean
}

interface TrackedPart {
  readonly itemId: string
  readonly contentIndex: number
  receivedMs: number
  playedMs: number
  /** Whether the server has sent all of its audio. */
  isComplete: boolean
  isCut: boolean
  /** Whether a player has queued it. */
  isQueued: boolean
  responseId: string | undefined
}

/** How many parts are kept, apart from those that a player has not finished. */
const maxParts = 64

/** How many unfinished parts are kept. The oldest of more is dropped, so that a faulty server does not fill the memory. */
const maxPendingParts = 1024

/** Players report fractions whose sum is not exact. A shorter rest than this counts as played. */
const toleranceMs = 1

export function createPlaybackTracker(): PlaybackTracker {
  // In the order of arrival. Lookups go through the item, because an item has few parts.
  const parts = new Set<TrackedPart>()
  const byItem = new Map<string, TrackedPart[]>()
  const emitter = createEmitter<{ audible: AudibleEvent; played: PlayedEvent; progress: undefined }>()
  let last: TrackedPart | undefined
  let hasPlayer = false

  const isFinished = ({ isCut, isComplete, playedMs, receivedMs }: TrackedPart) =>
    isCut || (isComplete && receivedMs - playedMs < toleranceMs)
  const pending = () => [...parts].filter((part) => !isFinished(part))
  const playing = () => pending().filter(({ isQueued }) => isQueued)

  /** Returns a part. Consecutive deltas belong to the same part, so the last one is checked first. */
  function partOf({ itemId, contentIndex = 0 }: AudioPart): TrackedPart {
    if (last?.itemId === itemId && last.contentIndex === contentIndex) return last
    last = byItem.get(itemId)?.find((part) => part.contentIndex === contentIndex) ?? addPart(itemId, contentIndex)
    return last
  }

  function addPart(itemId: string, contentIndex: number): TrackedPart {
    const part: TrackedPart = {
      itemId,
      contentIndex,
      receivedMs: 0,
      playedMs: 0,
      isComplete: false,
      isCut: false,
      isQueued: false,
      responseId: undefined,
    }
    parts.add(part)
    byItem.set(itemId, [...(byItem.get(itemId) ?? []), part])
    for (const oldest of parts) {
      if (parts.size <= maxParts) break
      if (!hasPlayer || isFinished(oldest) || parts.size > maxPendingParts) removePart(oldest)
    }
    return part
  }

  function removePart(part: TrackedPart): void {
    parts.delete(part)
    if (last === part) last = undefined
    const rest = byItem.get(part.itemId)?.filter((other) => other !== part) ?? []
    if (rest.length > 0) byItem.set(part.itemId, rest)
    else byItem.delete(part.itemId)
  }

  function matching(what: AudioPart | { readonly responseId: string }): readonly TrackedPart[] {
    if ('responseId' in what) return [...parts].filter(({ responseId }) => responseId === what.responseId)
    const { itemId, contentIndex } = what
    const ofItem = byItem.get(itemId) ?? []
    return contentIndex === undefined ? ofItem : ofItem.filter((part) => part.contentIndex === contentIndex)
  }

  function describe({ itemId, contentIndex, playedMs, receivedMs }: TrackedPart): PlaybackProgress {
    return { itemId, contentIndex, receivedMs, playedMs: Math.floor(Math.min(playedMs, receivedMs)) }
  }

  return {
    received(audioPart, ms, responseId) {
      const part = partOf(audioPart)
      part.responseId ??= responseId
      // Late deltas of an interrupted response are ignored.
      if (!part.isCut) part.receivedMs += ms
    },
    completed(what) {
      for (const part of matching(what)) part.isComplete = true
      emitter.emit('progress', undefined)
    },
    enqueued(audioPart) {
      hasPlayer = true
      const part = partOf(audioPart)
      part.isQueued = true
      return !part.isCut
    },
    played(audioPart, ms) {
      hasPlayer = true
      const part = partOf(audioPart)
      part.isQueued = true
      if (part.isCut || !(ms > 0)) return
      const isFirst = part.playedMs === 0
      part.playedMs += ms
      if (isFirst) emitter.emit('audible', { part: audioPart, agoMs: ms })
      emitter.emit('played', { part: audioPart, ms })
      emitter.emit('progress', undefined)
    },
    progress: (itemId) => matching({ itemId }).map(describe),
    onAudible: (listener) => emitter.on('audible', listener),
    onPlayed: (listener) => emitter.on('played', listener),
    onProgress: (listener) => emitter.on('progress', listener),
    summarize(responseIds) {
      const own = responseIds.flatMap((responseId) => matching({ responseId }))
      const left = own.filter((part) => part.isQueued && !isFinished(part))
      const restMs = ({ receivedMs, playedMs }: TrackedPart) => Math.max(0, receivedMs - playedMs)
      return {
        audioMs: own.reduce((sum, { receivedMs }) => sum + receivedMs, 0),
        leftMs: left.length > 0 ? left.reduce((sum, part) => sum + restMs(part), 0) : undefined,
        isCut: own.some((part) => part.isCut && restMs(part) >= toleranceMs),
      }
    },
    itemIdsOf: (responseId) => [...new Set(matching({ responseId }).map(({ itemId }) => itemId))],
    playingItemIds: () => playing().map(({ itemId }) => itemId),
    cut(itemIds) {
      if (!hasPlayer) return []
      const unplayed = pending().filter(({ itemId }) => itemIds?.includes(itemId) ?? true)
      for (const part of unplayed) part.isCut = true
      emitter.emit('progress', undefined)
      return unplayed.map(describe)
    },
  }
}

/** Returns the part of a tracker that players use. */
export function playbackOf(tracker: PlaybackTracker): Playback {
  const { enqueued, played, progress, onAudible, onPlayed, playingItemIds } = tracker
  return {
    enqueued,
    played,
    progress,
    onAudible,
    onPlayed,
    get isPlaying() {
      return playingItemIds().length > 0
    },
  }
}
