import { describe, expect, it } from 'vitest'
import { createHistogram, percentilesOf } from '../../../../src/cli/load/histogram.js'
import { createPlayout } from '../../../../src/cli/load/playout.js'
import { parsePs, parseStat } from '../../../../src/cli/load/process-usage.js'
import { findStamp, type StampFormat, stampAudio } from '../../../../src/cli/load/stamp.js'
import { createTally } from '../../../../src/cli/load/tally.js'

describe('histogram', () => {
  it('returns percentiles within 2 %, also after a merge', () => {
    const [odd, even] = [createHistogram(), createHistogram()]
    for (let value = 1; value <= 1_000; value++) (value % 2 ? odd : even).add(value / 10)
    odd.merge(even.counts())
    const { count, p50, p95, p99, max } = percentilesOf(odd)
    expect([count, max]).toEqual([1_000, 100])
    for (const [found, expected] of [
      [p50, 50],
      [p95, 95],
      [p99, 99],
    ] as const)
      expect(Math.abs((found ?? 0) / expected - 1)).toBeLessThan(0.021)
  })

  it('has no percentiles without values, and a bounded number of buckets', () => {
    const histogram = createHistogram()
    expect(percentilesOf(histogram)).toEqual({ count: 0, p50: null, p95: null, p99: null, max: null })
    for (const value of [0, 1e-9, 1e12, Number.MAX_VALUE]) histogram.add(value)
    for (const [bucket] of histogram.counts().buckets) expect(bucket).toBeLessThanOrEqual(1_000)
  })
})

describe('stamp', () => {
  const audioOf = (format: StampFormat) => Buffer.alloc(format === 'pcmu' ? 160 : 960, 0x5a).toString('base64')

  it.each(['pcmu', 'pcm'] as const)('survives in %s, with the samples after it unchanged', (format) => {
    const audio = audioOf(format)
    const stamped = stampAudio(audio, format, { isFirst: true, nowMs: 1_000 })
    expect(stamped).toHaveLength(audio.length)
    const bytes = 18 * (format === 'pcmu' ? 1 : 2)
    expect(Buffer.from(stamped, 'base64').subarray(bytes)).toEqual(Buffer.from(audio, 'base64').subarray(bytes))
    expect(findStamp(`{"delta":"${stamped}"}`, format, 1_012.5)).toEqual({ isFirst: true, ageMs: 12.5 })
  })

  it.each(['pcmu', 'pcm'] as const)('is quieter than speech in %s', (format) => {
    const stamped = stampAudio(audioOf(format), format, { isFirst: false, nowMs: 4_294_967 })
    const bytes = Buffer.from(stamped, 'base64').subarray(0, format === 'pcmu' ? 18 : 36)
    for (const [index, byte] of bytes.entries()) {
      if (format === 'pcmu') expect(byte).toBeGreaterThanOrEqual(0xf0)
      else expect(byte).toBeLessThanOrEqual(index % 2 === 0 ? 15 : 0)
    }
  })

  it('measures across the wrap of its clock', () => {
    const wrapMs = 2 ** 32 / 100
    const stamped = stampAudio(audioOf('pcmu'), 'pcmu', { isFirst: false, nowMs: wrapMs - 5 })
    expect(findStamp(stamped, 'pcmu', wrapMs + 5)?.ageMs).toBeCloseTo(10, 5)
  })

  it('is not found in other audio, nor with a wrong checksum', () => {
    expect(findStamp(audioOf('pcmu'), 'pcmu', 0)).toBeUndefined()
    const bytes = Buffer.from(stampAudio(audioOf('pcmu'), 'pcmu', { isFirst: false, nowMs: 0 }), 'base64')
    bytes[10] = 0xff - (bytes[10] as number) + 0xf0
    expect(findStamp(bytes.toString('base64'), 'pcmu', 0)).toBeUndefined()
  })

  it('leaves audio unchanged that is shorter than a stamp', () => {
    expect(stampAudio('////', 'pcmu', { isFirst: true })).toBe('////')
  })
})

describe('playout', () => {
  it('reports silence between audio of one response, and none before the next response', () => {
    const playout = createPlayout()
    expect(playout.add(100, 0, 'first')).toBe(0)
    expect(playout.add(200, 90, 'following')).toBe(0)
    expect(playout.endsAtMs).toBe(300)
    expect(playout.add(200, 370, 'following')).toBe(70)
    expect(playout.add(200, 5_000, 'first')).toBe(0)
  })

  it('reports no silence after audio that was cleared', () => {
    const playout = createPlayout()
    playout.add(100, 0, 'first')
    playout.clear()
    expect(playout.add(100, 900, 'following')).toBe(0)
  })

  it('takes a long silence in audio without stamps for a pause', () => {
    const playout = createPlayout()
    playout.add(100, 0, 'unknown')
    expect(playout.add(100, 180, 'unknown')).toBe(80)
    expect(playout.add(100, 1_000, 'unknown')).toBe(0)
  })
})

describe('tally', () => {
  it('counts gaps over 60 ms, keeps the longest, and starts again after a report', () => {
    const tally = createTally()
    for (const ms of [0, 60, 61, 75]) tally.gap(ms)
    expect(tally.take()).toMatchObject({ longestGapMs: 75, counts: { gapsOver60Ms: 2 } })
    expect(tally.take()).toMatchObject({ longestGapMs: 0, counts: { gapsOver60Ms: 0 } })
  })

  it('bounds the number of error codes', () => {
    const tally = createTally()
    for (let index = 0; index < 500; index++) tally.error(`code_${index}`)
    const { errors } = tally.take()
    expect(Object.keys(errors)).toHaveLength(101)
    expect(errors.other).toBe(400)
  })
})

describe('usage of another process', () => {
  it('is read from /proc, also when the name of the program contains spaces and parentheses', () => {
    const fields = ['S', ...Array(10).fill('0'), '150', '50', ...Array(8).fill('0'), '1000', '0']
    expect(parseStat(`42 (my (odd) name) ${fields.join(' ')}`)).toEqual({ cpuMs: 2_000, rssBytes: 4_096_000 })
  })

  it('is read from ps', () => {
    expect(parsePs('  1:02.50  2048\n')).toEqual({ cpuMs: 62_500, rssBytes: 2_097_152 })
    expect(parsePs('1-00:00:01 10')).toEqual({ cpuMs: 86_401_000, rssBytes: 10_240 })
    expect(parsePs('')).toBeUndefined()
  })
})
