import type { ClientEvent } from '../../protocol/client-events.js'
import type { Sendable } from '../../protocol/encode-audio.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { base64ByteLength, bytesPerMs } from '../audio-duration.js'
import { outputFormatOf } from '../audio-format.js'
import type { ConnectionOf } from '../connection/connection-parts.js'
import { emitLocal, send } from '../connection/event-exchange.js'
import type { AudioDeltaEvent } from '../delta.js'
import { lacks, type SpokenDialect } from '../dialect.js'
import { isSessionError } from '../error.js'
import type { Responses } from '../responses/options.js'
import { cancelActive } from '../responses/scheduler.js'
import { at, findLast } from '../state/chunks.js'
import { findResponse } from '../state/response.js'
import type { ItemState, SessionState } from '../state/state.js'
import { readState, type StateStore, setState } from '../state/state-store.js'
import { interruptsOnSpeech } from '../turn-detection.js'
import { recordPlayedText } from './played-transcript.js'
import {
  cutPlayback,
  itemIdsOf,
  type PlaybackProgress,
  type PlaybackTracker,
  playingItemIds,
  progressOf,
  recordCompleted,
  recordPlayed,
  recordReceived,
} from './tracker.js'

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

/**
 * Interrupts responses, for the client and for a user who starts to speak. With audio in events, players report to the tracker, and the client
 * truncates and deletes items. With audio on media tracks, the server paces and truncates it, and the time between its start and stop events is
 * what was played.
 */
export interface InterruptionHandler {
  readonly connection: ConnectionOf<Sendable<ClientEvent>, ServerEvent, { interrupted: Interruption }>
  readonly store: StateStore
  readonly tracker: PlaybackTracker
  readonly responses: Responses
  readonly spoken: SpokenDialect
  /** The media track of the server. */
  track: MediaTrack
  /** A response whose interruption was emitted before its audio started on the media track. */
  silencedId: string | undefined
  /** Of the output format. Each audio delta needs it, and the way to it in the session is long. */
  outputBytesPerMs: number
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

export function createInterruption(
  parts: Pick<InterruptionHandler, 'connection' | 'store' | 'tracker' | 'responses' | 'spoken'>,
): InterruptionHandler {
  const { connection, store, tracker, responses, spoken } = parts
  const outputBytesPerMs = bytesPerMs(undefined)
  return {
    connection,
    store,
    tracker,
    responses,
    spoken,
    track: { phase: 'silent' },
    silencedId: undefined,
    outputBytesPerMs,
  }
}

/** Interrupts the response that runs or plays. Returns `undefined` when there is none. */
export function interrupt(
  handler: InterruptionHandler,
  { responseId, by = 'client' }: InterruptOptions = {},
): Interruption | undefined {
  const cut = isMedia(handler) ? planMedia(handler, responseId, by) : planEvents(handler, responseId, by)
  const wasActive = cancelActive(handler.responses, responseId)
  const interruption = cut.stop(wasActive) ?? (wasActive ? { ...emptyInterruption, by } : undefined)
  if (interruption && !cut.keepsPlaying && !cut.isReportedByServer) report(handler, interruption)
  return interruption
}

/** Receives an event that is not a delta. */
export function receiveForInterruption(handler: InterruptionHandler, event: ServerEvent): void {
  if (event.type === 'session.created') {
    // A new server plays none of the earlier audio.
    handler.track = { phase: 'silent' }
    handler.silencedId = undefined
  }
  if (event.type === 'session.created' || event.type === 'session.updated')
    handler.outputBytesPerMs = bytesPerMs(outputFormatOf(event.session))
  if (isMedia(handler)) receiveMedia(handler, event)
  else receiveEvents(handler, event)
}

/** Records the audio of a delta in the tracker. */
export function receiveAudio(handler: InterruptionHandler, event: AudioDeltaEvent): void {
  if (isMedia(handler)) return
  const ms = base64ByteLength(event.delta) / handler.outputBytesPerMs
  recordReceived(handler.tracker, event.item_id, event.content_index, ms, event.response_id)
}

/** Returns the response whose audio the server plays on a media track, if the end of the audio will be reported. */
export function mediaResponseId({ track }: InterruptionHandler): string | undefined {
  return track.phase !== 'silent' && track.audio?.isFollowed === true ? track.audio.responseId : undefined
}

/** Call it when the connection is lost. The server of a joined session continues to play, and its reports meanwhile are missed. */
export function stopFollowingAudio(handler: InterruptionHandler): void {
  const { track } = handler
  // `interrupt` on the next connection still clears audio that may be playing.
  if (track.phase === 'playing') handler.track = { ...track, audio: { ...track.audio, isFollowed: false } }
  else handler.track = { phase: 'silent' }
}

/** Whether the audio travels on media tracks. It may change when a transport falls back to another one. */
function isMedia({ connection }: InterruptionHandler): boolean {
  return connection.options.transport.audio === 'media'
}

function report({ connection }: InterruptionHandler, interruption: Interruption): void {
  emitLocal(connection, 'interrupted', interruption)
}

/** Sends an event that corrects the history on the server. */
function sendCorrection({ connection, spoken }: InterruptionHandler, event: ClientEvent): void {
  if (lacks(spoken, event.type)) return
  try {
    send(connection, event)
  } catch (error) {
    // Without a server session there is no history to correct.
    if (!isSessionError(error, 'CLOSED') && !isSessionError(error, 'NOT_CONNECTED')) throw error
  }
}

/** The audio in events is limited to the response, unless a player would have to drop audio of both. */
function planEvents(handler: InterruptionHandler, responseId: string | undefined, by: Interruption['by']): Cut {
  const { tracker } = handler
  const itemIds = responseId === undefined ? undefined : itemIdsOf(tracker, responseId)
  const playing = playingItemIds(tracker)
  const isPlayingIt = itemIds === undefined || playing.some((id) => itemIds.includes(id))
  return {
    keepsPlaying: !isPlayingIt && playing.length > 0,
    stop: () => truncate(handler, by, isPlayingIt ? undefined : itemIds),
    isReportedByServer: false,
  }
}

function planMedia(handler: InterruptionHandler, responseId: string | undefined, by: Interruption['by']): Cut {
  const { track, store } = handler
  const audio = track.phase === 'silent' ? undefined : track.audio
  const keepsPlaying = audio !== undefined && responseId !== undefined && audio.responseId !== responseId
  const { activeId } = readState(store).responses
  if (!audio || keepsPlaying)
    return {
      keepsPlaying,
      stop(wasActive) {
        if (wasActive) handler.silencedId = activeId
        return undefined
      },
      isReportedByServer: false,
    }
  return {
    keepsPlaying,
    stop() {
      handler.track = { phase: 'clearing', audio, by }
      // How much was played is known when the server has stopped the audio.
      sendCorrection(handler, { type: 'output_audio_buffer.clear' })
      return { ...emptyInterruption, by }
    },
    isReportedByServer: true,
  }
}

/** Truncates what was played in part and deletes what was not played, so that the server's history has only what the user heard. */
function truncate(
  handler: InterruptionHandler,
  by: Interruption['by'],
  itemIds?: readonly string[],
): Interruption | undefined {
  const { tracker, store } = handler
  const isPlaying = playingItemIds(tracker).some((id) => itemIds?.includes(id) ?? true)
  const cut = cutPlayback(tracker, itemIds)
  // An out-of-band response has no item that the server could truncate. Players stop it all the same.
  const pending = cut.filter(({ itemId }) => findItem(readState(store), itemId))
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
    const truncatedAtMs = findItem(readState(store), itemId)?.truncatedAtMs ?? Number.POSITIVE_INFINITY
    setState(store, recordPlayedText(readState(store), last))
    played ??= { ...last, text: findItem(readState(store), itemId)?.playedText }
    // The server refuses to truncate an item again at a later position.
    for (const { contentIndex, playedMs } of playedParts)
      if (playedMs < truncatedAtMs)
        sendCorrection(handler, {
          type: 'conversation.item.truncate',
          item_id: itemId,
          content_index: contentIndex,
          audio_end_ms: playedMs,
        })
  }
  for (const item_id of unplayedItemIds) sendCorrection(handler, { type: 'conversation.item.delete', item_id })
  return pending.length > 0 || isAudible ? { by, played, unplayedItemIds } : undefined
}

/** Returns how much the server has played of a response whose audio has stopped. */
function stopTrack(handler: InterruptionHandler, responseId: string): PlaybackProgress | undefined {
  const { track, tracker, connection, store } = handler
  if (track.phase === 'silent' || track.audio?.responseId !== responseId) return undefined
  const ms = connection.options.clock.now() - track.audio.startMs
  handler.track = track.phase === 'clearing' ? { ...track, audio: undefined } : { phase: 'silent' }
  const response = findResponse(readState(store).responses, responseId)
  const item = response?.output.find((output) => output.item.type === 'message')
  if (!item) return undefined
  const part = { itemId: item.id, contentIndex: 0 }
  recordReceived(tracker, item.id, 0, ms, responseId)
  recordCompleted(tracker, part)
  recordPlayed(tracker, part, ms)
  return progressOf(tracker, item.id)[0]
}

function onTrackCleared(handler: InterruptionHandler, responseId: string): void {
  const played = stopTrack(handler, responseId)
  const { track } = handler
  const by = track.phase === 'clearing' ? track.by : 'caller'
  const wasReported = responseId === handler.silencedId
  if (track.phase === 'clearing')
    handler.track = track.audio ? { phase: 'playing', audio: track.audio } : { phase: 'silent' }
  handler.silencedId = undefined
  if (wasReported) return
  report(handler, { by, played: played && { ...played, text: undefined }, unplayedItemIds: [] })
}

function receiveMedia(handler: InterruptionHandler, event: ServerEvent): void {
  switch (event.type) {
    case 'output_audio_buffer.started': {
      const startMs = handler.connection.options.clock.now()
      handler.track = { phase: 'playing', audio: { responseId: event.response_id, startMs, isFollowed: true } }
      // The audio started before the server received the cancel.
      if (event.response_id === handler.silencedId) sendCorrection(handler, { type: 'output_audio_buffer.clear' })
      break
    }
    case 'output_audio_buffer.stopped':
      stopTrack(handler, event.response_id)
      break
    case 'output_audio_buffer.cleared':
      onTrackCleared(handler, event.response_id)
      break
  }
}

function receiveEvents(handler: InterruptionHandler, event: ServerEvent): void {
  const { tracker, store } = handler
  switch (event.type) {
    case 'response.output_audio.done':
    case 'response.content_part.done':
      recordCompleted(tracker, { itemId: event.item_id, contentIndex: event.content_index })
      break
    case 'response.output_item.done':
      if (typeof event.item.id === 'string') recordCompleted(tracker, { itemId: event.item.id })
      break
    case 'response.done':
      recordCompleted(tracker, { responseId: event.response.id })
      break
    case 'input_audio_buffer.speech_started': {
      // The server cancels its response by itself. The client stops the audio that players have queued.
      const interruption = interruptsOnSpeech(store.state.session) ? truncate(handler, 'caller') : undefined
      if (interruption) report(handler, interruption)
      break
    }
  }
}

const emptyInterruption: Interruption = { by: 'client', played: undefined, unplayedItemIds: [] }

function findItem({ conversation: { items } }: SessionState, itemId: string): ItemState | undefined {
  const place = findLast(items, ({ id }) => id === itemId)
  return place && at(items, place)
}
