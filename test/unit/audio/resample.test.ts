import fc from 'fast-check'
import { createResampler, type ResampleQuality, resample } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { audioErrorOf, concat, decibels, middle, noise, rms, tone } from './signal.js'

const qualities: readonly ResampleQuality[] = ['voice', 'best']

/** Returns the level of a tone after resampling, in dB relative to the input. */
function remainder(hertz: number, from: number, to: number, quality: ResampleQuality): number {
  return decibels(rms(middle(resample(tone(hertz, from, from), from, to, quality))) / (0.9 * Math.SQRT1_2))
}

describe('resample', () => {
  it.each(qualities)('attenuates aliases by 120 dB, %s', (quality) => {
    expect(remainder(7_000, 24_000, 8_000, quality)).toBeLessThan(-120)
    expect(remainder(7_000, 16_000, 8_000, quality)).toBeLessThan(-120)
    expect(remainder(17_000, 48_000, 24_000, quality)).toBeLessThan(-120)
    expect(remainder(17_000, 44_100, 24_000, quality)).toBeLessThan(-120)
  })

  it('returns exactly round(n * to / from) samples', () => {
    const rate = fc.integer({ min: 1_000, max: 50_000 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000 }), rate, rate, (length, from, to) => {
        expect(resample(new Float32Array(length), from, to)).toHaveLength(Math.round((length * to) / from))
      }),
      { numRuns: 30 },
    )
  })

  it('preserves the position of a click', () => {
    const click = new Float32Array(2_400)
    click[1_200] = 1
    const down = resample(click, 24_000, 8_000)
    expect(down.indexOf(Math.max(...down))).toBe(400)
    const up = resample(click, 24_000, 48_000)
    expect(up.indexOf(Math.max(...up))).toBe(2_400)
  })

  it('preserves a constant signal away from the ends', () => {
    const steady = middle(resample(new Float32Array(8_000).fill(0.5), 44_100, 24_000))
    for (const sample of steady) expect(sample).toBeCloseTo(0.5, 5)
  })

  it('restores speech after a round trip through twice the rate', () => {
    const voice = tone(300, 24_000, 24_000, 0.3).map((sample, index) => sample + 0.3 * Math.sin(index * 0.7))
    const back = resample(resample(voice, 24_000, 48_000), 48_000, 24_000)
    const error = middle(back.map((sample, index) => sample - (voice[index] as number)))
    expect(decibels(rms(error) / rms(voice))).toBeLessThan(-110)
  })

  it('returns a copy for equal rates', () => {
    const samples = Float32Array.of(0.1, 5, Number.NaN)
    const same = resample(samples, 24_000, 24_000)
    expect(same).toEqual(samples)
    expect(same.buffer).not.toBe(samples.buffer)
  })

  it('returns NaN only while it is inside the filter', () => {
    const broken = tone(500, 24_000, 4_800)
    broken[100] = Number.NaN
    const output = resample(broken, 24_000, 8_000)
    expect(output.subarray(0, 10).some(Number.isNaN)).toBe(true)
    expect(output.subarray(200).some(Number.isNaN)).toBe(false)
  })
})

describe('createResampler', () => {
  const pairs: readonly [number, number][] = [
    [24_000, 8_000],
    [8_000, 24_000],
    [44_100, 24_000],
    [24_000, 44_099],
    [768_000, 1_000],
  ]

  it.each(pairs)('returns the same output from %i to %i Hz for any chunk sizes', (from, to) => {
    const samples = noise(6_000)
    const whole = resample(samples, from, to)
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 4_000 })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(sizes, (cuts) => {
        const resampler = createResampler({ from, to })
        const pieces: Float32Array[] = []
        let start = 0
        for (const size of [...cuts, samples.length]) {
          pieces.push(resampler.process(samples.subarray(start, start + size)))
          start = Math.min(start + size, samples.length)
        }
        const output = concat([...pieces, resampler.flush()])
        expect(output.every((sample, index) => sample === whole[index]) && output.length === whole.length).toBe(true)
      }),
      { numRuns: 12 },
    )
  })

  it('returns the same output for chunks of one sample', () => {
    const samples = noise(2_000)
    const resampler = createResampler({ from: 24_000, to: 16_000, quality: 'best' })
    const pieces = Array.from(samples, (sample) => resampler.process(Float32Array.of(sample)))
    expect(concat([...pieces, resampler.flush()])).toEqual(resample(samples, 24_000, 16_000, 'best'))
  })

  it.each(qualities)('returns the same output for chunks of one second and one sample, %s', (quality) => {
    const samples = noise(48_000)
    const second = createResampler({ from: 48_000, to: 24_000, quality })
    const sample = createResampler({ from: 48_000, to: 24_000, quality })
    const pieces = Array.from(samples, (value) => sample.process(Float32Array.of(value)))
    expect(concat([...pieces, sample.flush()])).toEqual(concat([second.process(samples), second.flush()]))
  })

  it.each(pairs)('delays output from %i to %i Hz by the reported delay', (from, to) => {
    const resampler = createResampler({ from, to })
    let length = 0
    while (resampler.process(new Float32Array(1)).length === 0) length++
    expect(length / from).toBeCloseTo(resampler.delay, 10)
  })

  it('reports a delay below 13 ms for common rates', () => {
    expect(createResampler({ from: 48_000, to: 24_000 }).delay).toBeLessThan(0.002)
    expect(createResampler({ from: 24_000, to: 8_000 }).delay).toBeLessThan(0.006)
    expect(createResampler({ from: 24_000, to: 8_000, quality: 'best' }).delay).toBeLessThan(0.013)
    expect(createResampler({ from: 24_000, to: 24_000 }).delay).toBe(0)
  })

  it('starts a new stream after flush and reset', () => {
    const samples = noise(3_000)
    const resampler = createResampler({ from: 24_000, to: 16_000 })
    const first = concat([resampler.process(samples), resampler.flush()])
    resampler.process(noise(777, 2))
    resampler.reset()
    expect(concat([resampler.process(samples), resampler.flush()])).toEqual(first)
    expect(resampler.flush()).toHaveLength(0)
  })

  it('does not keep a reference to its input', () => {
    const resampler = createResampler({ from: 24_000, to: 8_000 })
    const samples = noise(100)
    const untouched = samples.slice()
    const head = resampler.process(samples)
    expect(samples).toEqual(untouched)
    samples.fill(9)
    expect(concat([head, resampler.flush()])).toEqual(resample(untouched, 24_000, 8_000))
  })

  it.each([0, -8_000, 22_050.5, Number.NaN, 999, 768_001])('throws INVALID_OPTION for a rate of %d', (rate) => {
    expect(audioErrorOf(() => createResampler({ from: rate, to: 24_000 })).shortMessage).toBe(
      `The option "from" must be a whole number of hertz from 1000 to 768000, not ${rate}.`,
    )
    expect(audioErrorOf(() => resample(new Float32Array(1), 24_000, rate)).data).toMatchObject({ option: 'to' })
  })

  it('throws INVALID_OPTION for an unknown quality', () => {
    const options = { from: 8_000, to: 24_000, quality: 'worst' as ResampleQuality }
    expect(audioErrorOf(() => createResampler(options)).shortMessage).toBe(
      `The option "quality" must be 'voice' or 'best'.`,
    )
  })
})
