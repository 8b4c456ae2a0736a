import { describe, expect, it } from 'vitest'
import {
  clearQueue,
  createAudioQueue,
  dropFirstAudio,
  firstAudio,
  firstEntry,
  isEmpty,
  prependAudio,
  pushAudio,
  pushEntry,
  removeEntries,
  shiftEntry,
} from '../../../../src/session/connection/audio-queue.js'

interface Marker {
  readonly kind: 'event'
  readonly name: string
}

const append = 'input_audio_buffer.append'
const filled = (value: number, length = 960) => new Uint8Array(length).fill(value)

function createQueues() {
  return { queue: createAudioQueue<Marker>(), earlier: createAudioQueue<Marker>() }
}

/** Takes everything out of a queue: markers by name, audio as its first byte and its length. */
function drain(queue: ReturnType<typeof createAudioQueue<Marker>>): string[] {
  const taken: string[] = []
  for (let first = firstEntry(queue); first; first = firstEntry(queue)) {
    const audio = firstAudio(queue)
    taken.push(first.kind === 'event' ? first.name : `${audio[0]}x${audio.length}`)
    shiftEntry(queue)
  }
  return taken
}

describe('an audio queue', () => {
  it('keeps appends of one length in a single entry', () => {
    const { queue } = createQueues()
    for (let index = 0; index < 1000; index++) pushAudio(queue, append, undefined, 1325, filled(index % 256))
    expect(queue.entries).toMatchObject([{ count: 1000, audioBytes: 960 }])
    expect(queue.frameBytes).toBe(1_325_000)
    const expected = Array.from({ length: 1000 }, (_, index) => `${index % 256}x960`)
    expect(drain(queue)).toEqual(expected)
    expect(isEmpty(queue)).toBe(true)
    expect(queue.frameBytes).toBe(0)
  })

  it('keeps the order of appends of different lengths, markers, and appends longer than a block', () => {
    const { queue } = createQueues()
    pushAudio(queue, append, undefined, 10, filled(1, 3))
    pushEntry(queue, { kind: 'event', name: 'commit' })
    pushAudio(queue, append, undefined, 10, filled(2, 100_000))
    pushAudio(queue, append, undefined, 10, filled(3, 30_000))
    pushAudio(queue, append, undefined, 10, filled(4, 30_000))
    pushAudio(queue, append, 'named', 10, filled(5, 30_000))
    expect(drain(queue)).toEqual(['1x3', 'commit', '2x100000', '3x30000', '4x30000', '5x30000'])
  })

  it('accepts empty appends', () => {
    const { queue } = createQueues()
    pushAudio(queue, append, undefined, 49, new Uint8Array())
    pushAudio(queue, append, undefined, 53, filled(1, 3))
    expect(firstAudio(queue)).toHaveLength(0)
    shiftEntry(queue)
    expect(firstAudio(queue)).toEqual(filled(1, 3))
  })

  it('copies audio, so that the caller can reuse its buffer', () => {
    const { queue } = createQueues()
    const buffer = filled(1)
    pushAudio(queue, append, undefined, 10, buffer)
    buffer.fill(2)
    expect(firstAudio(queue)[0]).toBe(1)
  })

  it('drops the oldest audio from behind other entries', () => {
    const { queue } = createQueues()
    pushEntry(queue, { kind: 'event', name: 'clear' })
    for (const value of [1, 2, 3]) pushAudio(queue, append, undefined, 10, filled(value))
    dropFirstAudio(queue)
    dropFirstAudio(queue)
    expect(queue.frameBytes).toBe(10)
    expect(drain(queue)).toEqual(['clear', '3x960'])
  })

  it('takes further appends after a group has been emptied', () => {
    const { queue } = createQueues()
    pushAudio(queue, append, undefined, 10, filled(1))
    shiftEntry(queue)
    pushAudio(queue, append, undefined, 10, filled(2))
    expect(drain(queue)).toEqual(['2x960'])
  })

  it.each([960, 20_000, 40_000])('removes entries between others, with appends of %i bytes', (length) => {
    const { queue } = createQueues()
    for (const value of [1, 2]) pushAudio(queue, append, undefined, 10, filled(value, length))
    pushAudio(queue, append, 'gone', 10, filled(3, length))
    pushEntry(queue, { kind: 'event', name: 'commit' })
    pushAudio(queue, append, undefined, 10, filled(4, length))
    removeEntries(queue, (entry) => entry.kind === 'audio' && entry.eventId === 'gone')
    expect(queue.frameBytes).toBe(30)
    expect(drain(queue)).toEqual([`1x${length}`, `2x${length}`, 'commit', `4x${length}`])
  })

  it('takes the appends of an earlier queue, and none of its markers', () => {
    const { queue, earlier } = createQueues()
    pushAudio(earlier, append, undefined, 10, filled(1))
    pushEntry(earlier, { kind: 'event', name: 'commit' })
    pushAudio(earlier, append, undefined, 10, filled(2))
    pushAudio(queue, append, undefined, 10, filled(3))
    prependAudio(queue, earlier)
    pushAudio(queue, append, undefined, 10, filled(4))
    expect(isEmpty(earlier)).toBe(true)
    expect(earlier.frameBytes).toBe(0)
    pushAudio(earlier, append, undefined, 10, filled(9))
    expect(drain(queue)).toEqual(['1x960', '2x960', '3x960', '4x960'])
    expect(drain(earlier)).toEqual(['9x960'])
  })

  it('keeps no empty groups behind an entry that stays', () => {
    const { queue } = createQueues()
    pushEntry(queue, { kind: 'event', name: 'commit' })
    for (let round = 0; round < 100; round++) {
      pushAudio(queue, append, undefined, 10, filled(round, 100 + (round % 2)))
      if (round > 0) dropFirstAudio(queue)
    }
    expect(queue.entries).toHaveLength(2)
    expect(drain(queue)).toEqual(['commit', '99x101'])
  })

  it('returns the number of appends when it is cleared', () => {
    const { queue } = createQueues()
    for (const value of [1, 2, 3]) pushAudio(queue, append, undefined, 10, filled(value))
    pushEntry(queue, { kind: 'event', name: 'commit' })
    expect(clearQueue(queue)).toBe(3)
    expect(isEmpty(queue)).toBe(true)
  })

  it.each([
    ['20 ms of G.711', 160, 2_048],
    ['20 ms of 16 kHz PCM16', 640, 8_192],
    ['20 ms of 24 kHz PCM16', 960, 16_384],
    ['one byte', 1, 2_048],
  ])('takes memory for about a quarter of a second of appends of %s', (_, length, expected) => {
    const { queue } = createQueues()
    pushAudio(queue, append, undefined, 10, filled(1, length))
    expect(queue.blocks.map(({ bytes }) => bytes.length)).toEqual([expected])
  })
})
