import { createManualClock } from 'realtime-primitives/testing'
import { type WebRtcMediaOptions, webRTC } from 'realtime-primitives/webrtc'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeTrack, peerClass, settle } from './web-rtc-peer.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

function start(options: WebRtcMediaOptions<FakeTrack>) {
  const { Peer, made } = peerClass()
  const clock = createManualClock()
  const transport = webRTC<FakeTrack>({ exchangeSdp: () => 'v=0', RTCPeerConnection: Peer, clock, ...options })
  const open = async () => {
    const opening = transport.open()
    await settle()
    const peer = made.at(-1) ?? expect.fail('there is no peer')
    peer.become('connected')
    peer.channel.open()
    await opening
    return peer
  }
  return { transport, open, made }
}

const streamOf = (...tracks: FakeTrack[]) => ({ getAudioTracks: () => tracks })

/** Makes the runtime one whose tracks fall silent when they are told to. */
function stubPlatform() {
  const streams: unknown[][] = []
  vi.stubGlobal('MediaStreamTrack', FakeTrack)
  vi.stubGlobal(
    'MediaStream',
    class {
      constructor(tracks: unknown[]) {
        streams.push(tracks)
      }
    },
  )
  return streams
}

describe('webRTC: audio', () => {
  it('sends a track or the first track of a stream, and only receives without one', async () => {
    const track = new FakeTrack()
    expect((await start({ microphone: track }).open()).added).toEqual([{ track, direction: 'sendrecv' }])
    expect((await start({ microphone: streamOf(track, new FakeTrack()) }).open()).added).toEqual([
      { track, direction: 'sendrecv' },
    ])
    expect((await start({}).open()).added).toEqual([{ track: 'audio', direction: 'recvonly' }])
    expect((await start({ direction: 'none' }).open()).added).toEqual([])
    expect((await start({ direction: 'sendrecv' }).open()).added).toEqual([{ track: 'audio', direction: 'sendrecv' }])
  })

  it.each([
    [
      'a stream without sound',
      streamOf(),
      'The option "microphone" is a stream without an audio track; pass one that has audio.',
    ],
    ['a video track', new FakeTrack('video'), 'The option "microphone" must be an audio track or a stream with one.'],
  ])('rejects %s', async (_what, microphone, message) => {
    const { transport, made } = start({ microphone })
    await expect(transport.open()).rejects.toThrow(message)
    expect(made[0]?.closes).toBe(1)
  })

  it('stops tracks of a microphone function, and no others', async () => {
    const [given, made] = [new FakeTrack(), new FakeTrack()]
    for (const microphone of [given, () => streamOf(made)]) {
      const { transport, open } = start({ microphone })
      await open()
      await transport.close()
    }
    expect([given.stops, made.stops]).toEqual([0, 1])
  })

  it('stops a microphone that arrives after open() failed', async () => {
    const track = new FakeTrack()
    let give = (_: FakeTrack): void => {}
    const microphone = () =>
      new Promise<FakeTrack>((resolve) => {
        give = resolve
      })
    const { transport } = start({ microphone })
    const opening = transport.open().catch(() => {})
    await transport.close()
    await opening
    give(track)
    await settle()
    expect(track.stops).toBe(1)
  })

  it('rethrows the error of a microphone function', async () => {
    const denied = new DOMException('Permission denied', 'NotAllowedError')
    await expect(start({ microphone: () => Promise.reject(denied) }).transport.open()).rejects.toBe(denied)
  })

  it('mute: applies before, during, and after a connection, and restores the track', async () => {
    stubPlatform()
    const [track, other] = [new FakeTrack(), new FakeTrack()]
    const { transport, open } = start({ microphone: track })
    transport.mute()
    const peer = await open()
    expect(track.enabled).toBe(false)
    await transport.replaceTrack(other)
    expect([track.enabled, other.enabled]).toEqual([true, false])
    transport.unmute()
    expect(other.enabled).toBe(true)
    transport.mute()
    await transport.close()
    expect([transport.isMuted, other.enabled]).toEqual([true, true])
    const again = await open()
    expect(other.enabled).toBe(false)
    // Such tracks send silence, which the server needs to hear the end of a turn.
    expect([peer.added[0]?.track, peer.replaced, again.added[0]?.track]).toEqual([track, [other], other])
  })

  it('mute: sends no track for tracks of other libraries', async () => {
    const track = new FakeTrack()
    const { transport, open } = start({ microphone: track })
    transport.mute()
    const peer = await open()
    expect(peer.added).toEqual([{ track: 'audio', direction: 'sendrecv' }])
    transport.unmute()
    transport.mute()
    expect(peer.replaced).toEqual([track, null])
  })

  it('replaceTrack: applies to later connections, and rejects unless the direction is sendrecv', async () => {
    const other = new FakeTrack()
    const { transport, open } = start({ microphone: new FakeTrack() })
    const peer = await open()
    await transport.replaceTrack(other)
    expect(peer.replaced).toEqual([other])
    await transport.replaceTrack(null)
    await transport.close()
    await transport.replaceTrack(other)
    expect((await open()).added[0]?.track).toBe(other)
    await expect(start({}).transport.replaceTrack(other)).rejects.toThrow(
      'The option "direction" must be "sendrecv" to send a track.',
    )
  })

  it('attach: plays remote audio across connections until detached', async () => {
    const streams = stubPlatform()
    const { transport, open } = start({})
    const player: { srcObject: unknown } = { srcObject: undefined }
    const told: unknown[] = []
    transport.on('remoteAudio', ({ track }) => told.push(track))
    const detach = transport.attach(player)
    const peer = await open()
    const [track, stream] = [new FakeTrack(), { id: 'theirs' }]
    peer.fire('track', { track: new FakeTrack('video'), streams: [] })
    peer.fire('track', { track, streams: [stream] })
    expect([player.srcObject, transport.remoteStream, transport.remoteTrack, told]).toEqual([
      stream,
      stream,
      track,
      [track],
    ])
    await transport.close()
    expect([player.srcObject, transport.remoteStream]).toEqual([null, undefined])
    const second = await open()
    second.fire('track', { track, streams: [] })
    expect(streams).toEqual([[track]])
    expect(player.srcObject).toBe(transport.remoteStream)
    detach()
    expect(player.srcObject).toBeNull()
  })

  it('never enables a track that the app disabled: unmute, replaceTrack, and close', async () => {
    stubPlatform()
    for (const end of ['unmute', 'replaceTrack', 'close'] as const) {
      const track = new FakeTrack()
      track.enabled = false
      const { transport, open } = start({ microphone: track })
      await open()
      transport.mute()
      if (end === 'unmute') transport.unmute()
      else if (end === 'replaceTrack') await transport.replaceTrack(new FakeTrack())
      else await transport.close()
      expect(track.enabled, end).toBe(false)
    }
  })

  it('replaceTrack: never enables a next track that the app disabled', async () => {
    stubPlatform()
    const next = new FakeTrack()
    next.enabled = false
    const { transport, open } = start({ microphone: new FakeTrack() })
    await open()
    transport.mute()
    await transport.replaceTrack(next)
    transport.unmute()
    await transport.close()
    expect(next.enabled).toBe(false)
  })

  it('replaceTrack: rejects with REPLACE_TRACK_FAILED and keeps the previous track muted', async () => {
    stubPlatform()
    const [track, next] = [new FakeTrack(), new FakeTrack()]
    const { transport, open } = start({ microphone: track })
    const peer = await open()
    transport.mute()
    const cause = new DOMException('The peer connection is closed.', 'InvalidStateError')
    peer.replacing = () => Promise.reject(cause)
    const error = await transport.replaceTrack(next).catch((thrown) => thrown)
    expect(error.shortMessage).toBe(
      'The peer connection rejected the outgoing track, and error.cause has the reason. Pass a live track to replaceTrack(), or open the transport again.',
    )
    expect(error.cause).toBe(cause)
    expect([track.enabled, next.enabled]).toEqual([false, true])
    transport.unmute()
    transport.mute()
    expect([track.enabled, next.enabled]).toEqual([false, true])
  })

  it('mute: silences both tracks while a replacement is pending', async () => {
    stubPlatform()
    const [track, next] = [new FakeTrack(), new FakeTrack()]
    const { transport, open } = start({ microphone: track })
    const peer = await open()
    let finish = () => {}
    peer.replacing = () =>
      new Promise((resolve) => {
        finish = resolve
      })
    const replaced = transport.replaceTrack(next)
    transport.mute()
    expect([track.enabled, next.enabled]).toEqual([false, false])
    finish()
    await replaced
    expect([track.enabled, next.enabled]).toEqual([true, false])
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('not ready'))],
    [
      'throws',
      () => {
        throw new Error('not ready')
      },
    ],
  ])('mute and unmute: emit trackError when replaceTrack %s', async (_how, replacing) => {
    const track = new FakeTrack()
    const { transport, open } = start({ microphone: track })
    const codes: string[] = []
    transport.on('trackError', ({ code }) => codes.push(code))
    const peer = await open()
    peer.replacing = replacing
    transport.mute()
    expect(track.enabled).toBe(false)
    await settle()
    transport.unmute()
    await settle()
    expect(codes).toEqual(['REPLACE_TRACK_FAILED', 'REPLACE_TRACK_FAILED'])
  })

  it('mute: emits nothing when the connection ends while replaceTrack is pending', async () => {
    const { transport, open } = start({ microphone: new FakeTrack() })
    const codes: string[] = []
    transport.on('trackError', ({ code }) => codes.push(code))
    const peer = await open()
    let fail = (_: Error): void => {}
    peer.replacing = () =>
      new Promise((_, reject) => {
        fail = reject
      })
    transport.mute()
    await transport.close()
    fail(new Error('The peer connection is closed.'))
    await settle()
    expect(codes).toEqual([])
  })

  it('releases a connection when a player throws', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const { transport, open } = start({})
    const values: unknown[] = []
    const failure = new TypeError('not a stream')
    transport.attach({
      set srcObject(value: unknown) {
        values.push(value)
        if (values.length > 1) throw failure
      },
    })
    const peer = await open()
    await transport.close()
    expect([transport.state, peer.closes, reported]).toEqual(['closed', 1, [failure]])
  })
})
