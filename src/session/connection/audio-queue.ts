import { createFifo } from '../../internal/fifo.js'

/** Successive appends of the same length. They share one entry, so that an append allocates nothing. */
export interface AppendGroup {
  readonly kind: 'audio'
  readonly type: string
  readonly eventId: string | undefined
  /** Bytes of audio of each append. */
  readonly audioBytes: number
  /** Length of the frame of each append. */
  readonly frameBytes: number
  /** Appends of the group that are still in the queue. */
  count: number
}

/** A queue of appended audio and of other entries between the appends. Audio is stored as bytes. */
export interface AudioQueue<Other extends { readonly kind: 'event' }> extends Iterable<AppendGroup | Other> {
  isEmpty(): boolean
  /** Returns the bytes of the frames of all appends in the queue. */
  frameBytes(): number
  /** Returns the first entry and keeps it. */
  first(): AppendGroup | Other | undefined
  push(entry: Other): void
  /** Copies the audio of an append into the queue. */
  pushAudio(type: string, eventId: string | undefined, frameBytes: number, audio: Uint8Array): void
  /** Returns the audio of the first append. The view is valid until the queue changes. */
  firstAudio(): Uint8Array
  /** Removes the first append or other entry, and returns the entry that it belonged to. */
  shift(): AppendGroup | Other | undefined
  /** Removes the first append, also from behind other entries. */
  dropFirstAudio(): void
  /** Removes the entries for which `isRemoved` returns true. */
  remove(isRemoved: (entry: AppendGroup | Other) => boolean): void
  /** Takes the appends out of an earlier queue and puts them in front. Its other entries are removed. */
  prependAudio(earlier: AudioQueue<{ readonly kind: 'event' }>): void
  /** Removes everything. Returns the number of appends. */
  clear(): number
  /** Removes everything and returns the blocks with the audio. */
  takeBlocks(): AudioBlock[]
}

/** Memory for audio. Bytes from `start` to `end` are in use. An append is never split over two blocks. */
export interface AudioBlock {
  readonly bytes: Uint8Array
  start: number
  end: number
}

/** Small enough that allocating one causes no pause, large enough for half a second of 24 kHz PCM16. */
const blockBytes = 32 * 1024

/** Provides blocks for the queues of a session. One unused block is kept, so that steady traffic allocates none. */
export interface BlockPool {
  take(minBytes: number): AudioBlock
  release(block: AudioBlock): void
}

export function createBlockPool(): BlockPool {
  let spare: AudioBlock | undefined
  return {
    take(minBytes) {
      const block = minBytes <= blockBytes ? spare : undefined
      if (block) spare = undefined
      return block ?? { bytes: new Uint8Array(Math.max(blockBytes, minBytes)), start: 0, end: 0 }
    },
    release(block) {
      block.start = 0
      block.end = 0
      if (block.bytes.length === blockBytes) spare = block
    },
  }
}

const noAudio = new Uint8Array()

export function createAudioQueue<Other extends { readonly kind: 'event' }>(pool: BlockPool): AudioQueue<Other> {
  let entries = createFifo<AppendGroup | Other>()
  let blocks: AudioBlock[] = []
  let frameBytes = 0
  // The group at the end, which takes further appends of its kind.
  let lastGroup: AppendGroup | undefined

  /** Returns the first entry, after removing groups that `dropFirstAudio` has emptied. */
  function peek(): AppendGroup | Other | undefined {
    for (let entry = entries.first(); entry; entry = entries.first()) {
      if (entry.kind !== 'audio' || entry.count > 0) return entry
      entries.shift()
    }
    return undefined
  }

  function push(entry: Other): void {
    entries.push(entry)
    lastGroup = undefined
  }

  function pushAudio(type: string, eventId: string | undefined, length: number, audio: Uint8Array): void {
    const last = lastGroup
    const isSameKind =
      last !== undefined &&
      last.count > 0 &&
      eventId === undefined &&
      last.eventId === undefined &&
      last.audioBytes === audio.length &&
      last.frameBytes === length &&
      last.type === type
    if (isSameKind) last.count += 1
    else {
      lastGroup = { kind: 'audio', type, eventId, audioBytes: audio.length, frameBytes: length, count: 1 }
      entries.push(lastGroup)
    }
    frameBytes += length
    if (audio.length > 0) copyIn(audio)
  }

  function copyIn(audio: Uint8Array): void {
    let block = blocks.at(-1)
    if (!block || block.end + audio.length > block.bytes.length) {
      block = pool.take(audio.length)
      blocks.push(block)
    }
    block.bytes.set(audio, block.end)
    block.end += audio.length
  }

  function dropBytes(length: number): void {
    const [block] = blocks
    if (!block || length === 0) return
    block.start += length
    if (block.start < block.end) return
    blocks.shift()
    pool.release(block)
  }

  function viewFirst(length: number): Uint8Array {
    const [block] = blocks
    return block && length > 0 ? block.bytes.subarray(block.start, block.start + length) : noAudio
  }

  function takeAppend(group: AppendGroup): void {
    group.count -= 1
    frameBytes -= group.frameBytes
    dropBytes(group.audioBytes)
  }

  function takeBlocks(): AudioBlock[] {
    const taken = blocks
    entries = createFifo()
    blocks = []
    frameBytes = 0
    lastGroup = undefined
    return taken
  }

  return {
    isEmpty: () => peek() === undefined,
    frameBytes: () => frameBytes,
    first: peek,
    push,
    pushAudio,
    firstAudio() {
      for (const entry of entries) if (entry.kind === 'audio' && entry.count > 0) return viewFirst(entry.audioBytes)
      return noAudio
    },
    shift() {
      const entry = peek()
      if (entry?.kind === 'audio') takeAppend(entry)
      else if (entry) entries.shift()
      return entry
    },
    dropFirstAudio() {
      for (const entry of entries) if (entry.kind === 'audio' && entry.count > 0) return takeAppend(entry)
    },
    remove(isRemoved) {
      const before = [...entries]
      if (!before.some(isRemoved)) return
      // The blocks have no gaps, so the appends that stay are copied to new places.
      const audio = readAll(before, takeBlocks())
      for (const entry of before) {
        const isKept = !isRemoved(entry)
        if (entry.kind !== 'audio') {
          if (isKept) push(entry)
          continue
        }
        for (let index = 0; index < entry.count; index++) {
          const bytes = audio.next().value
          if (isKept && bytes) pushAudio(entry.type, entry.eventId, entry.frameBytes, bytes)
        }
      }
    },
    prependAudio(earlier) {
      const groups = [...earlier].filter((entry): entry is AppendGroup => entry.kind === 'audio')
      frameBytes += earlier.frameBytes()
      blocks = [...earlier.takeBlocks(), ...blocks]
      entries = createFifo<AppendGroup | Other>([...groups, ...entries])
      if (entries.size() === groups.length) lastGroup = groups.at(-1)
    },
    clear() {
      let appends = 0
      for (const entry of entries) if (entry.kind === 'audio') appends += entry.count
      for (const block of takeBlocks()) pool.release(block)
      return appends
    },
    takeBlocks,
    [Symbol.iterator]: () => entries[Symbol.iterator](),
  }
}

/** Yields the audio of each append in order. */
function* readAll(entries: readonly (AppendGroup | { readonly kind: 'event' })[], blocks: readonly AudioBlock[]) {
  let index = 0
  let start = blocks[0]?.start ?? 0
  for (const entry of entries) {
    if (entry.kind !== 'audio') continue
    for (let append = 0; append < entry.count; append++) {
      if (entry.audioBytes === 0) {
        yield noAudio
        continue
      }
      let block = blocks[index] as AudioBlock
      if (start === block.end) {
        index += 1
        block = blocks[index] as AudioBlock
        start = block.start
      }
      yield block.bytes.subarray(start, start + entry.audioBytes)
      start += entry.audioBytes
    }
  }
}
