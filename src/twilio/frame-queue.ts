import { type Chunker, createChunker } from '../audio/chunk.js'

/** One part of an answer: what stands together in the conversation. */
export interface ResponseAudioPart {
  readonly responseId: string
  readonly itemId: string
  readonly contentIndex: number
}

/** So much sound as the line takes at a time. */
export interface QueuedFrame {
  /** The same object for all frames of a part. */
  readonly part: ResponseAudioPart
  /** 160 bytes of G.711: 20 ms. */
  readonly bytes: Uint8Array
  /** How much of it is sound of the part and not filling, in milliseconds. */
  readonly ms: number
  /** Whether nothing of the part follows. */
  readonly isLast: boolean
}

/** Sound that waits to be sent, part after part, cut into frames of 20 ms. Only the last frame of a part is filled up. */
export interface FrameQueue {
  push(part: ResponseAudioPart, bytes: Uint8Array): void
  /** No more sound of these parts follows. */
  complete(isOver: (part: ResponseAudioPart) => boolean): void
  /** The next frame; undefined when none is full yet. */
  next(): QueuedFrame | undefined
  /** Whether frames of a part wait. */
  has(part: ResponseAudioPart): boolean
  clear(): void
  /** Milliseconds that wait, what does not fill a frame included. */
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

/** @param silenceByte returns the byte that fills the last frame of a part; mu-law by default */
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
    complete(isOver) {
      for (const entry of entries) {
        if (entry.isComplete || !isOver(entry.part)) continue
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
        // Sound of the next part must not get between the pieces of this one.
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
