import { AudioError } from './error.js'
import { bytesToInt16, int16ToBytes, type QuantizeOptions, quantize, toFloat32, toInt16 } from './int16.js'

/**
 * Float samples (-1 to 1) as 16-bit little-endian bytes, which is what `audio/pcm` carries. Clips what is louder; NaN
 * becomes 0.
 */
export function encodePcm16(samples: Float32Array, options?: QuantizeOptions): Uint8Array<ArrayBuffer> {
  return int16ToBytes(toInt16(samples, options))
}

/**
 * 16-bit little-endian bytes as float samples from -1 up to 1 (exclusive); exact.
 * @throws {@link AudioError} ODD_BYTE_COUNT when the last sample is incomplete; see {@link createPcm16Decoder}.
 */
export function decodePcm16(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return toFloat32(bytesToInt16(bytes))
}

/** Encodes a stream of float samples, piece by piece, in memory that is used again. */
export interface Pcm16Encoder {
  /** The piece as {@link encodePcm16} has it. The bytes are good until the next call, which writes over them. */
  encode(samples: Float32Array): Uint8Array
}

/** Makes an encoder for what is sent fifty times a second: it takes memory once, and not for each piece. */
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

/** Decodes 16-bit little-endian sound that comes in pieces of any length. */
export interface Pcm16Decoder {
  /** The samples that are complete by now; half a sample at the end waits for the next piece. */
  decode(bytes: Uint8Array): Float32Array<ArrayBuffer>
  /**
   * Ends the stream and starts anew.
   * @throws {@link AudioError} ODD_BYTE_COUNT when half a sample was left over; it is dropped.
   */
  flush(): void
}

/** Makes a decoder for a stream whose pieces may end in the middle of a sample. */
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
