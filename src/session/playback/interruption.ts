import type { Clock } from '../../internal/clock.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { base64ByteLength, bytesPerMs } from '../audio-duration.js'
import { outputFormatOf } from '../audio-format.js'
import type { AudioDeltaEvent } from '../delta.js'
import { at, findLast } from '../state/chunks.js'
import { findResponse } from '../state/response.js'
import type { ItemState, SessionState } from '../state/state.js'
import { interruptsOnSpeech } from '../turn-detection.js'
import type { PlaybackProgress, PlaybackTracker } from './tracker.js'

/** An interrupted response. */
export interface Interruption {
  /** Who interrupted: the user, by speaking, or the client, by `interrupt()`. */
  readonly by: 'caller' | 'client'
  /**
   * The first item that was played in part, and how much of it was played. Further items are truncated too, and their `playedText` is in the
   * state. `undefined` when the server plays the audio and has not stopped it yet, or when no audio was played.
   */
  readonly played: PlayedSpeech | undefined
  /** Items of which no audio was played. They are deleted from the conversation. */
  readonly unplayedItemIds: readonly string[]
}

/** How much of an item was played, in milliseconds and as text. */
export interface PlayedSpeech extends PlaybackProgress {
  /** The played part of the transcript, estimated. `undefined` when the server plays the audio, because the rest has no known duration. */
  readonly text: string | undefined
}

/** Options of `interrupt`. */
export interface InterruptOptions {
  /**
   * Interrupts only this response. It is cancelled if it runs, and an earlier response that is still being played continues, unless a player
   * has queued audio of both.
   */
  responseId?: string | undefined
  /**
   * Who interrupts, as the event `interrupted` reports it.
   * @defaultValue 'client'
   */
  by?: Interruption['by'] | undefined
}

/** Interrupts responses, for the client and for a user who starts to speak. */
export interface InterruptionHandler {
  interrupt(options?: InterruptOptions): Interruption | undefined
  /** Receives an event that is not a delta. */
  receive(event: ServerEvent): void
  receiveAudio(event: AudioDeltaEvent): void
  /** Returns the response whose audio the server plays on a media track, if the end of the audio will be reported. */
  mediaResponseId(): string | undefined
  /** The connection was lost. The server of a joined session continues to play, and its reports meanwhile are missed. */
  connectionLost(): void
}

export interface InterruptionOptions {
  readonly clock: Clock
  readonly tracker: PlaybackTracker
  /** Returns where the audio travels. It may change when a transport falls back to another one. */
  readonly getAudioMode: () => 'events' | 'media'
  readonly getState: () => SessionState
  /** Returns the configuration that is in force. */
  readonly getSession: () => SessionState['session']
  readonly send: (event: ClientEvent) => void
  /** Cancels the response that runs in the conversation, if there is one and it has the given id. */
  readonly cancelActive: (responseId?: string) => boolean
  /** Stores in the state how much of an item was played. Returns the played text. */
  readonly recordPlayed: (progress: PlaybackProgress) => string | undefined
  readonly onInterruption: (interruption: Interruption) => void
}

/** What an interruption does to the audio, decided before the response is cancelled. */
interface Cut {
  /** Whether a response that is not interrupted continues to play. Then `interrupted` is not emitted, because it stops every player. */
  readonly keepsPlaying: boolean
  /** Stops the audio. Returns `undefined` when there is none. `wasActive` is whether a response was cancelled. */
  stop(wasActive: boolean): Interruption | undefined
  /** Whether the server reports the interruption when it has stopped the audio. */
  readonly isReportedByServer: boolean
}

/** Audio that the server plays on a media track. */
interface ServerAudio {
  readonly responseId: string
  readonly startMs: number
  /** Whether the end of the audio will be reported. After a lost connection, the report may have been missed. */
  readonly isFollowed: boolean
}

/** The media track of the server. `audio` is `undefined` when playback finished before the clear was acknowledged. */
type MediaTrack =
  | { readonly phase: 'silent' }
  | { readonly phase: 'playing'; readonly audio: ServerAudio }
  | { readonly phase: 'clearing'; readonly audio: ServerAudio | undefined; readonly by: Interruption['by'] }

/**
 * Creates the handler. With audio in events, players report to the tracker, and the client truncates and deletes items. With audio on media
 * tracks, the server paces and truncates it, and the time between its start and stop events is what was played.
 */
export function createInterruption(options: InterruptionOptions): InterruptionHandler {
  const { clock, tracker, getState, getSession, send, onInterruption } = options
  const isMedia = () => options.getAudioMode() === 'media'
  let track: MediaTrack = { phase: 'silent' }
  // A response whose interruption was emitted before its audio started on the media track.
  let silencedId: string | undefined
  // Of the output format. Each audio delta needs it, and the way to it in the session is long.
  let outputBytesPerMs = bytesPerMs(undefined)

  /** The audio in events is limited to the response, unless a player would have to drop audio of both. */
  function planEvents(responseId: string | undefined, by: Interruption['by']): Cut {
    const itemIds = responseId === undefined ? undefined : tracker.itemIdsOf(responseId)
    const playingItemIds = tracker.playingItemIds()
    const isPlayingIt = itemIds === undefined || playingItemIds.some((id) => itemIds.includes(id))
    return {
      keepsPlaying: !isPlayingIt && playingItemIds.length > 0,
      stop: () => truncate(by, isPlayingIt ? undefined : itemIds),
      isReportedByServer: false,
    }
  }

  function planMedia(responseId: string | undefined, by: Interruption['by']): Cut {
    const audio = track.phase === 'silent' ? undefined : track.audio
    const keepsPlaying = audio !== undefined && responseId !== undefined && audio.responseId !== responseId
    const { activeId } = getState().responses
    if (!audio || keepsPlaying)
      return {
        keepsPlaying,
        stop(wasActive) {
          if (wasActive) silencedId = activeId
          return undefined
        },
        isReportedByServer: false,
      }
    return {
      keepsPlaying,
      stop() {
        track = { phase: 'clearing', audio, by }
        // How much was played is known when the server has stopped the audio.
        send({ type: 'output_audio_buffer.clear' })
        return { ...emptyInterruption, by }
      },
      isReportedByServer: true,
    }
  }

  /** Truncates what was played in part and deletes what was not played, so that the server's history has only what the user heard. */
  function truncate(by: Interruption['by'], itemIds?: readonly string[]): Interruption | undefined {
    const isPlaying = tracker.playingItemIds().some((id) => itemIds?.includes(id) ?? true)
    const cut = tracker.cut(itemIds)
    // An out-of-band response has no item that the server could truncate. Players stop it all the same.
    const pending = cut.filter(({ itemId }) => findItem(getState(), itemId))
    const isAudible = isPlaying && cut.some(({ receivedMs }) => receivedMs > 0)
    const unplayedItemIds: string[] = []
    let played: PlayedSpeech | undefined
    for (const itemId of new Set(pending.map((part) => part.itemId))) {
      const playedParts = pending.filter((part) => part.itemId === itemId && part.playedMs > 0)
      const last = playedParts.at(-1)
      if (!last) {
        unplayedItemIds.push(itemId)
        continue
      }
      const truncatedAtMs = findItem(getState(), itemId)?.truncatedAtMs ?? Number.POSITIVE_INFINITY
      const text = options.recordPlayed(last)
      played ??= { ...last, text }
      // The server refuses to truncate an item again at a later position.
      for (const { contentIndex, playedMs } of playedParts)
        if (playedMs < truncatedAtMs)
          send({
            type: 'conversation.item.truncate',
            item_id: itemId,
            content_index: contentIndex,
            audio_end_ms: playedMs,
          })
    }
    for (const item_id of unplayedItemIds) send({ type: 'conversation.item.delete', item_id })
    return pending.length > 0 || isAudible ? { by, played, unplayedItemIds } : undefined
  }

  /** Returns how much the server has played of a response whose audio has stopped. */
  function stopTrack(responseId: string): PlaybackProgress | undefined {
    if (track.phase === 'silent' || track.audio?.responseId !== responseId) return undefined
    const ms = clock.now() - track.audio.startMs
    track = track.phase === 'clearing' ? { ...track, audio: undefined } : { phase: 'silent' }
    const item = findResponse(getState().responses, responseId)?.output.find((output) => output.item.type === 'message')
    if (!item) return undefined
    const part = { itemId: item.id, contentIndex: 0 }
    tracker.received(part, ms, responseId)
    tracker.completed(part)
    tracker.played(part, ms)
    return tracker.progress(item.id)[0]
  }

  function onTrackCleared(responseId: string): void {
    const played = stopTrack(responseId)
    const by = track.phase === 'clearing' ? track.by : 'caller'
    const wasReported = responseId === silencedId
    if (track.phase === 'clearing') track = track.audio ? { phase: 'playing', audio: track.audio } : { phase: 'silent' }
    silencedId = undefined
    if (wasReported) return
    onInterruption({ by, played: played && { ...played, text: undefined }, unplayedItemIds: [] })
  }

  function receiveMedia(event: ServerEvent): void {
    switch (event.type) {
      case 'output_audio_buffer.started':
        track = { phase: 'playing', audio: { responseId: event.response_id, startMs: clock.now(), isFollowed: true } }
        // The audio started before the server received the cancel.
        if (event.response_id === silencedId) send({ type: 'output_audio_buffer.clear' })
        break
      case 'output_audio_buffer.stopped':
        stopTrack(event.response_id)
        break
      case 'output_audio_buffer.cleared':
        onTrackCleared(event.response_id)
        break
    }
  }

  function receiveEvents(event: ServerEvent): void {
    switch (event.type) {
      case 'response.output_audio.done':
      case 'response.content_part.done':
        tracker.completed({ itemId: event.item_id, contentIndex: event.content_index })
        break
      case 'response.output_item.done':
        if (typeof event.item.id === 'string') tracker.completed({ itemId: event.item.id })
        break
      case 'response.done':
        tracker.completed({ responseId: event.response.id })
        break
      case 'input_audio_buffer.speech_started': {
        // The server cancels its response by itself. The client stops the audio that players have queued.
        const interruption = interruptsOnSpeech(getSession()) ? truncate('caller') : undefined
        if (interruption) onInterruption(interruption)
        break
      }
    }
  }

  return {
    mediaResponseId: () =>
      track.phase !== 'silent' && track.audio?.isFollowed === true ? track.audio.responseId : undefined,
    connectionLost() {
      // `interrupt()` on the next connection still clears audio that may be playing.
      if (track.phase === 'playing') track = { ...track, audio: { ...track.audio, isFollowed: false } }
      else track = { phase: 'silent' }
    },
    interrupt({ responseId, by = 'client' } = {}) {
      const cut = isMedia() ? planMedia(responseId, by) : planEvents(responseId, by)
      const wasActive = options.cancelActive(responseId)
      const interruption = cut.stop(wasActive) ?? (wasActive ? { ...emptyInterruption, by } : undefined)
      if (interruption && !cut.keepsPlaying && !cut.isReportedByServer) onInterruption(interruption)
      return interruption
    },
    receive(event) {
      if (event.type === 'session.created') {
        // A new server plays none of the earlier audio.
        track = { phase: 'silent' }
        silencedId = undefined
      }
      if (event.type === 'session.created' || event.type === 'session.updated')
        outputBytesPerMs = bytesPerMs(outputFormatOf(event.session))
      if (isMedia()) receiveMedia(event)
      else receiveEvents(event)
    },
    receiveAudio({ item_id, content_index, response_id, delta }) {
      if (isMedia()) return
      const ms = base64ByteLength(delta) / outputBytesPerMs
      tracker.received({ itemId: item_id, contentIndex: content_index }, ms, response_id)
    },
  }
}

const emptyInterruption: Interruption = { by: 'client', played: undefined, unplayedItemIds: [] }

function findItem({ conversation: { items } }: SessionState, itemId: string): ItemState | undefined {
  const place = findLast(items, ({ id }) => id === itemId)
  return place && at(items, place)
}
