import { describe, expect, it } from 'vitest'
import { createPlayout } from '../../../src/testing/emulator/playout.js'

function start() {
  const events: string[] = []
  const playout = createPlayout({
    onStarted: (id) => events.push(`started ${id}`),
    onStopped: (id) => events.push(`stopped ${id}`),
  })
  const add = (response_id: string, item_id: string, ms: number, value = 1) =>
    playout.add({ response_id, item_id }, { pcm: new Int16Array(ms * 24).fill(value), rate: 24_000 })
  const pull = (ms: number) => playout.pull(ms * 24)
  return { playout, events, add, pull }
}

describe('the playout of a media session', () => {
  it('plays responses one after the other, and reports the start and end of each', () => {
    const { playout, events, add, pull } = start()
    add('a', 'a1', 30, 1)
    playout.finish('a')
    add('b', 'b1', 20, 2)
    expect(playout.unplayedMs).toBe(50)
    const samples = pull(40)
    expect([samples[0], samples[719], samples[720], samples[959]]).toEqual([1, 1, 2, 2])
    expect(events).toEqual(['started a', 'stopped a', 'started b'])
    pull(20)
    pull(20)
    // The response is not done, so more audio can follow.
    expect(events).toHaveLength(3)
    playout.finish('b')
    expect(pull(20).every((sample) => sample === 0)).toBe(true)
    expect(events.at(-1)).toBe('stopped b')
    expect(playout.clear()).toBeUndefined()
  })

  it('returns the played duration of each item when it is cleared', () => {
    const { playout, events, add, pull } = start()
    add('a', 'a1', 20)
    add('a', 'a2', 100)
    add('a', 'a3', 100)
    pull(70)
    expect(playout.clear()).toEqual({
      responseId: 'a',
      items: [
        { itemId: 'a2', playedMs: 50 },
        { itemId: 'a3', playedMs: 0 },
      ],
    })
    // Audio that the response adds after `clear` is dropped.
    add('a', 'a4', 100)
    playout.finish('a')
    expect(pull(20).every((sample) => sample === 0)).toBe(true)
    expect(events).toEqual(['started a'])
  })

  it('clears an item that was played completely while its response is running', () => {
    const { playout, add, pull } = start()
    add('a', 'a1', 20)
    pull(40)
    expect(playout.clear()).toEqual({ responseId: 'a', items: [{ itemId: 'a1', playedMs: 20 }] })
  })
})
