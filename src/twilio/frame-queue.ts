/** A content part of a response. */
export interface ResponseAudioPart {
  readonly responseId: string
  readonly itemId: string
  readonly contentIndex: number
}

/** Audio for one media message. */
export interface QueuedAudio {
  /** The same object for all messages of a part. */
  readonly part: ResponseAudioPart
  /** G.711 in whole frames of 20 ms: a multiple of 160 bytes. */
  readonly bytes: Uint8Array
  readonly frames: number
  /** Duration without padding, in milliseconds. */
  readonly ms: number
  /** Whether this is the last audio of its part. */
  readonly isLast: boolean
}

/**
 * Audio that waits to be sent, in order of parts, in frames of 20 ms. Only the last frame of a part is padded. Like the other parts of a call, it
 * has no getters, because V8 stores an object literal that has one as a hash table of 450 bytes.
 */
export interface FrameQueue {
  push(part: ResponseAudioPart, bytes: Uint8Array): void
  /** Marks parts as complete. No more audio of them follows. */
  complete(matches: (part: ResponseAudioPart) => boolean): void
  /** Returns the part that is sent next and the number of its frames that are complete, or `undefined` if there are none. */
  ready(): { readonly part: ResponseAudioPart; readonly frames: number } | undefined
  /** Removes and returns up to `maxFrames` complete frames of the next part. `undefined` when no frame is complete. */
  take(maxFrames: number): QueuedAudio | undefined
  /** Returns whether complete frames of a part are waiting. */
  has(part: ResponseAudioPart): boolean
  clear(): void
  /** Returns the duration of the waiting audio in milliseconds, including incomplete frames. */
  waitingMs(): number
}

export const frameMs = 20
export const frameBytes = 160
const bytesPerMs = frameBytes / frameMs

interface Entry {
  readonly part: ResponseAudioPart
  readonly chunks: Uint8Array[]
  /** Bytes of the first chunk that were taken already. */
  taken: number
  /** Bytes that wait. */
  bytes: number
  isComplete: boolean
}

/** @param silenceByte returns the byte that pads the last frame of a part; mu-law silence by default */
export function createFrameQueue(silenceByte: () => number = () => 0xff): FrameQueue {
  let entries: Entry[] = []
  let bytesWaiting = 0

  const isSame = (a: ResponseAudioPart, b: ResponseAudioPart) =>
    a.itemId === b.itemId && a.contentIndex === b.contentIndex
  const framesOf = ({ bytes, isComplete }: Entry) =>
    isComplete ? Math.ceil(bytes / frameBytes) : Math.floor(bytes / frameBytes)

  function entryOf(part: ResponseAudioPart): Entry {
    const known = entries.find((entry) => isSame(entry.part, part) && !entry.isComplete)
    if (known) return known
    const entry: Entry = { part, chunks: [], taken: 0, bytes: 0, isComplete: false }
    entries.push(entry)
    return entry
  }

  /** Returns the first part that has audio, or that will get more. Audio of the next part must not interleave with it. */
  function firstEntry(): Entry | undefined {
    while (entries[0]?.isComplete && entries[0].bytes === 0) entries.shift()
    return entries[0]
  }

  /** Moves audio from an entry to the start of `target`. */
  function move(entry: Entry, target: Uint8Array, length: number): void {
    for (let at = 0; at < length; ) {
      const chunk = entry.chunks[0] as Uint8Array
      const piece = chunk.subarray(entry.taken, entry.taken + length - at)
      target.set(piece, at)
      at += piece.length
      entry.taken += piece.length
      if (entry.taken < chunk.length) break
      entry.chunks.shift()
      entry.taken = 0
    }
    entry.bytes -= length
    bytesWaiting -= length
  }

  return {
    push(part, bytes) {
      if (bytes.length === 0) return
      const entry = entryOf(part)
      entry.chunks.push(bytes)
      entry.bytes += bytes.length
      bytesWaiting += bytes.length
    },
    complete(matches) {
      for (const entry of entries) if (matches(entry.part)) entry.isComplete = true
    },
    ready() {
      const entry = firstEntry()
      const frames = entry ? framesOf(entry) : 0
      return entry && frames > 0 ? { part: entry.part, frames } : undefined
    },
    take(maxFrames) {
      const entry = firstEntry()
      const frames = entry ? Math.min(maxFrames, framesOf(entry)) : 0
      if (!entry || frames < 1) return undefined
      const bytes = new Uint8Array(frames * frameBytes)
      const length = Math.min(bytes.length, entry.bytes)
      move(entry, bytes, length)
      if (length < bytes.length) bytes.fill(silenceByte(), length)
      const isLast = entry.isComplete && entry.bytes === 0
      return { part: entry.part, bytes, frames, ms: length / bytesPerMs, isLast }
    },
    has: (part) => entries.some((entry) => entry.part === part && framesOf(entry) > 0),
    clear() {
      entries = []
      bytesWaiting = 0
    },
    waitingMs: () => bytesWaiting / bytesPerMs,
  }
}
