import { describe, expect, it } from 'vitest'
import { createAudioQueue, createBlockPool } from '../../../../src/session/connection/audio-queue.js'

interface Marker {
  readonly kind: 'event'
  readonly name: string
}

const append = 'input_audio_buffer.append'
const filled = (value: number, length = 960) => new Uint8Array(length).fill(value)

function createQueues() {
  const pool = createBlockPool()
  return { queue: createAudioQueue<Marker>(pool), earlier: createAudioQueue<Marker>(pool) }
}

/** Takes everything out of a queue: markers by name, audio as its first byte and its length. */
function drain(queue: ReturnType<typeof createAudioQueue<Marker>>): string[] {
  const taken: string[] = []
  for (let first = queue.first(); first; first = queue.first()) {
    const audio = queue.firstAudio()
    taken.push(first.kind === 'event' ? first.name : `${audio[0]}x${audio.length}`)
    queue.shift()
  }
  return taken
}

describe('an audio queue', () => {
  it('keeps appends of one length in a single entry', () => {
    const { queue } = createQueues()
    for (let index = 0; index < 1000; index++) queue.pushAudio(append, undefined, 1325, filled(index % 256))
    expect([...queue]).toMatchObject([{ count: 1000, audioBytes: 960 }])
    expect(queue.frameBytes()).toBe(1_325_000)
    const expected = Array.from({ length: 1000 }, (_, index) => `${index % 256}x960`)
    expect(drain(queue)).toEqual(expected)
    expect(queue.isEmpty()).toBe(true)
    expect(queue.frameBytes()).toBe(0)
  })

  it('keeps the order of appends of different lengths, markers, and appends longer than a block', () => {
    const { queue } = createQueues()
    queue.pushAudio(append, undefined, 10, filled(1, 3))
    queue.push({ kind: 'event', name: 'commit' })
    queue.pushAudio(append, undefined, 10, filled(2, 100_000))
    queue.pushAudio(append, undefined, 10, filled(3, 30_000))
    queue.pushAudio(append, undefined, 10, filled(4, 30_000))
    queue.pushAudio(append, 'named', 10, filled(5, 30_000))
    expect(drain(queue)).toEqual(['1x3', 'commit', '2x100000', '3x30000', '4x30000', '5x30000'])
  })

  it('accepts empty appends', () => {
    const { queue } = createQueues()
    queue.pushAudio(append, undefined, 49, new Uint8Array())
    queue.pushAudio(append, undefined, 53, filled(1, 3))
    expect(queue.firstAudio()).toHaveLength(0)
    queue.shift()
    expect(queue.firstAudio()).toEqual(filled(1, 3))
  })

  it('copies audio, so that the caller can reuse its buffer', () => {
    const { queue } = createQueues()
    const buffer = filled(1)
    queue.pushAudio(append, undefined, 10, buffer)
    buffer.fill(2)
    expect(queue.firstAudio()[0]).toBe(1)
  })

  it('drops the oldest audio from behind other entries', () => {
    const { queue } = createQueues()
    queue.push({ kind: 'event', name: 'clear' })
    for (const value of [1, 2, 3]) queue.pushAudio(append, undefined, 10, filled(value))
    queue.dropFirstAudio()
    queue.dropFirstAudio()
    expect(queue.frameBytes()).toBe(10)
    expect(drain(queue)).toEqual(['clear', '3x960'])
  })

  it('takes further appends after a group has been emptied', () => {
    const { queue } = createQueues()
    queue.pushAudio(append, undefined, 10, filled(1))
    queue.shift()
    queue.pushAudio(append, undefined, 10, filled(2))
    expect(drain(queue)).toEqual(['2x960'])
  })

  it.each([960, 20_000, 40_000])('removes entries between others, with appends of %i bytes', (length) => {
    const { queue } = createQueues()
    for (const value of [1, 2]) queue.pushAudio(append, undefined, 10, filled(value, length))
    queue.pushAudio(append, 'gone', 10, filled(3, length))
    queue.push({ kind: 'event', name: 'commit' })
    queue.pushAudio(append, undefined, 10, filled(4, length))
    queue.remove((entry) => entry.kind === 'audio' && entry.eventId === 'gone')
    expect(queue.frameBytes()).toBe(30)
    expect(drain(queue)).toEqual([`1x${length}`, `2x${length}`, 'commit', `4x${length}`])
  })

  it('takes the appends of an earlier queue, and none of its markers', () => {
    const { queue, earlier } = createQueues()
    earlier.pushAudio(append, undefined, 10, filled(1))
    earlier.push({ kind: 'event', name: 'commit' })
    earlier.pushAudio(append, undefined, 10, filled(2))
    queue.pushAudio(append, undefined, 10, filled(3))
    queue.prependAudio(earlier)
    queue.pushAudio(append, undefined, 10, filled(4))
    expect(earlier.isEmpty()).toBe(true)
    expect(earlier.frameBytes()).toBe(0)
    earlier.pushAudio(append, undefined, 10, filled(9))
    expect(drain(queue)).toEqual(['1x960', '2x960', '3x960', '4x960'])
    expect(drain(earlier)).toEqual(['9x960'])
  })

  it('returns the number of appends when it is cleared', () => {
    const { queue } = createQueues()
    for (const value of [1, 2, 3]) queue.pushAudio(append, undefined, 10, filled(value))
    queue.push({ kind: 'event', name: 'commit' })
    expect(queue.clear()).toBe(3)
    expect(queue.isEmpty()).toBe(true)
  })

  it('reuses the block of acknowledged audio', () => {
    const pool = createBlockPool()
    const first = pool.take(100)
    pool.release(first)
    expect(pool.take(100)).toBe(first)
    expect(pool.take(100)).not.toBe(first)
    expect(pool.take(100_000).bytes).toHaveLength(100_000)
  })
})
