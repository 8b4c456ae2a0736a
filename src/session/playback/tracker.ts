import { addListener, createListeners, emit, type Listeners } from '../../internal/emitter.js'
import { createSharedGetter } from '../../internal/shared-getter.js'

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

/** What the server has sent and players have played. It is plain data with functions beside it, as each audio delta of each session is recorded. */
export interface PlaybackTracker {
  /** In the order of arrival. */
  readonly parts: TrackedPart[]
  readonly listeners: Listeners<{ audible: AudibleEvent; played: PlayedEvent; progress: undefined }>
  /** The part that was used last. Consecutive deltas belong to the same part. */
  last: TrackedPart | undefined
  /** Whether a player reports to the tracker. */
  hasPlayer: boolean
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
  return { parts: [], listeners: createListeners(), last: undefined, hasPlayer: false }
}

/** Audio of a part arrived from the server. */
export function recordReceived(
  tracker: PlaybackTracker,
  itemId: string,
  contentIndex: number,
  ms: number,
  responseId?: string,
): void {
  const part = partOf(tracker, itemId, contentIndex)
  part.responseId ??= responseId
  // Late deltas of an interrupted response are ignored.
  if (!part.isCut) part.receivedMs += ms
}

/**
 * The server has sent all audio of a part, of an item, or of a response. Servers may omit `response.output_audio.done`, so the end of the item
 * or of the response counts too.
 */
export function recordCompleted(tracker: PlaybackTracker, what: AudioPart | { readonly responseId: string }): void {
  for (const part of matching(tracker, what)) part.isComplete = true
  emit(tracker.listeners, 'progress', undefined)
}

/** A player has queued audio of a part. Returns `false` when the part was interrupted. */
export function recordEnqueued(tracker: PlaybackTracker, { itemId, contentIndex = 0 }: AudioPart): boolean {
  tracker.hasPlayer = true
  const part = partOf(tracker, itemId, contentIndex)
  part.isQueued = true
  return !part.isCut
}

/** Another `ms` milliseconds of a part were played. */
export function recordPlayed(tracker: PlaybackTracker, audioPart: AudioPart, ms: number): void {
  const { listeners } = tracker
  tracker.hasPlayer = true
  const part = partOf(tracker, audioPart.itemId, audioPart.contentIndex ?? 0)
  part.isQueued = true
  if (part.isCut || !(ms > 0)) return
  const isFirst = part.playedMs === 0
  part.playedMs += ms
  if (isFirst) emit(listeners, 'audible', { part: audioPart, agoMs: ms })
  emit(listeners, 'played', { part: audioPart, ms })
  emit(listeners, 'progress', undefined)
}

/** Returns the progress of each content part of an item. */
export function progressOf(tracker: PlaybackTracker, itemId: string): readonly PlaybackProgress[] {
  return matching(tracker, { itemId }).map(describe)
}

/** Calls the listener when more was played, received completely, or interrupted. Returns an unsubscribe function. */
export function onProgress({ listeners }: PlaybackTracker, listener: () => void): () => void {
  return addListener(listeners, 'progress', listener)
}

/** Returns the audio of responses. */
export function summarizeAudio(tracker: PlaybackTracker, responseIds: readonly string[]): AudioSummary {
  const own = responseIds.flatMap((responseId) => matching(tracker, { responseId }))
  const left = own.filter((part) => part.isQueued && !isFinished(part))
  const restMs = ({ receivedMs, playedMs }: TrackedPart) => Math.max(0, receivedMs - playedMs)
  return {
    audioMs: own.reduce((sum, { receivedMs }) => sum + receivedMs, 0),
    leftMs: left.length > 0 ? left.reduce((sum, part) => sum + restMs(part), 0) : undefined,
    isCut: own.some((part) => part.isCut && restMs(part) >= toleranceMs),
  }
}

/** Returns the items with audio of a response. */
export function itemIdsOf(tracker: PlaybackTracker, responseId: string): readonly string[] {
  return [...new Set(matching(tracker, { responseId }).map(({ itemId }) => itemId))]
}

/** Returns the items that a player has queued and not fully played. */
export function playingItemIds({ parts }: PlaybackTracker): readonly string[] {
  return parts.filter((part) => part.isQueued && !isFinished(part)).map(({ itemId }) => itemId)
}

/**
 * Interrupts the parts that are not fully played, of the given items or of all, and returns them in the order of arrival. Returns an empty list
 * when no player reports to the tracker.
 */
export function cutPlayback(tracker: PlaybackTracker, itemIds?: readonly string[]): readonly PlaybackProgress[] {
  if (!tracker.hasPlayer) return []
  const unplayed = tracker.parts.filter((part) => !isFinished(part) && (itemIds?.includes(part.itemId) ?? true))
  for (const part of unplayed) part.isCut = true
  emit(tracker.listeners, 'progress', undefined)
  return unplayed.map(describe)
}

function isFinished({ isCut, isComplete, playedMs, receivedMs }: TrackedPart): boolean {
  return isCut || (isComplete && receivedMs - playedMs < toleranceMs)
}

function partOf(tracker: PlaybackTracker, itemId: string, contentIndex: number): TrackedPart {
  const { last, parts } = tracker
  if (last?.itemId === itemId && last.contentIndex === contentIndex) return last
  const known = parts.findLast((part) => part.itemId === itemId && part.contentIndex === contentIndex)
  const part = known ?? addPart(tracker, itemId, contentIndex)
  tracker.last = part
  return part
}

function addPart(tracker: PlaybackTracker, itemId: string, contentIndex: number): TrackedPart {
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
  tracker.parts.push(part)
  dropOldest(tracker)
  return part
}

function dropOldest(tracker: PlaybackTracker): void {
  const { parts, hasPlayer } = tracker
  for (let index = 0; parts.length > maxParts && index < parts.length; ) {
    const oldest = parts[index] as TrackedPart
    if (!hasPlayer || isFinished(oldest) || parts.length > maxPendingParts) {
      parts.splice(index, 1)
      if (tracker.last === oldest) tracker.last = undefined
    } else index += 1
  }
}

function matching(
  { parts }: PlaybackTracker,
  what: AudioPart | { readonly responseId: string },
): readonly TrackedPart[] {
  if ('responseId' in what) return parts.filter(({ responseId }) => responseId === what.responseId)
  const { itemId, contentIndex } = what
  return parts.filter(
    (part) => part.itemId === itemId && (contentIndex === undefined || part.contentIndex === contentIndex),
  )
}

function describe({ itemId, contentIndex, playedMs, receivedMs }: TrackedPart): PlaybackProgress {
  return { itemId, contentIndex, receivedMs, playedMs: Math.floor(Math.min(playedMs, receivedMs)) }
}

const addIsPlaying = /* @__PURE__ */ createSharedGetter(
  'isPlaying',
  (tracker: PlaybackTracker) => playingItemIds(tracker).length > 0,
)

/** Returns the part of a tracker that players use. */
export function playbackOf(tracker: PlaybackTracker): Playback {
  const { listeners } = tracker
  const playback: Omit<Playback, 'isPlaying'> = {
    enqueued: (part) => recordEnqueued(tracker, part),
    played: (part, ms) => recordPlayed(tracker, part, ms),
    progress: (itemId) => progressOf(tracker, itemId),
    onAudible: (listener) => addListener(listeners, 'audible', listener),
    onPlayed: (listener) => addListener(listeners, 'played', listener),
  }
  return addIsPlaying(playback, tracker)
}
