import { AudioError } from './error.js'

/** Splits a stream of chunks of any length into frames of a fixed length. */
export interface Chunker<Piece, Frame> {
  /** Adds a chunk and returns the complete frames. Frames are copies, so the chunk can be reused. */
  push(piece: Piece): Frame[]
  /**
   * Ends the stream and resets the chunker. `pad` fills up the last frame, `remainder` returns it as it is. Returns `undefined` when
   * nothing is left.
   */
  flush(last: 'pad' | 'remainder'): Frame | undefined
  /** Number of samples or bytes in the incomplete frame. */
  readonly pending: number
}

/** Frame length in `bytes` or `samples`, and the value that pads an incomplete frame. */
export type ChunkerOptions<Unit extends 'bytes' | 'samples'> = {
  /** Length of a frame. {@link msToBytes} and {@link msToSamples} convert a duration. */
  readonly [U in Unit]: number
} & {
  /**
   * Silence in this format: 0 for PCM and float, 0xFF for mu-law, 0xD5 for A-law.
   * @defaultValue 0
   */
  readonly fill?: number
}

/**
 * Creates a chunker for bytes or float samples. A frame of 20 ms is 960 bytes of `audio/pcm` at 24 kHz.
 * @throws {@link AudioError} INVALID_OPTION when the frame length is not a positive integer.
 * @example
 * ```ts
 * const chunker = createChunker({ bytes: msToBytes(20, 'audio/pcm') })
 * for (const frame of chunker.push(bytes)) session.audio.append(frame)
 * ```
 */
export function createChunker(options: ChunkerOptions<'bytes'>): Chunker<Uint8Array, Uint8Array<ArrayBuffer>>
export function createChunker(options: ChunkerOptions<'samples'>): Chunker<Float32Array, Float32Array<ArrayBuffer>>
export function createChunker(
  options: ChunkerOptions<'bytes'> | ChunkerOptions<'samples'>,
): Chunker<Uint8Array, Uint8Array<ArrayBuffer>> | Chunker<Float32Array, Float32Array<ArrayBuffer>> {
  const fill = options.fill ?? 0
  if ('bytes' in options) {
    assertLength('bytes', options.bytes)
    return collect(options.bytes, fill, (length) => new Uint8Array(length))
  }
  assertLength('samples', options.samples)
  return collect(options.samples, fill, (length) => new Float32Array(length))
}

/** The members of a typed array that the chunker uses. */
interface Numbers extends ArrayLike<number> {
  subarray(start: number, end?: number): Numbers
}
interface OwnNumbers extends Numbers {
  set(source: ArrayLike<number>, offset?: number): void
  fill(value: number, start?: number): this
  slice(start: number, end: number): this
}

function collect<Frame extends OwnNumbers>(
  frameLength: number,
  fill: number,
  create: (length: number) => Frame,
): Chunker<Numbers, Frame> {
  let frame = create(frameLength)
  let pending = 0
  return {
    push(piece) {
      const full: Frame[] = []
      let start = 0
      while (piece.length - start >= frameLength - pending) {
        const end = start + frameLength - pending
        frame.set(piece.subarray(start, end), pending)
        full.push(frame)
        frame = create(frameLength)
        pending = 0
        start = end
      }
      frame.set(piece.subarray(start), pending)
      pending += piece.length - start
      return full
    },
    flush(last) {
      const length = pending
      pending = 0
      if (length === 0) return undefined
      if (last === 'remainder') return frame.slice(0, length)
      const padded = frame.fill(fill, length)
      frame = create(frameLength)
      return padded
    },
    get pending() {
      return pending
    },
  }
}

function assertLength(option: string, length: number): void {
  if (Number.isInteger(length) && length > 0) return
  throw new AudioError('INVALID_OPTION', { option, problem: `must be a whole number above 0, not ${length}` })
}
