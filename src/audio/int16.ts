import { isLittleEndianHost, swapBytes } from './byte-order.js'
import { AudioError } from './error.js'

/** How samples become 16-bit numbers. */
export interface QuantizeOptions {
  /**
   * `tpdf` adds triangular noise of two steps width before rounding, which turns the distortion of very quiet sound
   * into a steady hiss; `none` rounds to the nearest step.
   * @default 'none'
   */
  readonly dither?: 'none' | 'tpdf'
  /**
   * Where the noise comes from: numbers from 0 up to 1.
   * @default Math.random
   */
  readonly random?: () => number
}

/**
 * Adding it leaves a double no room for a fraction, so that the addition itself rounds to the nearest whole number,
 * ties to even.
 */
const roundingWeight = 1.5 * 2 ** 52

/**
 * Float samples (-1 to 1) as 16-bit samples: 1 / 32768 a step, rounded to the nearest (ties to even), louder ones
 * clipped to -32768 and 32767. NaN becomes 0. Every 16-bit sample that went through {@link toFloat32} comes back
 * unchanged.
 */
export function toInt16(samples: Float32Array, options: QuantizeOptions = {}): Int16Array<ArrayBuffer> {
  const output = new Int16Array(samples.length)
  if (options.dither === 'tpdf') quantizeWithNoise(samples, output, options.random ?? Math.random)
  else quantize(samples, output)
  return output
}

/** {@link toInt16} without noise, into memory that is there. */
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

/** 16-bit samples as float samples from -1 up to 1 (exclusive); exact. */
export function toFloat32(samples: Int16Array): Float32Array<ArrayBuffer> {
  const output = new Float32Array(samples.length)
  for (let index = 0; index < samples.length; index++) output[index] = (samples[index] as number) / 32768
  return output
}

/**
 * The 16-bit little-endian samples in `bytes`: a view of the same memory where its alignment and the machine allow one,
 * a copy otherwise. Write to the answer only if you own the bytes.
 * @throws {@link AudioError} ODD_BYTE_COUNT when the last sample is incomplete.
 */
export function bytesToInt16(bytes: Uint8Array): Int16Array {
  if (bytes.length % 2 !== 0) throw new AudioError('ODD_BYTE_COUNT', { byteLength: bytes.length })
  if (isLittleEndianHost && bytes.byteOffset % 2 === 0) {
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  }
  // Not `slice`: a Node Buffer's own `slice` is a view, and would stay unaligned.
  const samples = new Int16Array(new Uint8Array(bytes).buffer)
  if (!isLittleEndianHost) swapBytes(samples)
  return samples
}

/**
 * Returns 16-bit samples as little-endian bytes: a view of the same memory where the machine is little-endian, a copy
 * otherwise.
 */
export function int16ToBytes(samples: Int16Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
export function int16ToBytes(samples: Int16Array): Uint8Array
export function int16ToBytes(samples: Int16Array): Uint8Array {
  if (isLittleEndianHost) return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
  const swapped = samples.slice()
  swapBytes(swapped)
  return new Uint8Array(swapped.buffer)
}
