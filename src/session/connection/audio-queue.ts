import { type AudioBlock, releaseBlock, takeBlock } from './audio-block.js'

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

/**
 * A queue of appended audio and of other entries between the appends. Audio is stored as bytes. It is plain data with functions beside it,
 * because each append of each session passes through: a queue of closures takes ten times the memory, which the processor would have to load.
 */
export interface AudioQueue<Other extends { readonly kind: 'event' }> {
  entries: (AppendGroup | Other)[]
  blocks: AudioBlock[]
  /** Bytes of the frames of all appends in the queue. */
  frameBytes: number
  /** The group at the end, which takes further appends of its kind. */
  lastGroup: AppendGroup | undefined
}

const noAudio = new Uint8Array()

export function createAudioQueue<Other extends { readonly kind: 'event' }>(): AudioQueue<Other> {
  return { entries: [], blocks: [], frameBytes: 0, lastGroup: undefined }
}

/** Returns the first entry and keeps it. */
export function firstEntry<Other extends { readonly kind: 'event' }>({
  entries,
}: AudioQueue<Other>): AppendGroup | Other | undefined {
  for (let entry = entries[0]; entry; entry = entries[0]) {
    if (entry.kind !== 'audio' || entry.count > 0) return entry
    // `dropFirstAudio` or `shiftEntry` has taken its last append.
    entries.shift()
  }
  return undefined
}

export function isEmpty(queue: AnyQueue): boolean {
  return queue.entries.length === 0 || firstEntry(queue) === undefined
}

export function pushEntry<Other extends { readonly kind: 'event' }>(queue: AudioQueue<Other>, entry: Other): void {
  queue.entries.push(entry)
  queue.lastGroup = undefined
}

/** Copies the audio of an append into the queue. */
export function pushAudio(
  queue: AnyQueue,
  type: string,
  eventId: string | undefined,
  frameBytes: number,
  audio: Uint8Array,
): void {
  const last = queue.lastGroup
  const isSameKind =
    last !== undefined &&
    last.count > 0 &&
    eventId === undefined &&
    last.eventId === undefined &&
    last.audioBytes === audio.length &&
    last.frameBytes === frameBytes &&
    last.type === type
  if (isSameKind) last.count += 1
  else {
    queue.lastGroup = { kind: 'audio', type, eventId, audioBytes: audio.length, frameBytes, count: 1 }
    queue.entries.push(queue.lastGroup)
  }
  queue.frameBytes += frameBytes
  if (audio.length > 0) copyIn(queue, audio)
}

function copyIn({ blocks }: AnyQueue, audio: Uint8Array): void {
  let block = blocks[blocks.length - 1]
  if (!block || block.end + audio.length > block.bytes.length) {
    block = takeBlock(audio.length)
    blocks.push(block)
  }
  block.bytes.set(audio, block.end)
  block.end += audio.length
}

/** Returns the audio of the first append. The view is valid until the queue changes. */
export function firstAudio({ entries, blocks: [block] }: AnyQueue): Uint8Array {
  const length = entries.find(hasAppends)?.audioBytes ?? 0
  return block && length > 0 ? block.bytes.subarray(block.start, block.start + length) : noAudio
}

/** Removes the first append or other entry, and returns the entry that it belonged to. */
export function shiftEntry<Other extends { readonly kind: 'event' }>(
  queue: AudioQueue<Other>,
): AppendGroup | Other | undefined {
  const entry = firstEntry(queue)
  if (entry?.kind === 'audio') takeAppend(queue, entry)
  else if (entry) queue.entries.shift()
  return entry
}

/** Removes the first append, also from behind other entries, and returns its group. */
export function dropFirstAudio(queue: AnyQueue): AppendGroup | undefined {
  const index = queue.entries.findIndex(hasAppends)
  const group = queue.entries[index]
  if (!group || !hasAppends(group)) return undefined
  takeAppend(queue, group)
  // Behind an entry that stays, empty groups would accumulate.
  if (group.count === 0) queue.entries.splice(index, 1)
  return group
}

function takeAppend(queue: AnyQueue, group: AppendGroup): void {
  group.count -= 1
  queue.frameBytes -= group.frameBytes
  const [block] = queue.blocks
  if (!block || group.audioBytes === 0) return
  block.start += group.audioBytes
  if (block.start < block.end) return
  queue.blocks.shift()
  releaseBlock(block)
}

/** Removes the entries for which `isRemoved` returns true. */
export function removeEntries<Other extends { readonly kind: 'event' }>(
  queue: AudioQueue<Other>,
  isRemoved: (entry: AppendGroup | Other) => boolean,
): void {
  const before = queue.entries
  if (!before.some(isRemoved)) return
  // The blocks have no gaps, so the appends that stay are copied to new places.
  const audio = readAll(before, takeBlocks(queue))
  for (const entry of before) {
    const isKept = !isRemoved(entry)
    if (entry.kind !== 'audio') {
      if (isKept) pushEntry(queue, entry)
      continue
    }
    for (let index = 0; index < entry.count; index++) {
      const bytes = audio.next().value
      if (isKept && bytes) pushAudio(queue, entry.type, entry.eventId, entry.frameBytes, bytes)
    }
  }
}

/** Takes the appends out of an earlier queue and puts them in front. Its other entries are removed. */
export function prependAudio(queue: AnyQueue, earlier: AnyQueue): void {
  const groups = earlier.entries.filter(hasAppends)
  if (queue.entries.length === 0) queue.lastGroup = groups.at(-1)
  queue.frameBytes += earlier.frameBytes
  queue.entries = [...groups, ...queue.entries]
  queue.blocks = [...takeBlocks(earlier), ...queue.blocks]
}

/** Removes everything. Returns the number of appends. */
export function clearQueue(queue: AnyQueue): number {
  const appends = queue.entries.reduce((sum, entry) => sum + (entry.kind === 'audio' ? entry.count : 0), 0)
  for (const block of takeBlocks(queue)) releaseBlock(block)
  return appends
}

/** Removes everything and returns the blocks with the audio. */
function takeBlocks(queue: AnyQueue): readonly AudioBlock[] {
  const { blocks } = queue
  queue.entries = []
  queue.blocks = []
  queue.frameBytes = 0
  queue.lastGroup = undefined
  return blocks
}

type AnyQueue = AudioQueue<{ readonly kind: 'event' }>

export function hasAppends(entry: AppendGroup | { readonly kind: 'event' }): entry is AppendGroup {
  return entry.kind === 'audio' && (entry as AppendGroup).count > 0
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
