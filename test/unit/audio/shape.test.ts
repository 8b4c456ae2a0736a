import { downmix, fade, silence } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf } from './signal.js'

describe('downmix', () => {
  it('returns the mean of all channels', () => {
    expect(downmix([Float32Array.of(1, 0), Float32Array.of(-1, 0.5)])).toEqual(Float32Array.of(0, 0.25))
    expect(downmix([Float32Array.of(1), Float32Array.of(1), Float32Array.of(1)])).toEqual(Float32Array.of(1))
  })

  it('copies a single channel', () => {
    const mono = Float32Array.of(0.1, 0.2)
    expect(downmix([mono])).toEqual(mono)
    expect(downmix([mono])).not.toBe(mono)
  })

  it('throws INVALID_OPTION without channels and for different lengths', () => {
    expect(audioErrorOf(() => downmix([])).shortMessage).toBe(
      `The option "channels" must contain at least one channel.`,
    )
    expect(audioErrorOf(() => downmix([new Float32Array(1), new Float32Array(2)])).shortMessage).toBe(
      `The option "channels" must all have the same length, not 1 and 2 samples.`,
    )
  })
})

describe('silence', () => {
  it('rounds the duration to a whole sample', () => {
    expect(silence(20, 24_000)).toEqual(new Float32Array(480))
    expect(silence(1, 22_050)).toHaveLength(22)
    expect(silence(0, 8_000)).toHaveLength(0)
  })

  it('throws INVALID_OPTION for a negative duration', () => {
    expect(audioErrorOf(() => silence(-1, 8_000)).shortMessage).toBe(
      `The option "ms" must be a number of milliseconds of at least 0, not -1.`,
    )
  })
})

describe('fade', () => {
  const steady = new Float32Array(100).fill(1)

  it('fades in and out and does not change the middle', () => {
    const faded = fade(steady, { sampleRate: 1_000, inMs: 10, outMs: 20 })
    expect(faded[0]).toBeCloseTo(0.00616, 5)
    expect((faded[4] as number) + (faded[5] as number)).toBeCloseTo(1, 6)
    for (let index = 1; index < 10; index++) expect(faded[index]).toBeGreaterThan(faded[index - 1] as number)
    expect(faded.subarray(10, 80)).toEqual(new Float32Array(70).fill(1))
    for (let index = 81; index < 100; index++) expect(faded[index]).toBeLessThan(faded[index - 1] as number)
    expect(faded[99]).toBeCloseTo(0.00154, 5)
  })

  it('adds up to full gain in a cross-fade', () => {
    const out = fade(steady, { sampleRate: 1_000, outMs: 100 })
    const into = fade(steady, { sampleRate: 1_000, inMs: 100 })
    out.forEach((sample, index) => {
      expect(sample + (into[index] as number)).toBeCloseTo(1, 6)
    })
  })

  it('covers audio that is shorter than the fade', () => {
    const faded = fade(steady.subarray(0, 4), { sampleRate: 1_000, inMs: 10 })
    expect(faded[0]).toBeLessThan(0.05)
    expect(faded[3]).toBeGreaterThan(0.95)
    expect(fade(new Float32Array(0), { sampleRate: 1_000, inMs: 10, outMs: 10 })).toHaveLength(0)
  })

  it('returns an unchanged copy by default', () => {
    expect(fade(steady, { sampleRate: 1_000 })).toEqual(steady)
    fade(steady, { sampleRate: 1_000, inMs: 50 })
    expect(steady[0]).toBe(1)
  })
})
