import fc from 'fast-check'
import { createJitterBuffer, type JitterBuffer } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf, concat, tone } from './signal.js'

const sampleRate = 8_000

/** Pulls in blocks of 2 ms, with whose samples they were. */
function pull(buffer: JitterBuffer<string>, ms: number) {
  const blocks: Float32Array[] = []
  const taken: Record<string, number> = {}
  for (let at = 0; at < ms; at += 2) {
    const block = new Float32Array((2 * sampleRate) / 1000)
    for (const { source, samples } of buffer.pull(block)) taken[source] = (taken[source] ?? 0) + samples
    blocks.push(block)
  }
  return { sound: concat(blocks), taken }
}

/** The largest step between neighbours: what a click is. */
function largestStep(sound: Float32Array): number {
  return sound.reduce((largest, sample, index) => Math.max(largest, Math.abs(sample - (sound[index - 1] ?? 0))), 0)
}

const ramp = (length: number) => Float32Array.from({ length }, (_, index) => (index + 1) / 10_000)

describe('createJitterBuffer', () => {
  it('buffers startMs, then plays every sample without a gap', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 40 })
    const sound = ramp(800)
    buffer.push(sound.subarray(0, 160), 'a')
    expect(pull(buffer, 10)).toEqual({ sound: new Float32Array(80), taken: {} })
    buffer.push(sound.subarray(160), 'a')
    buffer.end('a')
    expect(buffer.waitingMs).toBe(100)
    const played = pull(buffer, 110)
    expect(played.sound.subarray(0, 800)).toEqual(sound)
    expect(played.taken).toEqual({ a: 800 })
    expect({ isEmpty: buffer.isEmpty, underruns: buffer.underruns }).toEqual({ isEmpty: true, underruns: 0 })
  })

  it('plays a source shorter than startMs once it is complete', () => {
    const buffer = createJitterBuffer<string>({ sampleRate })
    buffer.push(ramp(16), 'a')
    expect(pull(buffer, 10).taken).toEqual({})
    buffer.end('a')
    expect(pull(buffer, 10).taken).toEqual({ a: 16 })
  })

  it('returns every sample once and in order for any chunk sizes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(sizes, sizes, (pushes, pulls) => {
        const buffer = createJitterBuffer<string>({ sampleRate, startMs: 0 })
        const sound = ramp(pushes.reduce((sum, size) => sum + size, 0))
        let start = 0
        for (const size of pushes) {
          buffer.push(sound.subarray(start, start + size), 'a')
          start += size
        }
        buffer.end('a')
        const heard = pulls.map((size) => {
          const output = new Float32Array(size)
          buffer.pull(output)
          return output
        })
        const all = concat(heard)
        expect(all.subarray(0, sound.length)).toEqual(sound.subarray(0, all.length))
        expect(all.subarray(sound.length).every((sample) => sample === 0)).toBe(true)
      }),
    )
  })

  it('plays interleaved sources one after the other', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 0 })
    buffer.push(new Float32Array(16).fill(0.1), 'a')
    buffer.push(new Float32Array(16).fill(0.2), 'b')
    buffer.push(new Float32Array(16).fill(0.1), 'a')
    for (const source of ['a', 'b']) buffer.end(source)
    const { sound, taken } = pull(buffer, 6)
    expect([...new Set(sound.subarray(0, 32))]).toEqual([Math.fround(0.1)])
    expect([...new Set(sound.subarray(32))]).toEqual([Math.fround(0.2)])
    expect(taken).toEqual({ a: 32, b: 16 })
  })

  it('does not wait for a source without an end when another one follows', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 0 })
    buffer.push(ramp(16), 'a')
    buffer.push(ramp(16), 'b')
    buffer.end('b')
    expect(pull(buffer, 10).taken).toEqual({ a: 16, b: 16 })
    expect(buffer.isEmpty).toBe(true)
  })

  it('fades around an underrun and doubles startMs', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 20, fadeMs: 5 })
    const sound = tone(200, sampleRate, 1_600, 0.5)
    buffer.push(sound.subarray(0, 400), 'a')
    const before = pull(buffer, 60).sound
    expect(before.at(-1)).toBe(0)
    expect(buffer.underruns).toBe(1)
    buffer.push(sound.subarray(410, 640), 'a') // 28.75 ms: enough at first, not any more
    expect(pull(buffer, 20).taken).toEqual({})
    buffer.push(sound.subarray(640), 'a')
    buffer.end('a')
    const after = pull(buffer, 160).sound
    // A 200 Hz tone of 0.5 moves by 0.079 a sample, and the fades add 0.5 / 40.
    expect(largestStep(concat([before, after]))).toBeLessThan(0.1)
    expect(buffer.underruns).toBe(1)
  })

  it('limits startMs to maxStartMs', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 20, maxStartMs: 30 })
    for (let gap = 0; gap < 5; gap++) {
      buffer.push(ramp(240), 'a')
      expect(pull(buffer, 40).taken).toEqual({ a: 240 })
    }
    expect(buffer.underruns).toBe(5)
  })

  it('fades out within fadeMs after flush', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 0, fadeMs: 5 })
    buffer.push(tone(200, sampleRate, 8_000, 0.5), 'a')
    const before = pull(buffer, 21 * 2).sound
    buffer.flush()
    expect(buffer.waitingMs).toBe(0)
    const { sound, taken } = pull(buffer, 20)
    expect(taken).toEqual({})
    expect(sound.subarray(40).every((sample) => sample === 0)).toBe(true)
    expect(largestStep(concat([before, sound]))).toBeLessThan(0.1)
    expect(buffer.isEmpty).toBe(true)
  })

  it('plays new audio from its first sample after the fade of a flush', () => {
    const buffer = createJitterBuffer<string>({ sampleRate, startMs: 0, fadeMs: 5 })
    buffer.push(tone(200, sampleRate, 8_000, 0.5), 'a')
    pull(buffer, 20)
    buffer.flush()
    buffer.push(ramp(160), 'b')
    buffer.end('b')
    const { sound, taken } = pull(buffer, 40)
    expect(taken).toEqual({ b: 160 })
    const from = sound.findIndex((_, index) => index >= 40 && sound[index] === Math.fround(1 / 10_000))
    expect(sound.subarray(from, from + 160)).toEqual(ramp(160))
  })

  it('returns silence after flush when nothing was playing', () => {
    const buffer = createJitterBuffer<string>({ sampleRate })
    buffer.push(ramp(16), 'a')
    buffer.flush()
    expect(pull(buffer, 10).sound.every((sample) => sample === 0)).toBe(true)
    expect(buffer.isEmpty).toBe(true)
  })

  it('throws INVALID_OPTION when maxStartMs is less than startMs', () => {
    expect(audioErrorOf(() => createJitterBuffer({ sampleRate, startMs: 100, maxStartMs: 50 })).shortMessage).toBe(
      'The option "maxStartMs" must be at least startMs, 100, not 50.',
    )
    expect(audioErrorOf(() => createJitterBuffer({ sampleRate, fadeMs: -1 })).code).toBe('INVALID_OPTION')
    expect(audioErrorOf(() => createJitterBuffer({ sampleRate: 0 })).data).toMatchObject({ option: 'sampleRate' })
  })
})
