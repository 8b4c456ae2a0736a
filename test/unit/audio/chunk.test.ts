import fc from 'fast-check'
import { createChunker, msToBytes } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf, concat, noise } from './signal.js'

describe('createChunker', () => {
  it('returns all samples in 20 ms frames for chunks of any length', () => {
    const samples = noise(5_000)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 }), (sizes) => {
        const chunker = createChunker({ samples: 480 })
        const frames: Float32Array[] = []
        let start = 0
        for (const size of [...sizes, samples.length]) {
          frames.push(...chunker.push(samples.subarray(start, start + size)))
          start = Math.min(start + size, samples.length)
        }
        expect(frames.map((frame) => frame.length)).toEqual(new Array(10).fill(480))
        expect(chunker.pending).toBe(200)
        const whole = concat([...frames, chunker.flush('remainder') ?? new Float32Array(0)])
        expect(whole.every((sample, index) => sample === samples[index]) && whole.length === samples.length).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('splits bytes', () => {
    const chunker = createChunker({ bytes: 4 })
    expect(chunker.push(Uint8Array.of(1, 2, 3))).toEqual([])
    expect(chunker.push(Uint8Array.of(4, 5, 6, 7, 8, 9))).toEqual([
      Uint8Array.of(1, 2, 3, 4),
      Uint8Array.of(5, 6, 7, 8),
    ])
    expect(chunker.pending).toBe(1)
  })

  it('pads the last frame with the fill value', () => {
    const pcm = createChunker({ bytes: 4 })
    pcm.push(Uint8Array.of(1))
    expect(pcm.flush('pad')).toEqual(Uint8Array.of(1, 0, 0, 0))
    const muLaw = createChunker({ bytes: msToBytes(20, 'audio/pcmu'), fill: 0xff })
    muLaw.push(Uint8Array.of(1))
    expect(muLaw.flush('pad')).toEqual(new Uint8Array(160).fill(0xff).fill(1, 0, 1))
  })

  it('starts a new stream after flush, and returns undefined when nothing is left', () => {
    const chunker = createChunker({ samples: 2 })
    expect(chunker.flush('pad')).toBeUndefined()
    chunker.push(Float32Array.of(1, 2, 3))
    expect(chunker.flush('remainder')).toEqual(Float32Array.of(3))
    expect(chunker.flush('remainder')).toBeUndefined()
    chunker.push(Float32Array.of(4))
    expect(chunker.flush('pad')).toEqual(Float32Array.of(4, 0))
    expect(chunker.push(Float32Array.of(5, 6))).toEqual([Float32Array.of(5, 6)])
  })

  it('returns frames that do not share memory with the input', () => {
    const chunker = createChunker({ samples: 2 })
    const reused = Float32Array.of(1, 2, 3)
    const [first] = chunker.push(reused)
    reused.fill(9)
    const [second] = chunker.push(reused)
    expect([first, second]).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 9)])
    expect(first?.buffer.byteLength).toBe(8)
  })

  it.each([0, -1, 1.5, Number.NaN])('throws INVALID_OPTION for a frame length of %d', (length) => {
    expect(audioErrorOf(() => createChunker({ bytes: length })).shortMessage).toBe(
      `The option "bytes" must be a whole number above 0, not ${length}.`,
    )
    expect(audioErrorOf(() => createChunker({ samples: length })).shortMessage).toBe(
      `The option "samples" must be a whole number above 0, not ${length}.`,
    )
  })
})
