import { isTransportError, reconnecting, type TransportClose } from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { type WebRtcExchangeOptions, type WebRtcMediaOptions, webRTC } from 'realtime-primitives/webrtc'
import { describe, expect, it } from 'vitest'
import { type FakePeer, type FakeTrack, peerClass, settle } from './web-rtc-peer.js'

type Exchange = WebRtcExchangeOptions['exchangeSdp']

function start(exchangeSdp: Exchange = () => 'v=0 answer', options: WebRtcMediaOptions<FakeTrack> = {}) {
  const { Peer, made } = peerClass()
  const clock = createManualClock()
  const transport = webRTC<FakeTrack>({ exchangeSdp, RTCPeerConnection: Peer, clock, ...options })
  const closes: TransportClose[] = []
  const frames: string[] = []
  transport.on('close', (close) => closes.push(close))
  transport.on('message', (frame) => frames.push(frame))
  const peer = (): FakePeer => made.at(-1) ?? expect.fail('there is no peer')
  return { transport, clock, made, peer, closes, frames }
}

async function connected(exchangeSdp?: Exchange, options?: WebRtcMediaOptions<FakeTrack>) {
  const call = start(exchangeSdp, options)
  const opening = call.transport.open()
  await settle()
  call.peer().become('connected')
  call.peer().channel.open()
  await opening
  return call
}

/** Nothing of a connection is left: no timer, no listener, an open peer neither. */
function expectReleased({ made, clock }: ReturnType<typeof start>): void {
  expect(clock.pending).toBe(0)
  for (const peer of made) {
    expect(peer.closes).toBe(1)
    expect(peer.listeners).toEqual([])
    for (const channel of peer.channels) expect(channel.listeners).toEqual([])
  }
}

const never: Exchange = () => new Promise(() => {})

describe('opening over WebRTC', () => {
  it('makes nothing before it is asked to open, then one channel', async () => {
    const { transport, made, peer } = start()
    expect(made).toEqual([])
    transport.open().catch(() => {})
    await settle()
    expect(peer().channels.map(({ label }) => label)).toEqual(['oai-events'])
    await transport.close()
  })

  it('offers the local description, and not what createOffer gave', async () => {
    const offers: string[] = []
    const { transport, peer } = await connected((offer) => {
      offers.push(offer)
      return { sdp: 'v=0 answer', callId: 'rtc_1' }
    })
    expect(offers).toEqual(['v=0 local'])
    expect(peer().answer).toEqual({ type: 'answer', sdp: 'v=0 answer' })
    expect(transport.callId).toBe('rtc_1')
  })

  const steps = {
    answer: (finish: (sdp: string) => void) => finish('v=0 answer'),
    connected: (_: unknown, peer: FakePeer) => peer.become('connected'),
    channel: (_: unknown, peer: FakePeer) => peer.channel.open(),
  }
  const orders = [
    ['answer', 'connected', 'channel'],
    ['answer', 'channel', 'connected'],
    ['channel', 'connected', 'answer'],
    ['connected', 'channel', 'answer'],
    ['connected', 'answer', 'channel'],
    ['channel', 'answer', 'connected'],
  ] as const
  it.each(orders)('is open after %s, %s and %s, and not before', async (...order) => {
    let finish = (_: string): void => {}
    const answer = new Promise<string>((resolve) => {
      finish = resolve
    })
    const { transport, peer } = start(() => answer)
    const opening = transport.open()
    await settle()
    for (const [index, name] of order.entries()) {
      expect(transport.state, `before step ${index}`).toBe('opening')
      steps[name](finish, peer())
      await settle()
    }
    expect(transport.state).toBe('open')
    await expect(opening).resolves.toBeUndefined()
  })

  it('delivers what the server said before the connection was known to stand, after `open`', async () => {
    const { transport, peer } = start()
    const told: string[] = []
    transport.on('open', () => told.push('open'))
    transport.on('message', (frame) => told.push(frame))
    const opening = transport.open()
    await settle()
    peer().channel.open()
    peer().channel.fire('message', { data: '{"type":"session.created"}' })
    expect(told).toEqual([])
    peer().become('connected')
    expect(told).toEqual(['open', '{"type":"session.created"}'])
    await opening
  })

  it('rejects with the cause when exchangeSdp rejects', async () => {
    const cause = new Error('my server is down')
    let inner: AbortSignal | undefined
    const call = start((_offer, { signal }) => {
      inner = signal
      return Promise.reject(cause)
    })
    const error = await call.transport.open().catch((thrown) => thrown)
    expect(error.message).toBe(
      'The WebRTC exchange failed: exchangeSdp threw an error, which is the cause. (SIGNALING_FAILED, see docs/reference/errors.md#signaling_failed)',
    )
    expect(error.data.phase).toBe('exchange')
    expect(error.cause).toBe(cause)
    expect(inner?.aborted).toBe(true)
    expect(call.transport.state).toBe('closed')
    expect(call.closes).toEqual([])
    expectReleased(call)
  })

  it.each([
    ['createDataChannel', 'offer'],
    ['addTransceiver', 'offer'],
    ['createOffer', 'offer'],
    ['setRemoteDescription', 'answer'],
  ] as const)('says in which phase %s failed', async (failing, phase) => {
    const { Peer, made } = peerClass()
    class Failing extends Peer {
      override failing = failing
    }
    const transport = webRTC({ exchangeSdp: () => 'v=0', RTCPeerConnection: Failing })
    const error = await transport.open().catch((thrown) => thrown)
    expect(isTransportError(error, 'SIGNALING_FAILED') && error.data.phase).toBe(phase)
    expect(error.cause).toBeInstanceOf(Error)
    expect(made[0]?.closes).toBe(1)
  })

  it.each([[''], [undefined], [42], [{}], ['<html>']])('refuses %j as an answer', async (answer) => {
    const call = start(() => answer as never)
    await expect(call.transport.open()).rejects.toThrow(
      'The WebRTC exchange failed: the answer is not SDP; it must begin with "v=0".',
    )
    expectReleased(call)
  })

  it('makes no offer with a signal that is aborted', async () => {
    const { transport, made } = start()
    const reason = new Error('not now')
    await expect(transport.open(AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(made).toEqual([])
  })

  it('gives up at the deadline, and ignores an answer that comes later', async () => {
    let finish = (_: string): void => {}
    const call = start(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve
        }),
      { connectTimeoutMs: 500 },
    )
    const error = call.transport.open().catch((thrown) => thrown)
    await call.clock.advance(500)
    expect((await error).message).toMatch(/^the peer did not complete the handshake within 500 ms/)
    finish('v=0 answer')
    await settle()
    expect(call.peer().answer).toBeUndefined()
    expectReleased(call)
  })

  it('gives up when its signal aborts while the exchange goes on, and lets go of the signal', async () => {
    const call = start(never)
    const abort = new AbortController()
    const opening = call.transport.open(abort.signal)
    await settle()
    abort.abort(new Error('changed my mind'))
    await expect(opening).rejects.toThrow('changed my mind')
    expect(call.transport.state).toBe('closed')
    expectReleased(call)
  })

  it('has let go of signal and deadline once it is open', async () => {
    const call = start()
    const abort = new AbortController()
    const opening = call.transport.open(abort.signal)
    await settle()
    call.peer().become('connected')
    call.peer().channel.open()
    await opening
    expect(call.clock.pending).toBe(0)
    abort.abort()
    expect(call.transport.state).toBe('open')
  })

  it('can be closed from within what it tells', async () => {
    const call = start()
    call.transport.on('connectionState', () => void call.transport.close())
    const opening = call.transport.open().catch((thrown) => thrown)
    await settle()
    call.peer().become('connecting')
    expect((await opening).code).toBe('CLOSED')
    expectReleased(call)
  })

  it('says that there is no path when the connection fails before it stood', async () => {
    const call = start()
    const opening = call.transport.open().catch((thrown) => thrown)
    await settle()
    call.peer().become('failed')
    expect((await opening).message).toBe(
      'Could not connect to the peer: no network path to the server was found; UDP may be blocked, so use a WebSocket. (CONNECT_FAILED, see docs/reference/errors.md#connect_failed)',
    )
    expect(call.closes).toEqual([])
    expectReleased(call)
  })

  it('rejects when the channel closes before it was open', async () => {
    const call = start()
    const opening = call.transport.open().catch((thrown) => thrown)
    await settle()
    call.peer().channel.fire('close')
    expect((await opening).code).toBe('CLOSED')
    expectReleased(call)
  })

  it('opens anew after it closed', async () => {
    const { transport, made, peer } = await connected()
    await transport.close()
    const again = transport.open()
    await settle()
    peer().become('connected')
    peer().channel.open()
    await again
    expect(made).toHaveLength(2)
    expect(transport.state).toBe('open')
  })

  it('opening: rejects with SIGNALING_FAILED when the constructor throws', async () => {
    const cause = new Error('too many peer connections')
    class Throwing {
      constructor() {
        throw cause
      }
    }
    const clock = createManualClock()
    const transport = webRTC({ exchangeSdp: () => 'v=0', RTCPeerConnection: Throwing as never, clock })
    const error = await transport.open().catch((thrown) => thrown)
    expect(isTransportError(error, 'SIGNALING_FAILED') && error.data.phase).toBe('offer')
    expect(error.message).toContain('RTCPeerConnection could not be created')
    expect(error.cause).toBe(cause)
    expect([transport.state, clock.pending]).toEqual(['closed', 0])
  })

  it.each([undefined, null])(
    'opening: rejects with INVALID_OPTION when the microphone function returns %s',
    async (none) => {
      const call = start(undefined, { microphone: () => none as never })
      await expect(call.transport.open()).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        data: { option: 'microphone' },
      })
      expectReleased(call)
    },
  )

  it('names what the runtime lacks', async () => {
    const transport = webRTC({ exchangeSdp: () => 'v=0' })
    await expect(transport.open()).rejects.toThrow('This runtime has no RTCPeerConnection')
  })
})

describe('a WebRTC connection that stands', () => {
  it('ends when the server hangs up, once, with 1000', async () => {
    const call = await connected()
    call.peer().channel.fire('close')
    call.peer().become('failed')
    expect(call.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
    expect(call.transport.state).toBe('closed')
    expectReleased(call)
  })

  it('ends once when it fails, whatever follows', async () => {
    const call = await connected()
    call.peer().become('failed')
    call.peer().channel.fire('error')
    call.peer().channel.fire('close')
    expect(call.closes).toEqual([{ code: 1006, reason: 'the connection failed', wasClean: false }])
    expectReleased(call)
  })

  const aborts = {
    'cause code 12': { errorDetail: 'sctp-failure', sctpCauseCode: 12 },
    'a message and no cause code': { message: 'User-Initiated Abort, reason=Close called' },
  }
  it.each(Object.entries(aborts))('closes with 1000 after an SCTP abort with %s', async (_name, error) => {
    const call = await connected()
    call.peer().channel.readyState = 'closed'
    call.peer().channel.fire('error', { error: Object.assign(new Error(), error) })
    call.peer().channel.fire('close')
    call.peer().become('failed')
    expect(call.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
    expectReleased(call)
  })

  it('closes with 1000 when the connection fails between an SCTP abort and the close', async () => {
    const call = await connected()
    call.peer().channel.fire('error', { error: { sctpCauseCode: 12 } })
    call.peer().become('failed')
    call.peer().channel.fire('close')
    expect(call.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
  })

  it('reconnecting: makes no further call after an SCTP abort', async () => {
    const { Peer, made } = peerClass()
    const clock = createManualClock()
    const transport = reconnecting(webRTC({ exchangeSdp: () => 'v=0', RTCPeerConnection: Peer, clock }), { clock })
    const closes: TransportClose[] = []
    transport.on('close', (close) => closes.push(close))
    const opening = transport.open()
    await settle()
    made[0]?.become('connected')
    made[0]?.channel.open()
    await opening
    made[0]?.channel.fire('error', { error: { sctpCauseCode: 12 } })
    made[0]?.channel.fire('close')
    await clock.advance(600_000)
    expect([closes.map(({ code }) => code), made.length]).toEqual([[1000], 1])
  })

  it.each([
    ['another SCTP cause', { error: { sctpCauseCode: 13, message: 'User-Initiated Abort' } }],
    ['no error object', { error: null }],
    ['no event', undefined],
  ])('closes with 1006 after an error with %s', async (_name, event) => {
    const call = await connected()
    call.peer().channel.fire('error', event)
    call.peer().channel.fire('close')
    expect(call.closes).toEqual([{ code: 1006, reason: 'the data channel broke', wasClean: false }])
  })

  it('ends with 1006 when the channel breaks', async () => {
    const call = await connected()
    call.peer().channel.fire('error')
    call.peer().channel.fire('close')
    expect(call.closes).toEqual([{ code: 1006, reason: 'the data channel broke', wasClean: false }])
  })

  it('survives an interruption that passes in time, and not one that lasts', async () => {
    const call = await connected(undefined, { disconnectTimeoutMs: 5_000 })
    call.peer().become('disconnected')
    await call.clock.advance(4_999)
    call.peer().become('connected')
    await call.clock.advance(10_000)
    expect(call.transport.state).toBe('open')
    call.peer().become('disconnected')
    await call.clock.advance(5_000)
    expect(call.closes).toEqual([
      { code: 1006, reason: 'the connection was interrupted for longer than disconnectTimeoutMs', wasClean: false },
    ])
    expectReleased(call)
  })

  it('takes leave in order: the channel first, the peer when the channel is closed', async () => {
    const call = await connected()
    const closing = call.transport.close(3000, 'done')
    expect(call.peer().channel.closes).toBe(1)
    expect(call.peer().closes).toBe(0)
    await closing
    expect(call.closes).toEqual([{ code: 3000, reason: 'done', wasClean: true }])
    expectReleased(call)
  })

  it('does not wait for ever for the other end to agree', async () => {
    const call = await connected()
    call.peer().channel.close = () => {}
    const closing = call.transport.close()
    await call.clock.advance(1_000)
    await closing
    expectReleased(call)
  })

  it('reads bytes as text, and survives what is neither', async () => {
    const reported: unknown[] = []
    const { reportError } = globalThis
    globalThis.reportError = (error) => reported.push(error)
    const { peer, frames } = await connected()
    peer().channel.fire('message', { data: new TextEncoder().encode('{"type":"x"}') })
    peer().channel.fire('message', { data: { not: 'bytes' } })
    globalThis.reportError = reportError
    expect(frames).toEqual(['{"type":"x"}'])
    expect(reported).toHaveLength(1)
  })
})

describe('frames on a data channel', () => {
  it('refuses one that would end the channel, by its bytes, and goes on', async () => {
    const { transport, peer } = await connected()
    expect(() => transport.send('ü'.repeat(131_073))).toThrow(
      'A frame of 262146 bytes exceeds the limit of the data channel, 262144 bytes; send smaller frames, or send it over a sideband.',
    )
    transport.send('ü'.repeat(131_072))
    expect(peer().channel.sent).toHaveLength(1)
  })

  it('keeps to a smaller limit of the other end', async () => {
    const call = start()
    const opening = call.transport.open()
    await settle()
    call.peer().sctp = { maxMessageSize: 1_000 }
    call.peer().become('connected')
    call.peer().channel.open()
    await opening
    expect(() => call.transport.send('x'.repeat(1_001))).toThrow('the limit of the data channel, 1000 bytes')
  })

  it('waits for room, in order, and counts what waits', async () => {
    const { transport, peer } = await connected()
    const { channel } = peer()
    channel.bufferedAmount = 1 << 20
    transport.send('first')
    transport.send('second')
    expect(channel.sent).toEqual([])
    expect(transport.bufferedAmount).toBe((1 << 20) + 11)
    channel.bufferedAmount = 0
    transport.send('third')
    channel.fire('bufferedamountlow')
    expect(channel.sent).toEqual(['first', 'second', 'third'])
    expect(transport.bufferedAmount).toBe(0)
  })

  it('says so when the channel refuses a frame, and stays open', async () => {
    const { transport, peer, closes } = await connected()
    peer().channel.refuses = true
    expect(() => transport.send('x')).toThrow('The data channel rejected a frame of 1 bytes')
    expect(closes).toEqual([])
    peer().channel.refuses = false
    transport.send('y')
    expect(peer().channel.sent).toEqual(['y'])
  })

  it('is not open for sending before it opened, nor after it closed', async () => {
    const { transport } = start()
    expect(() => transport.send('x')).toThrow('The transport is idle')
    const call = await connected()
    await call.transport.close()
    expect(() => call.transport.send('x')).toThrow('The transport is closed')
  })
})

describe('options of webRTC', () => {
  const exchangeSdp = () => 'v=0'
  const wrong: [object, string][] = [
    [{}, 'apiKey'],
    [{ apiKey: 'ek_1', exchangeSdp }, 'apiKey'],
    [{ exchangeSdp, direction: 'sendonly' }, 'direction'],
    [{ exchangeSdp, direction: 'none', microphone: () => {} }, 'microphone'],
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31].map((ms): [object, string] => [
      { exchangeSdp, connectTimeoutMs: ms },
      'connectTimeoutMs',
    ]),
    [{ exchangeSdp, disconnectTimeoutMs: -1 }, 'disconnectTimeoutMs'],
    [{ apiKey: 'ek_1', baseUrl: 'nowhere' }, 'baseUrl'],
    [{ apiKey: 'ek_1', baseUrl: 'ftp://example.com' }, 'baseUrl'],
    [{ apiKey: 'ek_1', baseUrl: 'https://me:secret@example.com' }, 'baseUrl'],
    [{ apiKey: 'ek_1', baseUrl: 'http://example.com/v1' }, 'baseUrl'],
  ]
  it.each(wrong)('%j is refused for its %s', (options, option) => {
    let error: unknown
    try {
      webRTC(options as never)
    } catch (thrown) {
      error = thrown
    }
    expect(isTransportError(error, 'INVALID_OPTION') && error.data.option).toBe(option)
    expect(String(error)).not.toContain('secret')
  })
})
