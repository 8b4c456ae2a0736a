import { describe, expect, it } from 'vitest'
import { createLevelTimeline } from '../../../../src/features/interruption/level-timeline.js'

describe('level timeline', () => {
  it('returns the loudest level of a time span, both ends included', () => {
    const timeline = createLevelTimeline()
    for (const [index, db] of [-10, -40, -30, -20].entries()) timeline.add(db, 20 * index)
    expect(timeline.loudest(20, 40)).toBe(-30)
    expect(timeline.loudest(20, 60)).toBe(-20)
  })

  it('returns -Infinity for a time span without levels', () => {
    const timeline = createLevelTimeline()
    expect(timeline.loudest(0, 100)).toBe(Number.NEGATIVE_INFINITY)
    timeline.add(-10, 200)
    expect(timeline.loudest(0, 100)).toBe(Number.NEGATIVE_INFINITY)
  })

  it('drops levels before the span, and after a time on request', () => {
    const timeline = createLevelTimeline()
    for (let index = 0; index < 10; index++) timeline.add(-index, index)
    timeline.loudest(5, 9)
    expect(timeline.loudest(0, 9)).toBe(-5)
    timeline.dropAfter(6)
    expect(timeline.loudest(6, 9)).toBe(-6)
    timeline.dropAfter(0)
    expect(timeline.loudest(0, 9)).toBe(Number.NEGATIVE_INFINITY)
  })

  it('keeps the order while it grows and wraps', () => {
    const timeline = createLevelTimeline()
    for (let index = 0; index < 1_000; index++) {
      timeline.add(-index, index)
      if (index % 3 === 0) timeline.dropBefore(index / 2)
    }
    for (const fromMs of [600, 750, 999]) expect(timeline.loudest(fromMs, 999)).toBe(-fromMs)
  })

  it('ignores levels beyond its limit', () => {
    const timeline = createLevelTimeline()
    for (let index = 0; index < 40_000; index++) timeline.add(index < 32_768 ? -50 : -10, index)
    expect(timeline.loudest(0, 40_000)).toBe(-50)
    timeline.add(-10, 40_000)
    expect(timeline.loudest(40_000, 40_000)).toBe(Number.NEGATIVE_INFINITY)
    timeline.add(-10, 40_001)
    expect(timeline.loudest(40_001, 40_001)).toBe(-10)
  })
})
