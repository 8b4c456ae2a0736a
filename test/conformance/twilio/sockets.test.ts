import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createSession, webSocket } from 'realtime-primitives'
import { decodeMuLaw } from 'realtime-primitives/audio'
import { createEmulator, createTelephone, scaledClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { bridgeTwilio, isTwilioError, type TwilioBridge, type TwilioStop } from 'realtime-primitives/twilio'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { findBytes, mumble } from './line.js'

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** A server that a provider calls, and the emulator behind it: real sockets on every way, at twice the pace. */
async function createServers() {
  const clock = scaledClock(2)
  const emulator = createEmulator({ clock })
  const model = await serve(emulator)
  const lines = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(lines, 'listening')
  const stops: TwilioStop[] = []
  const bridged = new Promise<TwilioBridge>((resolve) => {
    lines.on('connection', (socket) => {
      const session = createSession({ transport: webSocket({ baseUrl: model.url, model: 'gpt-realtime' }), clock })
      const bridge = bridgeTwilio(socket, session)
      bridge.on('stop', (stop) => stops.push(stop))
      resolve(bridge)
    })
  })
  disposals.push(
    () => model.close(),
    () => lines.close(),
  )
  const address = `ws://127.0.0.1:${(lines.address() as AddressInfo).port}`
  return { clock, emulator, address, bridged, stops, lines }
}

/** Looks until something is so, for a few seconds at most. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(condition()).toBe(true)
}

describe('bridgeTwilio over real sockets', () => {
  // A machine that stops for a moment makes a gap in the words, which the bridge fills with silence.
  it('completes a call from start to hang-up', { timeout: 30_000, retry: 3 }, async () => {
    const { clock, emulator, address, stops } = await createServers()
    const socket = new WebSocket(address)
    await once(socket, 'open')
    const phone = createTelephone(socket, { clock })
    const words = mumble(1500)
    phone.call()
    await phone.say(words)
    await phone.waitFor(() => phone.playedMs >= 1500 && phone.waitingMs === 0)
    const samples = (muLaw: Uint8Array) => new Uint8Array(decodeMuLaw(muLaw).buffer)
    const sent = Buffer.concat(phone.frames.map(({ bytes }) => bytes))
    expect(findBytes(samples(sent), samples(words))).toBeGreaterThanOrEqual(0)
    expect(phone.rejected).toEqual([])
    phone.hangUp()
    await until(() => stops.length === 1 && emulator.sessionCount === 0)
    expect(stops).toEqual([{ reason: 'hangup' }])
  })

  it('ends only the call when its socket is destroyed', async () => {
    const { clock, emulator, address, stops } = await createServers()
    const socket = new WebSocket(address)
    await once(socket, 'open')
    const phone = createTelephone(socket, { clock })
    phone.call()
    await phone.say(mumble(300))
    socket.terminate()
    await until(() => stops.length === 1 && emulator.sessionCount === 0)
    expect(stops).toEqual([{ reason: 'dropped' }])
  }, 30_000)

  it('ends the call, not the process, when the peer violates the WebSocket protocol', async () => {
    const { address, bridged, stops, emulator } = await createServers()
    const socket = new WebSocket(address)
    await once(socket, 'open')
    await bridged
    // A frame with reserved bits, which no peer may send.
    ;(socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket.write(
      new Uint8Array([0xf1, 0x80, 0, 0, 0, 0]),
    )
    await until(() => stops.length === 1 && emulator.sessionCount === 0)
    expect(stops[0]?.reason).toBe('dropped')
    expect(isTwilioError(stops[0]?.error, 'SOCKET_FAILED')).toBe(true)
    socket.terminate()
  }, 30_000)

  it('emits invalid for garbage, and the call continues', async () => {
    const { clock, address, bridged } = await createServers()
    const socket = new WebSocket(address)
    await once(socket, 'open')
    const invalid: string[] = []
    const phone = createTelephone(socket, { clock })
    const bridge = await bridged
    bridge.on('invalid', ({ error }) => invalid.push(error.code))
    socket.send('rubbish')
    socket.send(Buffer.from([1, 2, 3]))
    phone.call()
    await phone.waitFor(() => invalid.length === 2 && bridge.call !== undefined)
    phone.hangUp()
  }, 30_000)
})
