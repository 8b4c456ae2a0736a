import { expect } from 'vitest'
import { AudioError } from '../../../src/audio/error.js'

/** A sine of amplitude 0.9, or of the given one. */
export function tone(hertz: number, sampleRate: number, length: number, amplitude = 0.9): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, index) => amplitude * Math.sin((2 * Math.PI * hertz * index) / sampleRate))
}

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function noise(length: number, seed = 1): Float32Array<ArrayBuffer> {
  const random = createRandom(seed)
  return Float32Array.from({ length }, () => 2 * random() - 1)
}

export function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio)
}

/**
 * The sine of a known frequency that fits best by least squares, with an offset: its amplitude, its phase as a sine in radians, and the
 * ratio of its power to all that is left, in dB.
 */
export function fitSine(samples: Float32Array, hertz: number, sampleRate: number) {
  const omega = (2 * Math.PI * hertz) / sampleRate
  const rows = [0, 1, 2].map(() => [0, 0, 0, 0])
  const values = [0, 0, 1, 0]
  samples.forEach((sample, index) => {
    values[0] = Math.sin(omega * index)
    values[1] = Math.cos(omega * index)
    values[3] = sample
    for (let r = 0; r < 3; r++) {
      const row = rows[r] as number[]
      for (let c = 0; c < 4; c++) row[c] = (row[c] as number) + (values[r] as number) * (values[c] as number)
    }
  })
  const [sine, cosine, offset] = solve(rows) as [number, number, number]
  let power = 0
  let rest = 0
  samples.forEach((sample, index) => {
    const fitted = sine * Math.sin(omega * index) + cosine * Math.cos(omega * index)
    power += fitted ** 2
    rest += (sample - fitted - offset) ** 2
  })
  return { sinad: 10 * Math.log10(power / rest), amplitude: Math.hypot(sine, cosine), phase: Math.atan2(cosine, sine) }
}

/** Gauss-Jordan elimination of a small, well-behaved system; each row ends in its right-hand side. */
function solve(rows: number[][]): number[] {
  const size = rows.length
  for (let pivot = 0; pivot < size; pivot++) {
    const own = (rows[pivot] as number[]).map((value, _, row) => value / (row[pivot] as number))
    rows[pivot] = own
    for (let other = 0; other < size; other++) {
      if (other === pivot) continue
      const factor = (rows[other] as number[])[pivot] as number
      rows[other] = (rows[other] as number[]).map((value, column) => value - factor * (own[column] as number))
    }
  }
  return rows.map((row) => row[size] as number)
}

/** The part of a resampled tone that the edges do not touch. */
export function middle(samples: Float32Array): Float32Array {
  return samples.subarray(samples.length / 4, (3 * samples.length) / 4)
}

export function concat(pieces: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let start = 0
  for (const piece of pieces) {
    whole.set(piece, start)
    start += piece.length
  }
  return whole
}

/** The same bytes in the middle of a larger buffer, at an odd offset. */
export function unaligned(bytes: Uint8Array): Uint8Array {
  const host = new Uint8Array(bytes.length + 7).fill(0xa5)
  host.set(bytes, 3)
  return host.subarray(3, 3 + bytes.length)
}

/** What a call throws, which has to be an AudioError. */
export function audioErrorOf(action: () => unknown): AudioError {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(AudioError)
    return error as AudioError
  }
  throw new Error('nothing was thrown')
}
