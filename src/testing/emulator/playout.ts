import { mediaFormat, type PcmAudio, rateOf, resampleAudio } from './pcm-audio.js'
import type { PartPosition } from './response-writer.js'

/** Plays the audio of the responses of a session one after the other, as samples are pulled. */
export interface Playout {
  /** Duration of the audio that has not been played yet, in milliseconds. */
  readonly unplayedMs: number
  /** Appends audio of an item of a response. */
  add(place: Pick<PartPosition, 'response_id' | 'item_id'>, audio: PcmAudio): void
  /** Marks the audio of a response as complete. */
  finish(responseId: string): void
  /** Returns the next samples, or silence when no audio is left. */
  pull(count: number): Int16Array
  /** Drops the unplayed audio. Returns `undefined` when there was none. */
  clear(): ClearedAudio | undefined
}

/** Audio that was dropped before it was played. */
export interface ClearedAudio {
  /** The response that was playing or was next. */
  readonly responseId: string
  /** The items that were not played completely, with the played duration in whole milliseconds. */
  readonly items: readonly { readonly itemId: string; readonly playedMs: number }[]
}

/** Callbacks of a playout. */
export interface PlayoutEvents {
  /** Called when the first audio of a response is played. */
  readonly onStarted: (responseId: string) => void
  /** Called when all audio of a finished response has been played. */
  readonly onStopped: (responseId: string) => void
}

interface Part {
  readonly responseId: string
  readonly itemId: string
  /** Number of samples. */
  added: number
  played: number
}

const rate = rateOf(mediaFormat)

/** Creates an empty playout. */
export function createPlayout({ onStarted, onStopped }: PlayoutEvents): Playout {
  /** Parts that are not completely played, or whose response is still running, in order. */
  let parts: Part[] = []
  let queue: { readonly part: Part; readonly pcm: Int16Array }[] = []
  /** Responses that are running. Audio of a `cut` response is dropped. */
  const running = new Map<string, 'wanted' | 'cut'>()
  let playing: string | undefined

  function stop(): void {
    const responseId = playing
    if (responseId === undefined) return
    playing = undefined
    parts = parts.filter((part) => part.responseId !== responseId)
    onStopped(responseId)
  }

  function play(part: Part): void {
    if (playing === part.responseId) return
    stop()
    playing = part.responseId
    onStarted(part.responseId)
  }

  return {
    get unplayedMs() {
      return (queue.reduce((sum, { pcm }) => sum + pcm.length, 0) * 1000) / rate
    },
    add({ response_id: responseId, item_id: itemId }, audio) {
      if (running.get(responseId) === 'cut') return
      running.set(responseId, 'wanted')
      const { pcm } = resampleAudio(audio, rate)
      let part = parts.find((known) => known.itemId === itemId)
      if (!part) {
        part = { responseId, itemId, added: 0, played: 0 }
        parts.push(part)
      }
      part.added += pcm.length
      if (pcm.length > 0) queue.push({ part, pcm })
    },
    finish(responseId) {
      running.delete(responseId)
    },
    pull(count) {
      const samples = new Int16Array(count)
      if (queue.length === 0 && playing !== undefined && !running.has(playing)) stop()
      let filled = 0
      for (let next = queue[0]; next && filled < count; next = queue[0]) {
        const { part, pcm } = next
        play(part)
        const taken = pcm.subarray(0, count - filled)
        samples.set(taken, filled)
        filled += taken.length
        part.played += taken.length
        if (taken.length === pcm.length) queue.shift()
        else queue[0] = { part, pcm: pcm.subarray(taken.length) }
      }
      return samples
    },
    clear() {
      const responseId = playing ?? queue[0]?.part.responseId
      if (responseId === undefined) return undefined
      const items = parts
        .filter(
          (part, index) => part.played < part.added || (index === parts.length - 1 && running.has(part.responseId)),
        )
        .map(({ itemId, played }) => ({ itemId, playedMs: Math.floor((played * 1000) / rate) }))
      for (const { responseId } of parts) if (running.has(responseId)) running.set(responseId, 'cut')
      playing = undefined
      parts = []
      queue = []
      return { responseId, items }
    },
  }
}
