import { expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { webSocket } from '../../../src/transports/web-socket.js'
import { upgradeServer } from '../../support/loopback.js'

// The only masks with which `ws` would not copy the bytes of a frame.
vi.mock('node:crypto', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:crypto')>()),
  randomFillSync: (bytes: Uint8Array) => bytes.fill(0),
}))

it('sends thousands of frames in one tick, more than the socket takes at once, each with its own text', async () => {
  const received: string[] = []
  const upgrader = new WebSocketServer({ noServer: true, handleProtocols: () => 'realtime' })
  const frames = Array.from({ length: 2_000 }, (_, index) => `{"index":${index},"text":"${'é'.repeat(5_000)}"}`)
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const server = await upgradeServer((request, socket, head) =>
    upgrader.handleUpgrade(request, socket, head, (client) =>
      client.on('message', (data) => {
        received.push(data.toString())
        if (received.length === frames.length) finish()
      }),
    ),
  )
  const transport = webSocket({ url: `ws://127.0.0.1:${server.port}/` })
  await transport.open()
  for (const frame of frames) transport.send(frame)
  expect(transport.bufferedAmount).toBeGreaterThan(0)
  await finished
  expect(received.every((text, index) => text === frames[index])).toBe(true)
  await transport.close()
  await server.close()
})
