import fc from 'fast-check'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import type { ResponseAudioPart } from '../../../src/twilio/frame-queue.js'
import { createPlayer } from '../../../src/twilio/paced-player.js'

const part = (itemId: string): ResponseAudioPart => ({ responseId: `resp_${itemId}`, itemId, contentIndex: 0 })
const is = (itemId: string) => (other: ResponseAudioPart) => other.itemId === itemId
const sound = (ms: number, value = 1) => new Uint8Array(ms * 8).fill(value)

function setUp(options: { sendAheadMs?: number; markEveryMs?: number; hasRoom?: () => boolean } = {}) {
  const clock = createManualClock()
  const messages: { atMs: number; ms: number }[] = []
  const frames: { atMs: number; bytes: Uint8Array }[] = []
  const log: string[] = []
  const played: [string, number][] = []
  let idle = 0
  const player = createPlayer({
    clock,
    sendAheadMs: 100,
    markEveryMs: 100,
    hasRoom: () => true,
    sendAudio(payload) {
      const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
      messages.push({ atMs: clock.now(), ms: bytes.length / 8 })
      for (let at = 0; at < bytes.length; at += 160) {
        log.push('frame')
        frames.push({ atMs: clock.now(), bytes: bytes.slice(at, at + 160) })
      }
    },
    sendMark: (name) => log.push(`mark ${name}`),
    onPlayed: ({ itemId }, ms) => played.push([itemId, ms]),
    onIdle: () => idle++,
    ...options,
  })
  return { clock, player, messages, frames, log, played, idleCount: () => idle }
}

describe('player, pace', () => {
  it('sends at the pace of speech after sendAheadMs, in messages of half of it', async () => {
    const { clock, player, frames, messages } = setUp()
    player.start()
    player.push(part('a'), sound(1000))
    await clock.advance(200)
    expect(messages.map(({ atMs, ms }) => [atMs, ms])).toEqual([
      [0, 40],
      [0, 40],
      // Ends at the mark.
      [0, 20],
      [40, 40],
      [80, 40],
      [100, 20],
      [140, 40],
      [180, 40],
      [200, 20],
    ])
    await clock.advance(10_000)
    expect(frames).toHaveLength(50)
    expect(clock.pending).toBe(0)
  })

  it('sends audio that arrives in small pieces without waiting for more', async () => {
    const { clock, player, messages } = setUp({ sendAheadMs: 200 })
    player.start()
    for (let piece = 0; piece < 4; piece++) {
      player.push(part('a'), sound(20))
      await clock.advance(20)
    }
    expect(messages.map(({ atMs, ms }) => [atMs, ms])).toEqual([
      [0, 20],
      [20, 20],
      [40, 20],
      [60, 20],
    ])
  })

  it('has at least half of sendAheadMs ahead while more audio waits', async () => {
    for (const sendAheadMs of [40, 90, 200, 1_000]) {
      const { clock, player, messages } = setUp({ sendAheadMs })
      player.start()
      player.push(part('a'), sound(3_000))
      await clock.advance(2_000)
      let sentMs = 0
      for (const { atMs, ms } of messages) {
        if (atMs > 0) expect(sentMs - atMs).toBeGreaterThanOrEqual(sendAheadMs / 2)
        sentMs += ms
      }
    }
  })

  it('restarts after a pause without catching up', async () => {
    const { clock, player, frames } = setUp({ sendAheadMs: 40 })
    player.start()
    player.push(part('a'), sound(40))
    await clock.advance(5000)
    player.push(part('a'), sound(200))
    expect(frames).toHaveLength(4)
  })

  it('restarts after clear', () => {
    const { player, frames } = setUp()
    player.start()
    player.push(part('a'), sound(1000))
    player.clear()
    player.push(part('b'), sound(1000))
    expect(frames).toHaveLength(10)
  })

  it('never sends more than sendAheadMs ahead, for any arrival of audio', async () => {
    const arrivals = fc.array(fc.record({ afterMs: fc.nat(300), bytes: fc.nat(6000) }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 20, max: 400 }), async (pieces, sendAheadMs) => {
        const { clock, player, frames } = setUp({ sendAheadMs })
        player.start()
        let total = 0
        for (const { afterMs, bytes } of pieces) {
          await clock.advance(afterMs)
          player.push(part('a'), new Uint8Array(bytes).fill(7))
          total += bytes
        }
        player.complete(() => true)
        await clock.advance(total / 8 + 1000)
        let endsAt = 0
        for (const { atMs, bytes } of frames) {
          expect(bytes).toHaveLength(160)
          endsAt = Math.max(endsAt, atMs) + 20
          expect(endsAt - atMs).toBeLessThanOrEqual(sendAheadMs + 1e-6)
        }
        const sent = Buffer.concat(frames.map(({ bytes }) => bytes))
        expect(sent.filter((byte) => byte === 7)).toHaveLength(total)
        expect(frames).toHaveLength(Math.ceil(total / 160))
        expect(clock.pending).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('waits for start, and for room in the socket', async () => {
    let hasRoom = false
    const { clock, player, frames } = setUp({ hasRoom: () => hasRoom })
    player.push(part('a'), sound(100))
    await clock.advance(1000)
    expect(frames).toHaveLength(0)
    player.start()
    await clock.advance(1000)
    expect(frames).toHaveLength(0)
    hasRoom = true
    await clock.advance(20)
    expect(frames).toHaveLength(5)
  })
})

describe('player, frames', () => {
  it('have 160 bytes; only the last frame of a part is padded with silence', () => {
    const { player, frames } = setUp()
    player.start()
    player.push(part('a'), new Uint8Array(100).fill(1))
    expect(frames).toHaveLength(0)
    player.push(part('a'), new Uint8Array(100).fill(2))
    player.complete(is('a'))
    expect(frames.map(({ bytes }) => [...new Set(bytes)])).toEqual([
      [1, 2],
      [2, 0xff],
    ])
    expect(frames[1]?.bytes.filter((byte) => byte === 2)).toHaveLength(40)
  })

  it('of two parts that arrive at once are not interleaved', async () => {
    const { clock, player, frames } = setUp()
    player.start()
    for (let turn = 0; turn < 5; turn++) {
      player.push(part('a'), sound(30, 1))
      player.push(part('b'), sound(30, 2))
    }
    player.complete(is('b'))
    await clock.advance(1000)
    expect(new Set(frames.flatMap(({ bytes }) => [...bytes]))).toEqual(new Set([1]))
    player.complete(is('a'))
    await clock.advance(1000)
    const values = frames.map(({ bytes }) => bytes[0])
    expect(values).toEqual([...Array(8).fill(1), ...Array(8).fill(2)])
  })
})

describe('player, marks', () => {
  it('follow every markEveryMs and at the end of a part', async () => {
    const { clock, player, log } = setUp({ sendAheadMs: 1000, markEveryMs: 60 })
    player.start()
    player.push(part('a'), sound(140))
    expect(log.join(' ')).toBe('frame frame frame mark 1 frame frame frame mark 2 frame')
    await clock.advance(500)
    player.complete(is('a'))
    expect(log.at(-1)).toBe('mark 3')
    player.push(part('b'), sound(45))
    player.complete(is('b'))
    expect(log.slice(-4)).toEqual(['frame', 'frame', 'frame', 'mark 4'])
  })

  it('report the played duration without padding', () => {
    const { player, played, idleCount } = setUp({ sendAheadMs: 1000 })
    player.start()
    player.push(part('a'), sound(110))
    player.complete(is('a'))
    expect(player.isPlaying()).toBe(true)
    player.markReceived('1')
    expect(idleCount()).toBe(0)
    player.markReceived('2')
    expect(played).toEqual([
      ['a', 100],
      ['a', 10],
    ])
    expect(player.isPlaying()).toBe(false)
    expect(idleCount()).toBe(1)
  })

  it('stand for earlier lost marks, count once, and are ignored when unknown', () => {
    const { player, played } = setUp({ sendAheadMs: 1000 })
    player.start()
    player.push(part('a'), sound(300))
    player.markReceived('2')
    player.markReceived('2')
    player.markReceived('1')
    player.markReceived('toString')
    expect(played).toEqual([
      ['a', 100],
      ['a', 100],
    ])
  })

  it('that are returned after clear are ignored', async () => {
    const { clock, player, played, idleCount } = setUp({ sendAheadMs: 1000 })
    player.start()
    player.push(part('a'), sound(5000))
    player.clear()
    for (let name = 1; name <= 10; name++) player.markReceived(String(name))
    expect(played).toEqual([])
    expect(player.isPlaying()).toBe(false)
    expect(idleCount()).toBe(1)
    await clock.advance(10_000)
    expect(clock.pending).toBe(0)
  })

  it('that are never returned are dropped beyond a limit', async () => {
    const { clock, player, played } = setUp({ markEveryMs: 20 })
    player.start()
    for (let turn = 0; turn < 40; turn++) {
      player.push(part('a'), sound(2000))
      await clock.advance(2000)
    }
    player.complete(is('a'))
    await clock.advance(1000)
    player.markReceived('4000')
    expect(played).toHaveLength(3000)
  })
})
