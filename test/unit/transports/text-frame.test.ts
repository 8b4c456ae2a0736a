import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type Duplex, Writable } from 'node:stream'
import { generate } from 'selfsigned'
import { expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { writeTextFrame } from '../../../src/transports/open-socket/text-frame.js'
import { listen } from '../../support/loopback.js'

/** A stream that keeps what is written. With `pending`, no write completes, as when the buffers of the operating system are full. */
function keepingStream(pending: boolean): { readonly stream: Writable; readonly chunks: Buffer[] } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      if (!pending) done()
    },
  })
  return { stream, chunks }
}

/** Unmasks a short frame: two bytes of header, four of the mask, and the payload. */
function decodeShort(frame: Buffer): string {
  const mask = frame.subarray(2, 6)
  return Buffer.from(frame.subarray(6).map((byte, index) => byte ^ (mask[index % 4] as number))).toString()
}

it.each(['ws', 'wss'] as const)(
  '%s: sends frames of every length form, more than the system takes at once',
  async (protocol) => {
    const lengths = [0, 1, 2, 3, 4, 125, 126, 127, 1_350, 21_000, 65_535, 65_536, 70_001]
    const texts = lengths.flatMap((length) => ['a', 'é', '語'].map((unit) => unit.repeat(length)))
    const many = Array.from({ length: 2_000 }, (_, index) => `{"index":${index},"text":"${'é'.repeat(5_000)}"}`)
    const sent = [...texts, ...many, ...texts]

    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    const http = protocol === 'wss' ? createTlsServer({ key, cert }) : createServer()
    const received: string[] = []
    const upgrader = new WebSocketServer({ server: http })
    const finished = new Promise<void>((resolve) =>
      upgrader.on('connection', (socket) =>
        socket.on('message', (data) => {
          received.push(data.toString())
          if (received.length === sent.length) resolve()
        }),
      ),
    )
    const server = await listen(http)
    const socket = new WebSocket(`${protocol}://127.0.0.1:${server.port}/`, { rejectUnauthorized: false })
    const [{ socket: stream }] = (await once(socket, 'upgrade')) as [{ socket: Duplex }]
    if (socket.readyState !== socket.OPEN) await once(socket, 'open')
    for (const text of sent) writeTextFrame(stream, text)
    expect(stream.writableLength).toBeGreaterThan(0)
    await finished
    expect(received.every((text, index) => text === sent[index])).toBe(true)
    socket.close()
    await once(socket, 'close')
    await server.close()
  },
)

it('keeps the bytes of a frame that waits, on whichever stream', () => {
  const slow = keepingStream(true)
  const fast = keepingStream(false)
  writeTextFrame(slow.stream, 'waits')
  writeTextFrame(fast.stream, 'sent')
  for (let index = 0; index < 5_000; index++) writeTextFrame(fast.stream, `overwrites ${index}`)
  expect(slow.chunks.map(decodeShort)).toEqual(['waits'])
})

it('uses the same memory for frames that were sent at once', () => {
  const { stream, chunks } = keepingStream(false)
  for (let index = 0; index < 5_000; index++) writeTextFrame(stream, `{"index":${index}}`)
  expect(new Set(chunks.map((chunk) => chunk.buffer)).size).toBe(1)
})

it('masks each frame with another value', () => {
  const { stream, chunks } = keepingStream(false)
  const masks = new Set<number>()
  for (let index = 0; index < 3_000; index++) {
    writeTextFrame(stream, 'x')
    masks.add((chunks.at(-1) as Buffer).readUInt32LE(2))
  }
  expect(masks.size).toBeGreaterThan(2_990)
})
