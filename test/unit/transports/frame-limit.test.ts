import { createHash } from 'node:crypto'
import { reconnecting, type TransportClose } from 'realtime-primitives'
import { afterEach, describe, expect, it } from 'vitest'
import { webSocket } from '../../../src/transports/web-socket.js'
import { type LoopbackServer, upgradeServer } from '../../support/loopback.js'

let server: LoopbackServer | undefined
afterEach(() => server?.close())

/** A server that upgrades, and then starts a text frame of the given length. Its header is enough for the client to refuse it. */
async function serverWithFrame(length: bigint) {
  let connections = 0
  server = await upgradeServer((request, socket) => {
    connections += 1
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: realtime\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    const header = Buffer.alloc(10)
    header[0] = 0x81
    header[1] = 127
    header.writeBigUInt64BE(length, 2)
    socket.write(header)
  })
  return { url: `ws://127.0.0.1:${server.port}/`, count: () => connections }
}

describe('webSocket in Node.js', () => {
  it.each([
    ['one byte above the limit', 2n ** 28n + 1n],
    ['longer than any number can tell', 2n ** 60n],
  ])('closes with 1009 and the limit when a frame is %s, and is not retried', async (_name, length) => {
    const { url, count } = await serverWithFrame(length)
    const transport = reconnecting(webSocket({ url }))
    const closed = new Promise<TransportClose>((resolve) => transport.on('close', resolve))
    await transport.open()
    expect(await closed).toMatchObject({
      code: 1009,
      reason: 'a frame of more than 268435456 bytes',
      error: { code: 'RECEIVED_TOO_LARGE', data: { limitBytes: 268_435_456 } },
    })
    expect(count()).toBe(1)
  })
})
