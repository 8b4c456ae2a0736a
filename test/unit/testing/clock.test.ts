import { describe, expect, test } from 'vitest'
import { createManualClock, scaledClock } from '../../../src/testing/index.js'

describe('the manual clock', () => {
  test('runs due callbacks in order, each at its own time', async () => {
    const clock = createManualClock()
    const ran: [string, number][] = []
    clock.after(30, () => ran.push(['c', clock.now()]))
    clock.after(10, () => ran.push(['a', clock.now()]))
    clock.after(10, () => ran.push(['b', clock.now()]))
    await clock.advance(20)
    expect(ran).toEqual([
      ['a', 10],
      ['b', 10],
    ])
    expect(clock.now()).toBe(20)
    await clock.advance(10)
    expect(ran.at(-1)).toEqual(['c', 30])
  })

  test('runs timers that a callback sets in the same advance', async () => {
    const clock = createManualClock()
    const times: number[] = []
    const tick = () => {
      times.push(clock.now())
      clock.after(5, tick)
    }
    clock.after(5, tick)
    await clock.advance(20)
    expect(times).toEqual([5, 10, 15, 20])
    expect(clock.pending).toBe(1)
  })

  test('lets promises run between callbacks', async () => {
    const clock = createManualClock()
    const seen: string[] = []
    clock.after(
      10,
      () =>
        void Promise.resolve()
          .then(() => Promise.resolve())
          .then(() => seen.push('promise')),
    )
    clock.after(20, () => seen.push('second'))
    await clock.advance(20)
    expect(seen).toEqual(['promise', 'second'])
  })

  test('does not run cancelled timers', async () => {
    const clock = createManualClock()
    const cancel = clock.after(10, () => expect.unreachable())
    cancel()
    cancel()
    expect(clock.pending).toBe(0)
    await clock.advance(10)
  })
})

test('a scaled clock runs faster than its base by its rate', async () => {
  const base = createManualClock()
  const clock = scaledClock(10, base)
  let ran = 0
  clock.after(1000, () => ran++)
  await base.advance(99)
  expect(ran).toBe(0)
  await base.advance(1)
  expect(ran).toBe(1)
  expect(clock.now()).toBe(1000)
})
