import { reconnecting, type Transport, type TransportClose } from 'realtime-primitives'
import { type TransportHarness, transportChecks } from 'realtime-primitives/testing'
import { webRTC, withFallback } from 'realtime-primitives/webrtc'
import { describe, expect, it, vi } from 'vitest'
import { type RTCDataChannel, RTCPeerConnection } from 'werift'
import { peerOptions } from '../emulator/web-rtc-client.js'

/**
 * Checks that a data channel cannot pass: it closes without a code, and it has a maximum frame size below 300,000 bytes. With werift, it also
 * drops empty frames. The tests below check what applies instead.
 */
const excluded = [
  'close has the code and reason of the other end',
  'frames arrive complete and in order in both directions',
]
const checks = transportChecks.filter(({ name }) => !excluded.includes(name))

/** Creates a transport, and a peer that accepts every offer. */
async function createHarness(
  wrap: (transport: Transport) => Transport = (transport) => transport,
): Promise<TransportHarness> {
  const peers: RTCPeerConnection[] = []
  const received: string[] = []
  let channel: RTCDataChannel | undefined
  const near = webRTC({
    direction: 'none',
    RTCPeerConnection,
    configuration: peerOptions(),
    async exchangeSdp(offer) {
      const peer = new RTCPeerConnection({ ...peerOptions(), iceLite: true })
      peers.push(peer)
      peer.onDataChannel.subscribe((opened) => {
        channel = opened
        opened.onMessage.subscribe((data) => received.push(data.toString()))
      })
      await peer.setRemoteDescription({ type: 'offer', sdp: offer })
      await peer.setLocalDescription(await peer.createAnswer())
      return peer.localDescription?.sdp ?? ''
    },
  })
  const transport = wrap(near)
  return {
    transport,
    received,
    send: (frame) => channel?.send(frame),
    hangUp: () => channel?.close(),
    async dispose() {
      await transport.close()
      await Promise.all(peers.map((peer) => peer.close()))
    },
  }
}

const hosts: Record<string, () => Promise<TransportHarness>> = {
  webRTC: () => createHarness(),
  'reconnecting(webRTC)': () => createHarness(reconnecting),
  'withFallback(webRTC)': () => createHarness((near) => withFallback(near, webRTC({ exchangeSdp: () => '' }))),
}

async function within(create: () => Promise<TransportHarness>, run: (harness: TransportHarness) => Promise<void>) {
  const harness = await create()
  try {
    await run(harness)
  } finally {
    await harness.dispose()
  }
}

describe.each(Object.entries(hosts))('%s', (_name, create) => {
  it('runs all transport checks except the excluded ones', () => {
    expect(checks).toHaveLength(transportChecks.length - excluded.length)
  })

  it.each(checks.map(({ name, check }) => [name, check] as const))('%s', async (_name, check) => {
    await within(create, (harness) => expect(check(harness)).resolves.toBeUndefined())
  })

  it('passes frames in both directions in order, up to the limit of the data channel', async () => {
    await within(create, async (harness) => {
      const frames = ['a', '{"type":"x"}', 'ümlaut – 漢字 🎙', 'z'.repeat(262_144), 'end']
      const receivedFrames: string[] = []
      harness.transport.on('message', (frame) => receivedFrames.push(frame))
      await harness.transport.open()
      for (const frame of frames) harness.transport.send(frame)
      expect(() => harness.transport.send('z'.repeat(262_145))).toThrow('FRAME_TOO_LARGE')
      await vi.waitFor(() => expect(harness.received.length).toBe(frames.length), 10_000)
      expect(harness.received.every((frame, index) => frame === frames[index])).toBe(true)
      for (const frame of frames) harness.send(frame)
      await vi.waitFor(() => expect(receivedFrames.length).toBe(frames.length), 10_000)
      expect(receivedFrames.every((frame, index) => frame === frames[index])).toBe(true)
    })
  })
})

it('webRTC: closes with 1000 when the peer hangs up with any code', async () => {
  await within(hosts.webRTC as () => Promise<TransportHarness>, async ({ transport, hangUp }) => {
    const closes: TransportClose[] = []
    transport.on('close', (close) => closes.push(close))
    await transport.open()
    hangUp(1000, '')
    await vi.waitFor(() => expect(closes).toEqual([{ code: 1000, reason: '', wasClean: true }]), 5_000)
  })
})
