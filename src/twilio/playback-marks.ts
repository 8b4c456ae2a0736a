import { forgetOldest } from '../internal/forget-oldest.js'
import type { ResponseAudioPart } from './frame-queue.js'

/** The marks that the provider has not returned yet. A mark returns when the audio before it was played. */
export interface PlaybackMarks {
  /** Adds a mark after `ms` milliseconds of a part. Returns its name. */
  add(part: ResponseAudioPart, ms: number): string
  /** Reports the audio before a mark as played. Returns `false` for a mark that is not known. */
  received(name: string): boolean
  clear(): void
  /** Returns whether no mark is missing. */
  isEmpty(): boolean
}

/** Limits memory when the provider returns no marks. */
const maxMarks = 3_000

/** @param onPlayed Called when more of a part was played. */
export function createPlaybackMarks(onPlayed: (part: ResponseAudioPart, ms: number) => void): PlaybackMarks {
  /** Oldest first, with the audio before each mark. */
  const marks = new Map<string, { readonly part: ResponseAudioPart; readonly ms: number }>()
  let count = 0
  return {
    add(part, ms) {
      count += 1
      const name = String(count)
      marks.set(name, { part, ms })
      forgetOldest(marks, maxMarks)
      return name
    },
    received(name) {
      if (!marks.has(name)) return false
      // Audio is played in order, so a mark also stands for earlier marks that were lost.
      for (const [sent, { part, ms }] of marks) {
        marks.delete(sent)
        onPlayed(part, ms)
        if (sent === name) break
      }
      return true
    },
    clear: () => marks.clear(),
    isEmpty: () => marks.size === 0,
  }
}
