/** Memory for audio. Bytes from `start` to `end` are in use. An append is never split over two blocks. */
export interface AudioBlock {
  readonly bytes: Uint8Array
  start: number
  end: number
}

/** The appends that a block has room for. Small blocks waste little at the ends of a queue, and allocating one causes no pause. */
const appendsPerBlock = 12

/** Limits of the size of a block: a quarter of a second of G.711, and a third of a second of 24 kHz PCM16. */
const minBlockBytes = 2 * 1024
const maxBlockBytes = 16 * 1024

/** Limit of each size. The unsettled audio of a hundred sessions changes by about as much while their users speak and pause. */
const maxSpareBytes = 1024 * 1024

/**
 * Blocks that are not in use, by size. All sessions share them. Blocks live for seconds, so each one that is left to the garbage collector
 * would stay until a full collection, and with many sessions that memory causes several full collections a second.
 */
const spare = new Map<number, AudioBlock[]>()

/** Returns an empty block with room for at least `minBytes`. */
export function takeBlock(minBytes: number): AudioBlock {
  const bytes = Math.max(blockBytes(minBytes), minBytes)
  return spare.get(bytes)?.pop() ?? { bytes: new Uint8Array(bytes), start: 0, end: 0 }
}

/** Makes a block available to other queues. The caller must not use it any more. */
export function releaseBlock(block: AudioBlock): void {
  const { length } = block.bytes
  const blocks = spare.get(length) ?? []
  if (length > maxBlockBytes || (blocks.length + 1) * length > maxSpareBytes) return
  block.start = 0
  block.end = 0
  blocks.push(block)
  spare.set(length, blocks)
}

/** Powers of two, so that sessions with similar appends use the same blocks. */
function blockBytes(appendBytes: number): number {
  const wantedBytes = Math.min(Math.max(appendBytes * appendsPerBlock, minBlockBytes), maxBlockBytes)
  return 2 ** Math.ceil(Math.log2(wantedBytes))
}
