import { isLittleEndianHost, swapBytes } from './byte-order.js'
import { AudioError } from './error.js'

/** Options for converting samples to 16 bits. */
export interface QuantizeOptions {
  /**
   * `tpdf` adds triangular noise of two steps before rounding, which replaces the distortion of very quiet audio by a steady hiss. `none`
   * rounds
   * to the nearest step.
   * @defaultValue 'none'
   */
  readonly dither?: 'none' | 'tpdf'
  /**
   * Source of the noise: returns numbers from 0 (inclusive) to 1 (exclusive).
   * @defaultValue Math.random
   */
  readonly random?: () => number
}

/** Adding this number leaves a double without fraction bits, so the addition rounds to the nearest integer, ties to even. */
const roundingWeight = 1.5 * 2 ** 52

/**
 * Converts float samples (-1 to 1) to 16 bits: steps of 1 / 32768, rounded to the nearest (ties to even), clipped to -32768 and 32767. NaN
 * becomes 0. 16-bit samples that were converted with {@link toFloat32} are restored exactly.
 *
 * @example
 * ```ts
 * toInt16(Float32Array.of(0, 0.5, 1)) // 0, 16384, 32767
 * ```
 */
export function toInt16(samples: Float32Array, options: QuantizeOptions = {}): Int16Array<ArrayBuffer> {
  const output = new Int16Array(samples.length)
  if (options.dither === 'tpdf') quantizeWithNoise(samples, output, options.random ?? Math.random)
  else quantize(samples, output)
  return output
}

/** Like {@link toInt16} without dithering, into an existing array. */
export function quantize(samples: Float32Array, output: Int16Array): void {
  for (let index = 0; index < samples.length; index++) {
    const value = (samples[index] as number) * 32768
    output[index] = value >= 32767 ? 32767 : value <= -32768 ? -32768 : value + roundingWeight - roundingWeight
  }
}

function quantizeWithNoise(samples: Float32Array, output: Int16Array, random: () => number): void {
  for (let index = 0; index < samples.length; index++) {
    const value = (samples[index] as number) * 32768 + random() - random()
    output[index] = value >= 32767 ? 32767 : value <= -32768 ? -32768 : value + roundingWeight - roundingWeight
  }
}

/**
 * Converts 16-bit samples to floats from -1 (inclusive) to 1 (exclusive), exactly.
 *
 * @example
 * ```ts
 * toFloat32(Int16Array.of(0, 16_384)) // 0, 0.5
 * ```
 */
export function toFloat32(samples: Int16Array): Float32Array<ArrayBuffer> {
  const output = new Float32Array(samples.length)
  for (let index = 0; index < samples.length; index++) output[index] = (samples[index] as number) / 32768
  return output
}

/**
 * Returns the 16-bit little-endian samples in `bytes`: a view of the same memory if alignment and byte order allow it, a copy otherwise.
 * Modify the result only if you own the bytes.
 * @throws {@link AudioError} ODD_BYTE_COUNT when the last sample is incomplete.
 *
 * @example
 * ```ts
 * const samples = bytesToInt16(decodeBase64(event.delta))
 * ```
 */
export function bytesToInt16(bytes: Uint8Array): Int16Array {
  if (bytes.length % 2 !== 0) throw new AudioError('ODD_BYTE_COUNT', { byteLength: bytes.length })
  if (isLittleEndianHost && bytes.byteOffset % 2 === 0) {
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  }
  // Not `slice`: on a Node Buffer it returns a view, which would stay unaligned.
  const samples = new Int16Array(new Uint8Array(bytes).buffer)
  if (!isLittleEndianHost) swapBytes(samples)
  return samples
}

/**
 * Returns 16-bit samples as little-endian bytes: a view of the same memory where the machine is little-endian, a copy
 * otherwise.
 *
 * @example
 * ```ts
 * session.audio.append(int16ToBytes(samples))
 * ```
 */
export function int16ToBytes(samples: Int16Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
export function int16ToBytes(samples: Int16Array): Uint8Array
export function int16ToBytes(samples: Int16Array): Uint8Array {
  if (isLittleEndianHost) return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
  const swapped = samples.slice()
  swapBytes(swapped)
  return new Uint8Array(swapped.buffer)
}
