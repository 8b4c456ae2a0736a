import { decodeBase64 } from '../audio/base64.js'
import type { ResponseOutputAudioDeltaEvent } from '../protocol/events/response-stream.js'
import type { RealtimeSession } from '../session/realtime.js'
import { interruptsOnSpeech } from '../session/turn-detection.js'
import { isForeign, type LineFormat } from './line-format.js'
import { createPlayer } from './paced-player.js'
import { payloadMs } from './prebuffer.js'

/** How long a mark may take to return after its audio was due, in milliseconds. */
const markDelayMs = 1000

/** The audio of the model on its way to the caller. */
export interface OutboundAudio {
  /** Starts sending. Called once the stream has started. */
  start(): void
  /** Reports that the provider returned a mark. */
  markReceived(name: string): void
  /** Drops all audio that was not played yet and clears the provider's buffer. */
  clearPlayback(): void
  /**
   * Plays what is left, and calls back when it was played or no longer can be. Calls back synchronously when nothing is left.
   * Returns a function that cancels.
   */
  drain(onDone: () => void): () => void
  /** Resolves when all audio so far was played or dropped. */
  drained(): Promise<void>
  /** Returns whether audio waits to be sent or played. */
  isPlaying(): boolean
  /** Unsubscribes from the session and drops all audio. */
  stop(): void
}

export interface OutboundAudioOptions {
  readonly session: RealtimeSession
  readonly sendAheadMs: number
  readonly markEveryMs: number
  readonly maxWaitingMs: number
  readonly highWaterMark: number
  /** Returns the format of the line. */
  readonly line: () => LineFormat
  /** Whether the server uses the format of the line. */
  readonly isVerified: () => boolean
  readonly bufferedAmount: () => number
  readonly sendAudio: (payload: string) => void
  readonly sendMark: (name: string) => void
  /** Writes the messages that a function sends to the socket together. */
  readonly batch: (write: () => void) => void
  readonly sendClear: () => void
  readonly onDropped: (ms: number) => void
  /** Called each time the socket's buffer exceeds `highWaterMark`. */
  readonly onStalled: (bufferedAmount: number) => void
}

export function createOutboundAudio(options: OutboundAudioOptions): OutboundAudio {
  const { session, sendAheadMs, maxWaitingMs, highWaterMark } = options
  const { clock, playback } = session
  const idleListeners = new Set<() => void>()
  let isStalled = false
  /** Whether the line can carry the response that is being received. The format of a response does not change. */
  let checked: { readonly responseId: string; readonly isForeign: boolean } | undefined

  const player = createPlayer({
    clock,
    sendAheadMs,
    markEveryMs: options.markEveryMs,
    silenceByte: () => options.line().silence,
    hasRoom() {
      const bufferedAmount = options.bufferedAmount()
      const hasRoom = bufferedAmount <= highWaterMark
      if (!hasRoom && !isStalled) options.onStalled(bufferedAmount)
      isStalled = !hasRoom
      return hasRoom
    },
    sendAudio: options.sendAudio,
    sendMark: options.sendMark,
    batch: options.batch,
    onPlayed: (part, ms) => playback.played(part, ms),
    onIdle() {
      for (const listener of idleListeners) listener()
      idleListeners.clear()
    },
  })

  function isForeignResponse(responseId: string): boolean {
    if (checked?.responseId !== responseId)
      checked = { responseId, isForeign: isForeign(session.getState(), responseId, options.line()) }
    return checked.isForeign
  }

  function play({ response_id, item_id, content_index, delta }: ResponseOutputAudioDeltaEvent): void {
    // Audio in another format would be noise on the line.
    if (!options.isVerified() || isForeignResponse(response_id)) return
    const part = { responseId: response_id, itemId: item_id, contentIndex: content_index }
    if (!playback.enqueued(part)) return
    const bytes = bytesOf(delta)
    if (bytes && player.waitingMs() <= maxWaitingMs) player.push(part, bytes)
    else options.onDropped(payloadMs(delta))
  }

  function clearPlayback(): void {
    player.clear()
    options.sendClear()
  }

  /** Calls back once, when the player is idle or after `timeoutMs` milliseconds. Returns a function that cancels. */
  function onceIdle(timeoutMs: () => number, callback: () => void): () => void {
    let cancelTimeout = () => {}
    const cancel = () => {
      cancelTimeout()
      idleListeners.delete(finish)
    }
    const finish = () => {
      cancel()
      callback()
    }
    const wait = (ms: number) => {
      cancelTimeout = clock.after(ms, () => {
        const leftMs = timeoutMs()
        if (leftMs > 0) wait(leftMs)
        else finish()
      })
    }
    idleListeners.add(finish)
    wait(timeoutMs())
    return cancel
  }

  const unsubscribe = [
    session.on('response.output_audio.delta', play),
    session.on('response.output_audio.done', ({ item_id, content_index }) =>
      player.complete((part) => part.itemId === item_id && part.contentIndex === content_index),
    ),
    session.on('response.done', ({ response }) => player.complete(({ responseId }) => responseId === response.id)),
    // The rest of these parts was lost with the connection.
    session.on('restored', () => player.complete(() => true)),
    session.on('interrupted', clearPlayback),
    session.on('input_audio_buffer.speech_started', () => {
      // The session emits no `interrupted` for audio of a lost connection, but the caller still interrupts it.
      if (player.isPlaying() && interruptsOnSpeech(session.getState().session)) clearPlayback()
    }),
  ]

  return {
    start: player.start,
    markReceived: player.markReceived,
    clearPlayback,
    drain(onDone) {
      player.complete(() => true)
      if (!player.isPlaying()) {
        onDone()
        return () => {}
      }
      // Providers may return no marks, and a stalled socket may never have room again.
      const endsAt = clock.now() + player.waitingMs() + sendAheadMs + markDelayMs
      return onceIdle(() => endsAt - clock.now(), onDone)
    },
    drained() {
      if (!player.isPlaying()) return Promise.resolve()
      return new Promise((resolve) => {
        // Providers may return no marks.
        let endsAt = 0
        onceIdle(() => {
          if (player.remainingMs() > 0) endsAt = clock.now() + player.remainingMs() + markDelayMs
          return endsAt - clock.now()
        }, resolve)
      })
    },
    isPlaying: player.isPlaying,
    stop() {
      for (const remove of unsubscribe) remove()
      player.clear()
    },
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return decodeBase64(base64)
  } catch {
    return undefined
  }
}
