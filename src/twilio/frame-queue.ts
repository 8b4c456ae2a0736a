import { type Chunker, createChunker } from '../audio/chunk.js'

/** A content part of a response. */
export interface ResponseAudioPart {
  readonly responseId: string
  readonly itemId: string
  readonly contentIndex: number
}

/** Audio for one media message. */
export interface QueuedFrame {
  /** The same object for all frames of a part. */
  readonly part: ResponseAudioPart
  /** 160 bytes of G.711: 20 ms. */
  readonly bytes: Uint8Array
  /** Duration without padding, in milliseconds. */
  readonly ms: number
  /** Whether this is the last frame of its part. */
  readonly isLast: boolean
}

/** Audio that waits to be sent, in order of parts, as frames of 20 ms. Only the last frame of a part is padded. */
export interface FrameQueue {
  push(part: ResponseAudioPart, bytes: Uint8Array): void
  /** Marks parts as complete. No more audio of them follows. */
  complete(matches: (part: ResponseAudioPart) => boolean): void
  /** Removes and returns the next frame. `undefined` when no frame is complete. */
  next(): QueuedFrame | undefined
  /** Returns whether frames of a part are waiting. */
  has(part: ResponseAudioPart): boolean
  clear(): void
  /** Duration of the waiting audio in milliseconds, including incomplete frames. */
  readonly ms: number
}

export const frameMs = 20
export const frameBytes = 160
const bytesPerMs = frameBytes / frameMs

interface Entry {
  readonly part: ResponseAudioPart
  readonly chunker: Chunker<Uint8Array, Uint8Array<ArrayBuffer>>
  readonly frames: { readonly bytes: Uint8Array; readonly ms: number }[]
  isComplete: boolean
}

/** @param silenceByte returns the byte that pads the last frame of a part; mu-law silence by default */
export function createFrameQueue(silenceByte: () => number = () => 0xff): FrameQueue {
  let entries: Entry[] = []
  let bytesWaiting = 0

  const isSame = (a: ResponseAudioPart, b: ResponseAudioPart) =>
    a.itemId === b.itemId && a.contentIndex === b.contentIndex

  function entryOf(part: ResponseAudioPart): Entry {
    const known = entries.find((entry) => isSame(entry.part, part) && !entry.isComplete)
    if (known) return known
    const chunker = createChunker({ bytes: frameBytes, fill: silenceByte() })
    const entry: Entry = { part, chunker, frames: [], isComplete: false }
    entries.push(entry)
    return entry
  }

  return {
    push(part, bytes) {
      if (bytes.length === 0) return
      const entry = entryOf(part)
      for (const frame of entry.chunker.push(bytes)) entry.frames.push({ bytes: frame, ms: frameMs })
      bytesWaiting += bytes.length
    },
    complete(matches) {
      for (const entry of entries) {
        if (entry.isComplete || !matches(entry.part)) continue
        const ms = entry.chunker.pending / bytesPerMs
        const frame = entry.chunker.flush('pad')
        if (frame) entry.frames.push({ bytes: frame, ms })
        entry.isComplete = true
      }
    },
    next() {
      for (let head = entries[0]; head; head = entries[0]) {
        const frame = head.frames.shift()
        if (frame) {
          bytesWaiting -= frame.ms * bytesPerMs
          return { ...frame, part: head.part, isLast: head.isComplete && head.frames.length === 0 }
        }
        // Audio of the next part must not interleave with this one.
        if (!head.isComplete) return undefined
        entries.shift()
      }
      return undefined
    },
    has: (part) => entries.some((entry) => entry.part === part && entry.frames.length > 0),
    clear() {
      entries = []
      bytesWaiting = 0
    },
    get ms() {
      return bytesWaiting / bytesPerMs
    },
  }
}
