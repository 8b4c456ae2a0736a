import { AudioError } from './error.js'
import { bytesToInt16, int16ToBytes, type QuantizeOptions, quantize, toFloat32, toInt16 } from './int16.js'

/**
 * Encodes float samples (-1 to 1) as 16-bit little-endian bytes, the content of `audio/pcm`. Louder samples are clipped, and NaN becomes
 * 0.
 *
 * @example
 * ```ts
 * session.audio.append(encodePcm16(samples))
 * ```
 */
export function encodePcm16(samples: Float32Array, options?: QuantizeOptions): Uint8Array<ArrayBuffer> {
  return int16ToBytes(toInt16(samples, options))
}

/**
 * Decodes 16-bit little-endian bytes to floats from -1 (inclusive) to 1 (exclusive), exactly.
 * @throws {@link AudioError} ODD_BYTE_COUNT when the last sample is incomplete. See {@link createPcm16Decoder}.
 *
 * @example
 * ```ts
 * const samples = decodePcm16(decodeBase64(event.delta))
 * ```
 */
export function decodePcm16(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return toFloat32(bytesToInt16(bytes))
}

/** Encodes a stream of float samples in a reused buffer. */
export interface Pcm16Encoder {
  /** Encodes a chunk like {@link encodePcm16}. The bytes are valid until the next call overwrites them. */
  encode(samples: Float32Array): Uint8Array
}

/**
 * Creates an encoder that allocates memory once instead of once per chunk.
 *
 * @example
 * ```ts
 * const encoder = createPcm16Encoder()
 * session.audio.append(encoder.encode(samples))
 * ```
 */
export function createPcm16Encoder(): Pcm16Encoder {
  let scratch = new Int16Array(0)
  return {
    encode(samples) {
      if (scratch.length < samples.length) scratch = new Int16Array(samples.length)
      const piece = scratch.length === samples.length ? scratch : scratch.subarray(0, samples.length)
      quantize(samples, piece)
      return int16ToBytes(piece)
    },
  }
}

/** Decodes a stream of 16-bit little-endian audio in chunks of any length. */
export interface Pcm16Decoder {
  /** Returns the complete samples. Half a sample at the end is kept for the next chunk. */
  decode(bytes: Uint8Array): Float32Array<ArrayBuffer>
  /**
   * Ends the stream and resets the decoder.
   * @throws {@link AudioError} ODD_BYTE_COUNT when half a sample was left. It is dropped.
   */
  flush(): void
}

/**
 * Creates a decoder for a stream whose chunks may end in the middle of a sample.
 *
 * @example
 * ```ts
 * const decoder = createPcm16Decoder()
 * for await (const bytes of response.audio()) play(decoder.decode(bytes))
 * ```
 */
export function createPcm16Decoder(): Pcm16Decoder {
  let carried: number | undefined
  let received = 0
  return {
    decode(bytes) {
      received += bytes.length
      const whole = carried === undefined ? bytes : join(carried, bytes)
      const even = whole.length - (whole.length % 2)
      carried = whole[even]
      return decodePcm16(whole.subarray(0, even))
    },
    flush() {
      const byteLength = received
      carried = undefined
      received = 0
      if (byteLength % 2 !== 0) throw new AudioError('ODD_BYTE_COUNT', { byteLength })
    },
  }
}

function join(first: number, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(1 + rest.length)
  whole[0] = first
  whole.set(rest, 1)
  return whole
}
