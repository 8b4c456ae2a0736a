import { type ResampleQuality, resample } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { decibels, fitSine, middle, rms, tone } from '../../unit/audio/signal.js'

const rates: readonly [from: number, to: number][] = [
  [24_000, 8_000],
  [8_000, 24_000],
  [16_000, 24_000],
  [24_000, 16_000],
  [22_050, 24_000],
  [32_000, 24_000],
  [44_100, 24_000],
  [48_000, 24_000],
  [24_000, 48_000],
  [44_100, 48_000],
  [48_000, 44_100],
  [11_025, 24_000],
  [44_101, 24_000],
  [24_000, 44_099],
  [47_999, 8_000],
  [8_000, 23_999],
]
const qualities: readonly ResampleQuality[] = ['voice', 'best']
const cases = rates.flatMap(([from, to]) => qualities.map((quality) => ({ from, to, quality })))

/** Resamples one second of a tone and fits a sine to the result. */
function fitTone(hertz: number, from: number, to: number, quality: ResampleQuality) {
  return fitSine(middle(resample(tone(hertz, from, from), from, to, quality)), hertz, to)
}

/** Returns the level of a tone after resampling, in dB relative to the input. */
function remainder(hertz: number, from: number, to: number, quality: ResampleQuality): number {
  return decibels(rms(middle(resample(tone(hertz, from, from), from, to, quality))) / (0.9 * Math.SQRT1_2))
}

describe.each(cases)('resampling from $from to $to Hz, $quality', ({ from, to, quality }) => {
  const nyquist = Math.min(from, to) / 2

  it('preserves amplitude and phase of a 1 kHz tone, with a SINAD of at least 140 dB', () => {
    const { sinad, amplitude, phase } = fitTone(1_000, from, to, quality)
    const start = Math.floor(to / 4)
    const expectedPhase = ((2 * Math.PI * 1_000 * start) / to) % (2 * Math.PI)
    expect(sinad).toBeGreaterThan(quality === 'best' ? 148 : 140)
    expect(amplitude).toBeCloseTo(0.9, 5)
    expect(Math.cos(phase - expectedPhase)).toBeCloseTo(1, 10)
  })

  it('is flat to 0.01 dB up to 0.9 of the smaller Nyquist frequency', () => {
    for (const part of [0.01, 0.5, 0.8, 0.9]) {
      const gain = decibels(fitTone(part * nyquist, from, to, quality).amplitude / 0.9)
      expect(Math.abs(gain)).toBeLessThan(0.01)
    }
  })

  it('attenuates frequencies above the smaller Nyquist frequency', () => {
    const [edge, most] = quality === 'best' ? [1.001, -148] : [1.1, -120]
    for (const part of [edge, 1.3, 1.75, 2.5]) {
      if (part * nyquist < from / 2) expect(remainder(part * nyquist, from, to, quality)).toBeLessThan(most)
    }
  })
})
