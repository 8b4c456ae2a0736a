import type { AddressInfo } from 'node:net'
import { memoryPair, reconnecting, recording, type Transport, webSocket, wrapTransport } from 'realtime-primitives'
import { beta, fromBeta } from 'realtime-primitives/migrate'
import { type TransportHarness, transportChecks } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

const pipes = {
  async memoryPair(): Promise<TransportHarness> {
    const [transport, far] = memoryPair()
    const received: string[] = []
    far.on('message', (frame) => received.push(frame))
    // The far end accepts the connection when the near end opens, as a server does.
    far.open().catch(() => {})
    return {
      transport,
      received,
      send: (frame) => far.send(frame),
      hangUp: (code, reason) => void far.close(code, reason),
      async dispose() {
        await transport.close()
        await far.close()
      },
    }
  },
  async webSocket(): Promise<TransportHarness> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await new Promise((resolve) => server.once('listening', resolve))
    const received: string[] = []
    let socket: WebSocket | undefined
    server.on('connection', (connection) => {
      socket = connection
      connection.on('message', (data) => received.push(data.toString()))
    })
    const transport: Transport = webSocket({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` })
    return {
      transport,
      received,
      send: (frame) => socket?.send(frame),
      hangUp: (code, reason) => socket?.close(code, reason),
      async dispose() {
        await transport.close()
        for (const client of server.clients) client.terminate()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
}

/** Returns a harness whose transport wraps that of another harness. */
async function wrapped(pipe: Promise<TransportHarness>, wrap: (transport: Transport) => Transport) {
  const harness = await pipe
  const transport = wrap(harness.transport)
  const dispose = async () => {
    await transport.close()
    await harness.dispose()
  }
  return { ...harness, transport, dispose }
}

const unwritable = () => Promise.reject(new Error('disk full'))

/** Wrappers, whose results must pass the checks like any transport. */
const wrappers: Record<string, (near: Transport) => Transport> = {
  wrapTransport: (near) => wrapTransport(near, {}),
  reconnecting,
  beta,
  fromBeta,
  recording: (near) => recording(near, unwritable),
  'reconnecting(reconnecting)': (near) => reconnecting(reconnecting(near)),
  'fromBeta(beta)': (near) => fromBeta(beta(near)),
  'reconnecting(fromBeta)': (near) => reconnecting(fromBeta(near)),
  'recording(reconnecting)': (near) => recording(reconnecting(near), unwritable),
  'reconnecting(recording)': (near) => reconnecting(recording(near, unwritable)),
}

const hosts = Object.entries(pipes).flatMap(([pipe, open]): [string, () => Promise<TransportHarness>][] => [
  [pipe, open],
  ...Object.entries(wrappers).map(([name, wrap]): [string, () => Promise<TransportHarness>] => [
    `${name} over ${pipe}`,
    () => wrapped(open(), wrap),
  ]),
])

describe.each(hosts)('%s', (_name, createHarness) => {
  it.each(transportChecks.map(({ name, check }) => [name, check] as const))('%s', async (_name, check) => {
    const harness = await createHarness()
    try {
      await expect(check(harness)).resolves.toBeUndefined()
    } finally {
      await harness.dispose()
    }
  })
})
