import type { Clock } from '../../internal/clock.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { at, findLast } from '../state/chunks.js'
import type { SessionState } from '../state/state.js'
import type { PlaybackProgress, PlaybackTracker } from './tracker.js'

/** An answer that was cut off. */
export interface Interruption {
  /** Who cut in: the caller, by speaking, or this side, by `interrupt()`. */
  readonly by: 'caller' | 'client'
  /**
   * The first item that was played in part, and how much of it was played. Each further one is truncated too, and its `heardText` is in the
   * state. `undefined` when this side does not play the audio, or nothing was played yet.
   */
  readonly played: PlayedSpeech | undefined
  /** Items of which nothing was heard; they are deleted. */
  readonly unplayedItemIds: readonly string[]
}

/** How much of a speech was heard, in milliseconds and in words. */
export interface PlayedSpeech extends PlaybackProgress {
  /** Its words up to there, as near as can be told; undefined where the server plays the sound and nobody knows how long the rest is. */
  readonly text: string | undefined
}

/** Options of `interrupt`. */
export interface InterruptOptions {
  /**
   * Interrupts only this response. It is cancelled if it runs, and an earlier response that is still being played continues, unless a player
   * has taken over audio of both.
   */
  responseId?: string | undefined
}

/** Interruption, by either side. */
export interface InterruptionHandler {
  interrupt(options?: InterruptOptions): Interruption | undefined
  receive(event: ServerEvent): void
}

export interface InterruptionOptions {
  readonly clock: Clock
  readonly tracker: PlaybackTracker
  readonly getState: () => SessionState
  /** Returns the configuration that is in force. */
  readonly getSession: () => SessionState['session']
  readonly send: (event: ClientEvent) => void
  /** Cancels the response that runs in the conversation, if there is one and it has the given id. */
  readonly cancelActive: (responseId?: string) => boolean
  /** Keeps in the history what was heard of an item, and answers its words. */
  readonly recordPlayed: (heard: PlaybackProgress) => string | undefined
  readonly onInterruption: (interruption: Interruption) => void
}

const rememberedItems = 64

/** Interruption where the audio travels in events: this side plays it, and must report to the server what was played. */
export function createEventInterruption(options: InterruptionOptions): InterruptionHandler {
  const { tracker: ledger, send, getState, getSession } = options

  /** The response of each item with audio. */
  const writers = new Map<string, string>()

  /** Truncates what was played in part and deletes what was not played, so that the server's history is what the user has heard. */
  function cut(by: Interruption['by'], itemIds?: readonly string[]): Interruption | undefined {
    const stateOf = (itemId: string) => {
      const { items } = getState().conversation
      const place = findLast(items, ({ id }) => id === itemId)
      return place && at(items, place)
    }
    // An out-of-band response has no item that the server could truncate.
    const pending = ledger.cut(itemIds).filter(({ itemId }) => stateOf(itemId))
    const unheardItemIds: string[] = []
    let heard: PlayedSpeech | undefined
    for (const itemId of new Set(pending.map((part) => part.itemId))) {
      const played = pending.filter((part) => part.itemId === itemId && part.playedMs > 0)
      const last = played.at(-1)
      if (!last) {
        unheardItemIds.push(itemId)
        continue
      }
      const alreadyAtMs = stateOf(itemId)?.truncatedAtMs ?? Number.POSITIVE_INFINITY
      const text = options.recordPlayed(last)
      heard ??= { ...last, text }
      // The server refuses to truncate an item again at a later position.
      for (const { contentIndex, playedMs: heardMs } of played)
        if (heardMs < alreadyAtMs)
          send({
            type: 'conversation.item.truncate',
            item_id: itemId,
            content_index: contentIndex,
            audio_end_ms: heardMs,
          })
    }
    for (const item_id of unheardItemIds) send({ type: 'conversation.item.delete', item_id })
    return pending.length > 0 ? { by, played: heard, unplayedItemIds: unheardItemIds } : undefined
  }

  /** The items to cut off: those of the response, or all when a player would have to drop audio of the response. */
  function scopeOf(responseId: string | undefined): readonly string[] | undefined {
    if (responseId === undefined) return undefined
    const itemIds = [...writers].flatMap(([itemId, writer]) => (writer === responseId ? [itemId] : []))
    return ledger.playingItemIds.some((id) => itemIds.includes(id)) ? undefined : itemIds
  }

  function noteWriter(itemId: string, responseId: string): void {
    if (writers.get(itemId) === responseId) return
    writers.set(itemId, responseId)
    for (const oldest of writers.keys()) {
      if (writers.size <= rememberedItems) break
      writers.delete(oldest)
    }
  }

  return {
    interrupt({ responseId } = {}) {
      const itemIds = scopeOf(responseId)
      const isAnotherPlaying = itemIds !== undefined && ledger.playingItemIds.length > 0
      const wasActive = options.cancelActive(responseId)
      const interruption =
        cut('client', itemIds) ?? (wasActive ? { by: 'client', played: undefined, unplayedItemIds: [] } : undefined)
      // `interrupted` makes players silent, and what they play here is another response.
      if (interruption && !isAnotherPlaying) options.onInterruption(interruption)
      return interruption
    },
    receive(event) {
      switch (event.type) {
        case 'response.output_audio.delta': {
          const ms = base64Bytes(event.delta) / bytesPerMs(getSession())
          noteWriter(event.item_id, event.response_id)
          ledger.received({ itemId: event.item_id, contentIndex: event.content_index }, ms, event.response_id)
          break
        }
        case 'response.output_audio.done':
        case 'response.content_part.done':
          ledger.completed({ itemId: event.item_id, contentIndex: event.content_index })
          break
        case 'response.output_item.done':
          if (typeof event.item.id === 'string') ledger.completed({ itemId: event.item.id })
          break
        case 'response.done':
          ledger.completed({ responseId: event.response.id })
          break
        case 'input_audio_buffer.speech_started': {
          // The server stops its response by itself; what waits to be heard here is ours to stop.
          const interruption = interruptsTurns(getSession()) ? cut('caller') : undefined
          if (interruption) options.onInterruption(interruption)
          break
        }
      }
    },
  }
}

/** How many bytes a base64 text stands for. */
function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.floor((text.length * 3) / 4) - padding
}

/** How many bytes of the session's output sound a millisecond takes; what is not G.711 is taken for PCM16. */
export function bytesPerMs(session: SessionState['session']): number {
  const format = session?.type === 'realtime' ? session.audio?.output?.format : undefined
  if (format?.type === 'audio/pcmu' || format?.type === 'audio/pcma') return 8
  return (2 * ((format && 'rate' in format && format.rate) || 24_000)) / 1000
}

export function interruptsTurns(session: SessionState['session']): boolean {
  const detection = session?.audio?.input?.turn_detection
  return !(detection && 'interrupt_response' in detection && detection.interrupt_response === false)
}
