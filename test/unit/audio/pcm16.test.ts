import fc from 'fast-check'
import {
  bytesToInt16,
  createPcm16Decoder,
  createPcm16Encoder,
  decodePcm16,
  encodePcm16,
  int16ToBytes,
  toFloat32,
  toInt16,
} from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { isLittleEndianHost, swapBytes } from '../../../src/audio/byte-order.js'
import { audioErrorOf, concat, createRandom, fitSine, tone, unaligned } from './signal.js'

const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768)

describe('encodePcm16', () => {
  it('writes little-endian bytes', () => {
    expect([...encodePcm16(Float32Array.of(0, 1 / 32768, -1 / 32768, 0x1234 / 32768))]).toEqual([
      0, 0, 1, 0, 0xff, 0xff, 0x34, 0x12,
    ])
  })

  it('clips values outside of the 16-bit range', () => {
    const loud = Float32Array.of(1, -1, 32767 / 32768, 1.5, -1.5, 1e30, -1e30, Number.POSITIVE_INFINITY)
    expect([...toInt16(loud)]).toEqual([32767, -32768, 32767, 32767, -32768, 32767, -32768, 32767])
    expect([...toInt16(Float32Array.of(Number.NEGATIVE_INFINITY, Number.NaN, -0))]).toEqual([-32768, 0, 0])
  })

  it('rounds to the nearest step, ties to even', () => {
    const steps = [0.49, 0.5, 0.51, 1.5, 2.5, 32766.4, 32766.6, 32767.4]
    expect([...toInt16(Float32Array.from(steps, (step) => step / 32768))]).toEqual([0, 0, 1, 2, 2, 32766, 32767, 32767])
    expect([...toInt16(Float32Array.from(steps, (step) => -step / 32768))]).toEqual([
      0, 0, -1, -2, -2, -32766, -32767, -32767,
    ])
    expect([...toInt16(Float32Array.of(-32767.6 / 32768, -32768.4 / 32768))]).toEqual([-32768, -32768])
  })

  it('restores every 16-bit sample', () => {
    expect(toInt16(toFloat32(everySample))).toEqual(everySample)
    expect(decodePcm16(encodePcm16(toFloat32(everySample)))).toEqual(toFloat32(everySample))
  })

  it('adds no more noise than 16-bit quantization', () => {
    const { sinad } = fitSine(decodePcm16(encodePcm16(tone(997, 24_000, 24_000, 0.999))), 997, 24_000)
    expect(sinad).toBeGreaterThan(97.5)
    expect(sinad).toBeLessThan(98.6)
  })

  it('encodes a part of a larger array', () => {
    const host = Float32Array.of(9, 9, 0.5, -0.5, 9)
    expect([...toInt16(host.subarray(2, 4))]).toEqual([16384, -16384])
  })

  it('encodes an empty array', () => {
    expect(encodePcm16(new Float32Array(0))).toEqual(new Uint8Array(0))
  })
})

describe('dither', () => {
  it('preserves a tone below half a quantization step', () => {
    const quiet = tone(1_000, 24_000, 48_000, 0.4 / 32768)
    expect(toInt16(quiet).every((sample) => sample === 0)).toBe(true)
    const dithered = toFloat32(toInt16(quiet, { dither: 'tpdf', random: createRandom(7) }))
    expect(fitSine(dithered, 1_000, 24_000).amplitude * 32768).toBeCloseTo(0.4, 1)
  })

  it('adds noise of a quarter step squared for any signal', () => {
    for (const offset of [0, 0.25, 0.5]) {
      const steady = new Float32Array(200_000).fill(offset / 32768)
      const dithered = toInt16(steady, { dither: 'tpdf', random: createRandom(3) })
      const mean = dithered.reduce((sum, sample) => sum + sample, 0) / dithered.length
      const variance = dithered.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / dithered.length
      expect(mean).toBeCloseTo(offset, 2)
      expect(variance).toBeCloseTo(0.25, 2)
    }
  })

  it('stays in the 16-bit range and converts NaN to silence', () => {
    const loud = Float32Array.of(1, -1, 2, -2, Number.NaN)
    expect([...toInt16(loud, { dither: 'tpdf', random: () => 0.999 })]).toEqual([32767, -32768, 32767, -32768, 0])
  })

  it('uses Math.random by default', () => {
    const dithered = toInt16(new Float32Array(1_000), { dither: 'tpdf' })
    expect(dithered.some((sample) => sample !== 0)).toBe(true)
    expect(dithered.every((sample) => Math.abs(sample) <= 1)).toBe(true)
  })
})

describe('bytesToInt16', () => {
  it('views aligned bytes and copies unaligned ones', () => {
    const bytes = int16ToBytes(Int16Array.of(1, -2, 32767, -32768))
    expect(bytesToInt16(bytes).buffer).toBe(bytes.buffer)
    const shifted = unaligned(bytes)
    expect(bytesToInt16(shifted)).toEqual(Int16Array.of(1, -2, 32767, -32768))
    expect(bytesToInt16(shifted).buffer).not.toBe(shifted.buffer)
  })

  it('reads a Node buffer from the shared pool', () => {
    const pooled = Buffer.from('xAAAB', 'latin1').subarray(1)
    expect([...bytesToInt16(pooled)]).toEqual([0x4141, 0x4241])
  })

  it('throws ODD_BYTE_COUNT for half a sample', () => {
    const error = audioErrorOf(() => bytesToInt16(new Uint8Array(3)))
    expect(error.shortMessage).toBe(
      '3 bytes are not a whole number of 16-bit samples. Pass whole samples, or decode the chunks of a stream with createPcm16Decoder().',
    )
    expect(error.data).toEqual({ byteLength: 3 })
  })

  it('views part of a larger array as bytes', () => {
    const host = Int16Array.of(7, 0x0102, 7)
    expect([...int16ToBytes(host.subarray(1, 2))]).toEqual([2, 1])
  })
})

describe('swapBytes', () => {
  it('swaps the bytes of positive and negative samples', () => {
    const samples = Int16Array.of(0x0102, -2, 0, 0x00ff)
    swapBytes(samples)
    expect([...samples]).toEqual([0x0201, -257, 0, -256])
  })

  it('is not used on a little-endian machine', () => {
    expect(isLittleEndianHost).toBe(true)
  })
})

describe('createPcm16Encoder', () => {
  it('returns the same bytes as encodePcm16 for chunks of any length', () => {
    const piece = fc.float32Array({ noNaN: false, maxLength: 50 })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const encoder = createPcm16Encoder()
        for (const samples of pieces)
          expect(Uint8Array.from(encoder.encode(samples))).toEqual(Uint8Array.from(encodePcm16(samples)))
      }),
    )
  })

  it('reuses its memory for chunks that are not longer', () => {
    const encoder = createPcm16Encoder()
    const { buffer } = encoder.encode(new Float32Array(480))
    expect(encoder.encode(new Float32Array(240)).buffer).toBe(buffer)
    expect(encoder.encode(new Float32Array(480)).buffer).toBe(buffer)
  })
})

describe('createPcm16Decoder', () => {
  it('returns the same samples for any chunk sizes', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), sizes, (bytes, cuts) => {
        const even = bytes.subarray(0, bytes.length - (bytes.length % 2))
        const decoder = createPcm16Decoder()
        const pieces: Float32Array[] = []
        let start = 0
        for (const size of [...cuts, bytes.length]) {
          pieces.push(decoder.decode(even.subarray(start, start + size)))
          start += size
        }
        decoder.flush()
        expect(concat(pieces)).toEqual(decodePcm16(even))
      }),
    )
  })

  it('throws ODD_BYTE_COUNT once for a remaining half sample', () => {
    const decoder = createPcm16Decoder()
    decoder.decode(new Uint8Array(2))
    decoder.decode(new Uint8Array(3))
    expect(audioErrorOf(() => decoder.flush()).data).toEqual({ byteLength: 5 })
    decoder.flush()
    expect([...decoder.decode(Uint8Array.of(0, 0x40))]).toEqual([0.5])
  })

  it('copies the odd byte of a chunk', () => {
    const decoder = createPcm16Decoder()
    const reused = Uint8Array.of(0x00)
    decoder.decode(reused)
    reused[0] = 0x99
    expect([...decoder.decode(Uint8Array.of(0x40))]).toEqual([0.5])
  })
})
