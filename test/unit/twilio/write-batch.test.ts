import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { createPlayer } from '../../../src/twilio/paced-player.js'
import type { TwilioSocket } from '../../../src/twilio/socket.js'
import { createWriteBatch } from '../../../src/twilio/write-batch.js'

/** A socket of `ws` with a stream that logs. */
function setUp(members: object = {}) {
  const log: string[] = []
  const stream = { cork: () => log.push('cork'), uncork: () => log.push('uncork') }
  const socket = { send: () => log.push('send'), _socket: stream, ...members } as unknown as TwilioSocket
  return { log, socket, batch: createWriteBatch(socket) }
}

describe('write batch', () => {
  it('writes what a function sends to a socket of ws at once', () => {
    const { batch, log, socket } = setUp()
    batch(() => {
      socket.send('a')
      socket.send('b')
    })
    expect(log).toEqual(['cork', 'send', 'send', 'uncork'])
  })

  it('is completed when the function throws', () => {
    const { batch, log } = setUp()
    expect(() =>
      batch(() => {
        throw new Error('failed')
      }),
    ).toThrow('failed')
    expect(log).toEqual(['cork', 'uncork'])
  })

  it.each([{ _socket: undefined }, { _socket: null }, { _socket: { cork: 1 } }])(
    'sends one by one with %j',
    (members) => {
      const { batch, log, socket } = setUp(members)
      batch(() => socket.send('a'))
      expect(log).toEqual(['send'])
    },
  )
})

describe('player, batches', () => {
  it('sends all due frames and marks in bounded batches', () => {
    const sizes: number[] = []
    let frames = 0
    const player = createPlayer({
      clock: createManualClock(),
      sendAheadMs: 800,
      markEveryMs: 100,
      hasRoom: () => true,
      sendAudio(payload) {
        frames += Buffer.from(payload, 'base64').length / 160
      },
      sendMark: () => {},
      batch(write) {
        const before = frames
        write()
        sizes.push(frames - before)
      },
      onPlayed: () => {},
      onIdle: () => {},
    })
    player.start()
    player.push({ responseId: 'resp', itemId: 'item', contentIndex: 0 }, new Uint8Array(8 * 1_000))
    expect(sizes).toEqual([20, 20, 0])
  })
})
