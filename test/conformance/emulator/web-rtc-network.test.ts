import { createSession, type TransportClose, webSocket } from 'realtime-primitives'
import type { SessionConfig } from 'realtime-primitives/protocol'
import { createEmulator } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { withFallback } from 'realtime-primitives/webrtc'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { itCertifies } from '../../support/certify.js'
import { joined, silentSamples, vowel } from '../../support/speech.js'
import { udpRelay } from '../../support/udp-relay.js'
import { breaches } from './lawful.js'
import { apiKey, createCaller, likeness, transportTo } from './web-rtc-client.js'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const quickTurns: SessionConfig = {
  type: 'realtime',
  audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 300 } } },
}

describe('a call over WebRTC through a bad network', () => {
  it('loses no event when 5 % of the packets are lost', async () => {
    const caller = await createCaller(quickTurns, {}, { delayMs: 50 })
    closers.push(() => caller.hangUp())
    await caller.session.connect()
    // Packets are lost after the handshake only, because werift fails when it loses a packet of the handshake.
    caller.relay?.lose(0.05)
    caller.speak(joined(silentSamples(200, 8_000), vowel(1_500, 8_000)))
    const types = () => caller.events.map(({ type }) => type)
    await vi.waitFor(() => expect(types()).toContain('output_audio_buffer.stopped'), { timeout: 50_000 })
    expect(caller.relay?.counts.lost).toBeGreaterThan(0)
    expect(breaches(caller.events)).toEqual([])
    // Compared in tenths of a second: most are unchanged in both directions, and the others lack a packet.
    const original = vowel(1_500, 8_000)
    const correlations = Array.from({ length: 11 }, (_, index) =>
      original.subarray(2_400 + index * 800, 3_200 + index * 800),
    )
      .map((tenth) => likeness(caller.receivedAudio(), tenth).correlation)
      .toSorted((a, b) => a - b)
    expect(correlations.at(-1)).toBeGreaterThan(0.98)
    expect(correlations[5]).toBeGreaterThan(0.8)
    expect(caller.transport.state).toBe('open')
  })

  // `npm test` has the same case with a browser, which detects the loss in a sixth of the time.
  itCertifies('both ends close when no packet arrives', async () => {
    const caller = await createCaller(undefined, {}, {})
    closers.push(() => caller.hangUp())
    await caller.session.connect()
    const closed = new Promise<TransportClose>((resolve) => caller.transport.on('close', resolve))
    caller.relay?.lose(1)
    await vi.waitFor(() => expect(caller.emulator.sessionCount).toBe(0), { timeout: 25_000, interval: 100 })
    // werift reports the loss after half a minute, browsers after about five seconds.
    expect(await closed).toMatchObject({ code: 1006, wasClean: false })
  })

  it('falls back to a WebSocket when UDP is blocked', async () => {
    const emulator = createEmulator({ apiKey })
    const server = await serve(emulator)
    closers.push(() => server.close())
    const relay = await udpRelay()
    closers.push(() => relay.close())
    relay.lose(1)
    const first = transportTo(server, relay, { connectTimeoutMs: 2_000 })
    const second = webSocket({ baseUrl: server.url, apiKey, model: 'gpt-realtime-2.1' })
    const transport = withFallback(first, second)
    const session = createSession({ transport, config: { output_modalities: ['text'] } })
    closers.push(() => session.close())
    await session.connect()
    expect(relay.counts.arrived).toBeGreaterThan(0)
    expect([transport.audio, first.state, second.state]).toEqual(['events', 'closed', 'open'])
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello!' }] })
    const { status } = await session.respond().done
    expect(status).toBe('completed')
    expect(emulator.sessionCount).toBe(1)
  })
})
