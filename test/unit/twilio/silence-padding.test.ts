import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { createSilencePadding } from '../../../src/twilio/silence-padding.js'

function setUp(options: { padAfterMs?: number; maxPaddingMs?: number } = {}) {
  const clock = createManualClock()
  const padded: number[] = []
  const padding = createSilencePadding({
    clock,
    padAfterMs: 400,
    maxPaddingMs: 10_000,
    pad: (ms) => padded.push(ms),
    ...options,
  })
  const media = (timestamp: unknown, ms: number) => padding.media(timestamp, ms, clock.now())
  const total = () => padded.reduce((sum, ms) => sum + ms, 0)
  return { clock, padded, padding: { ...padding, media }, total }
}

describe('gaps between timestamps', () => {
  it('are filled with the missing duration of silence', () => {
    const { padding, padded } = setUp()
    padding.media('0', 20)
    padding.media('20', 20)
    padding.media(1540, 20)
    padding.media('1560', 20)
    expect(padded).toEqual([1500])
  })

  it('of less than 60 ms are not filled', () => {
    const { padding, padded } = setUp()
    for (const at of [0, 20, 60, 80, 40, 100, 120]) padding.media(String(at), 20)
    expect(padded).toEqual([])
  })

  it('are filled up to maxPaddingMs', () => {
    const { padding, padded } = setUp({ maxPaddingMs: 2_000 })
    padding.media('0', 20)
    padding.media('1e15', 20)
    expect(padded).toEqual([2_000])
  })

  it('are not filled before the first media, after a new start, or without timestamps', () => {
    const { padding, padded } = setUp()
    padding.media('5000', 20)
    padding.media('0', 20)
    padding.media('20', 20)
    for (const timestamp of [undefined, null, '', 'later', Number.NaN, {}]) padding.media(timestamp, 20)
    padding.media('40', 20)
    expect(padded).toEqual([])
  })

  it('are filled when padAfterMs is Infinity', () => {
    const { padding, padded, clock } = setUp({ padAfterMs: Number.POSITIVE_INFINITY })
    padding.media('0', 20)
    expect(clock.pending).toBe(0)
    padding.media('520', 20)
    expect(padded).toEqual([500])
  })
})

describe('media that stop', () => {
  it('are replaced by silence in real time, up to maxPaddingMs', async () => {
    const { padding, total, clock } = setUp({ maxPaddingMs: 3_000 })
    padding.media('0', 20)
    await clock.advance(399)
    expect(total()).toBe(0)
    await clock.advance(1)
    expect(total()).toBe(400)
    await clock.advance(600)
    expect(total()).toBe(1_000)
    await clock.advance(60_000)
    expect(total()).toBe(3_000)
    expect(clock.pending).toBe(0)
  })

  it('are replaced before any other media have followed the first, and never before the first', async () => {
    const { padding, total, clock } = setUp()
    await clock.advance(5_000)
    expect(total()).toBe(0)
    padding.media(undefined, 20)
    await clock.advance(1_000)
    expect(total()).toBe(1_000)
  })

  it('are padded only by the missing rest when they continue', async () => {
    const { padding, padded, total, clock } = setUp()
    padding.media('0', 20)
    await clock.advance(1_050)
    expect(total()).toBe(1_000)
    padding.media('1070', 20)
    expect(padded.at(-1)).toBe(50)
    expect(total()).toBe(1_050)
  })

  it('are not padded when they continue after maxPaddingMs, but in the next gap', async () => {
    const { padding, total, clock } = setUp({ maxPaddingMs: 1_000 })
    padding.media('0', 20)
    await clock.advance(30_000)
    padding.media('30020', 20)
    expect(total()).toBe(1_000)
    await clock.advance(500)
    expect(total()).toBe(1_500)
  })

  it('are not padded while they arrive every 20 ms', async () => {
    const { padding, padded, clock } = setUp()
    for (let at = 0; at < 5_000; at += 20) {
      padding.media(String(at), 20)
      await clock.advance(20)
    }
    expect(padded).toEqual([])
  })

  it('are not padded when maxPaddingMs is 0, or after stop', async () => {
    const off = setUp({ maxPaddingMs: 0 })
    off.padding.media('0', 20)
    off.padding.media('5000', 20)
    const stopped = setUp()
    stopped.padding.media('0', 20)
    stopped.padding.stop()
    for (const { clock, padded } of [off, stopped]) {
      expect(clock.pending).toBe(0)
      await clock.advance(5_000)
      expect(padded).toEqual([])
    }
  })
})
