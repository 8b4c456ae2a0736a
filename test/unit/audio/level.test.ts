import { fromDecibels, measureLevel, toDecibels, toInt16 } from 'realtime-primitives/audio'
import { describe, expect, it } from 'vitest'
import { tone } from './signal.js'

describe('measureLevel', () => {
  it('returns -3.01 dBFS RMS and a peak of 0 dBFS for a full-scale sine', () => {
    const level = measureLevel(tone(1_000, 24_000, 24_000, 1))
    expect(level.rms).toBeCloseTo(Math.SQRT1_2, 6)
    expect(level.peak).toBeCloseTo(1, 6)
    expect(level.rmsDb).toBeCloseTo(-3.0103, 3)
    expect(level.peakDb).toBeCloseTo(0, 6)
  })

  it('uses the same scale for 16-bit samples', () => {
    expect(measureLevel(Int16Array.of(-32768, -32768))).toEqual({ rms: 1, peak: 1, rmsDb: 0, peakDb: 0 })
    const quiet = tone(1_000, 24_000, 2_400, 0.1)
    expect(measureLevel(toInt16(quiet)).rmsDb).toBeCloseTo(measureLevel(quiet).rmsDb, 2)
  })

  it('includes negative peaks', () => {
    expect(measureLevel(Float32Array.of(0.25, -0.5)).peak).toBe(0.5)
  })

  it.each([
    ['zeros', new Float32Array(10)],
    ['nothing', new Float32Array(0)],
    ['NaN', Float32Array.of(Number.NaN, Number.NaN)],
  ])('reads %s as silence', (_, samples) => {
    expect(measureLevel(samples)).toEqual({
      rms: 0,
      peak: 0,
      rmsDb: Number.NEGATIVE_INFINITY,
      peakDb: Number.NEGATIVE_INFINITY,
    })
  })
})

describe('decibels', () => {
  it('convert to amplitudes and back', () => {
    expect(toDecibels(1)).toBe(0)
    expect(toDecibels(0.1)).toBeCloseTo(-20, 12)
    expect(fromDecibels(-6.0206)).toBeCloseTo(0.5, 6)
    expect(fromDecibels(toDecibels(0))).toBe(0)
  })
})
