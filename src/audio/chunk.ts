import { AudioError } from './error.js'

/** Cuts a stream into frames of one length, whatever the length of the pieces it comes in. */
export interface Chunker<Piece, Frame> {
  /** Takes a piece and gives the frames that are full by now. They are copies: the piece may be used again. */
  push(piece: Piece): Frame[]
  /**
   * Ends the stream and starts anew. `pad` fills the last frame up, `remainder` gives it as short as it is; with
   * nothing left over the answer is `undefined`.
   */
  flush(last: 'pad' | 'remainder'): Frame | undefined
  /** How many samples or bytes wait for their frame to fill. */
  readonly pending: number
}

/** A whole number of `bytes` or `samples`, and what an incomplete frame is filled with. */
export type ChunkerOptions<Unit extends 'bytes' | 'samples'> = {
  /** Length of a frame; {@link msToBytes} and {@link msToSamples} give it for a duration. */
  readonly [U in Unit]: number
} & {
  /**
   * Silence in this stream: 0 for PCM and float, 0xFF for mu-law, 0xD5 for A-law.
   * @defaultValue 0
   */
  readonly fill?: number
}

/**
 * Makes a chunker for bytes, or for float samples. A frame of 20 ms is 960 bytes of `audio/pcm` at 24 kHz.
 * @throws {@link AudioError} INVALID_OPTION when the frame length is none.
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

/** The part of a typed array that collecting needs. */
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
