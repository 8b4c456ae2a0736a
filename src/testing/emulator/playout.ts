import type { Place } from './production.js'
import { convert, lineFormat, rateOf, type Sound } from './sound.js'

/** Plays the sound of a session's responses, one after the other, as fast as it is asked for samples. */
export interface Playout {
  /** Sound that was made and not heard yet, in milliseconds. */
  readonly unplayedMs: number
  /** Adds sound of a part of a response. */
  add(place: Pick<Place, 'response_id' | 'item_id'>, sound: Sound): void
  /** A response makes no more sound. */
  finish(responseId: string): void
  /** The next samples, silence where there is no sound. */
  pull(count: number): Int16Array
  /** Drops what was not heard; `undefined` when nothing was to be heard. */
  clear(): Cut | undefined
}

/** What was cut off. */
export interface Cut {
  /** The response that was heard, or would have been next. */
  readonly responseId: string
  /** The items that were not heard to their ends, and how much of each was, in whole milliseconds. */
  readonly items: readonly { readonly itemId: string; readonly playedMs: number }[]
}

/** What a playout tells. */
export interface PlayoutEvents {
  /** The first sound of a response was asked for. */
  readonly onStarted: (responseId: string) => void
  /** All of a response was heard, and it is done. */
  readonly onStopped: (responseId: string) => void
}

interface Part {
  readonly responseId: string
  readonly itemId: string
  /** In samples. */
  added: number
  heard: number
}

const rate = rateOf(lineFormat)

/** Makes a playout that is silent. */
export function createPlayout({ onStarted, onStopped }: PlayoutEvents): Playout {
  /** Parts that were not heard to their ends, or whose response is still at it, in their order. */
  let parts: Part[] = []
  let queue: { readonly part: Part; readonly pcm: Int16Array }[] = []
  /** Responses that are at it; what they say after they were cut off is dropped. */
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
    add({ response_id: responseId, item_id: itemId }, sound) {
      if (running.get(responseId) === 'cut') return
      running.set(responseId, 'wanted')
      const { pcm } = convert(sound, rate)
      let part = parts.find((known) => known.itemId === itemId)
      if (!part) {
        part = { responseId, itemId, added: 0, heard: 0 }
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
        part.heard += taken.length
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
          (part, index) => part.heard < part.added || (index === parts.length - 1 && running.has(part.responseId)),
        )
        .map(({ itemId, heard }) => ({ itemId, playedMs: Math.floor((heard * 1000) / rate) }))
      for (const { responseId } of parts) if (running.has(responseId)) running.set(responseId, 'cut')
      playing = undefined
      parts = []
      queue = []
      return { responseId, items }
    },
  }
}
