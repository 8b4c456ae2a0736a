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

describe('webRTC: open', () => {
  it('creates nothing before open(), then one data channel', async () => {
    const { transport, made, peer } = start()
    expect(made).toEqual([])
    transport.open().catch(() => {})
    await settle()
    expect(peer().channels.map(({ label }) => label)).toEqual(['oai-events'])
    await transport.close()
  })

  it('sends the local description rather than the result of createOffer', async () => {
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
  it.each(orders)('is open after %s, %s, and %s, and not before', async (...order) => {
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

  it('delivers early frames after open', async () => {
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
    expect(error.shortMessage).toBe('The WebRTC exchange failed: exchangeSdp threw an error, which is the cause.')
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
  ] as const)('reports the phase in which %s failed', async (failing, phase) => {
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

  it.each([[''], [undefined], [42], [{}], ['<html>']])('rejects the answer %j', async (answer) => {
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

  it('rejects with CONNECT_TIMEOUT, and ignores a later answer', async () => {
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
    expect((await error).shortMessage).toMatch(/^The connection to the peer was not open within 500 ms/)
    finish('v=0 answer')
    await settle()
    expect(call.peer().answer).toBeUndefined()
    expectReleased(call)
  })

  it('rejects when its signal aborts during the exchange, and releases the signal', async () => {
    const call = start(never)
    const abort = new AbortController()
    const opening = call.transport.open(abort.signal)
    await settle()
    abort.abort(new Error('changed my mind'))
    await expect(opening).rejects.toThrow('changed my mind')
    expect(call.transport.state).toBe('closed')
    expectReleased(call)
  })

  it('releases signal and timeout once open', async () => {
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

  it('can be closed in its listeners', async () => {
    const call = start()
    call.transport.on('connectionState', () => void call.transport.close())
    const opening = call.transport.open().catch((thrown) => thrown)
    await settle()
    call.peer().become('connecting')
    expect((await opening).code).toBe('CLOSED')
    expectReleased(call)
  })

  it('rejects with CONNECT_FAILED when the peer connection fails while opening', async () => {
    const call = start()
    const opening = call.transport.open().catch((thrown) => thrown)
    await settle()
    call.peer().become('failed')
    expect((await opening).shortMessage).toBe(
      'Could not connect to the peer: no network path to the server was found; UDP may be blocked, so use a WebSocket.',
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

  it('can be opened again after it closed', async () => {
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
    expect(error.shortMessage).toContain('RTCPeerConnection could not be created')
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

  it('rejects with UNSUPPORTED_RUNTIME without RTCPeerConnection', async () => {
    const transport = webRTC({ exchangeSdp: () => 'v=0' })
    await expect(transport.open()).rejects.toThrow('This runtime has no RTCPeerConnection')
  })
})

describe('webRTC: an open connection', () => {
  it('closes once with 1000 when the server hangs up', async () => {
    const call = await connected()
    call.peer().channel.fire('close')
    call.peer().become('failed')
    expect(call.closes).toEqual([{ code: 1000, reason: '', wasClean: true }])
    expect(call.transport.state).toBe('closed')
    expectReleased(call)
  })

  it('closes once when the connection fails', async () => {
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

  it('closes with 1006 when the data channel fails', async () => {
    const call = await connected()
    call.peer().channel.fire('error')
    call.peer().channel.fire('close')
    expect(call.closes).toEqual([{ code: 1006, reason: 'the data channel broke', wasClean: false }])
  })

  it('closes only after an interruption longer than disconnectTimeoutMs', async () => {
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

  it('close: closes the data channel, then the peer connection', async () => {
    const call = await connected()
    const closing = call.transport.close(3000, 'done')
    expect(call.peer().channel.closes).toBe(1)
    expect(call.peer().closes).toBe(0)
    await closing
    expect(call.closes).toEqual([{ code: 3000, reason: 'done', wasClean: true }])
    expectReleased(call)
  })

  it('close: does not wait longer than a second for the peer', async () => {
    const call = await connected()
    call.peer().channel.close = () => {}
    const closing = call.transport.close()
    await call.clock.advance(1_000)
    await closing
    expectReleased(call)
  })

  it('open: rejects when close() is called while it waits for the end of the last connection', async () => {
    const call = await connected()
    call.peer().channel.close = () => {}
    const closing = call.transport.close()
    const opening = call.transport.open().catch((error) => error)
    const closingAgain = call.transport.close()
    await call.clock.advance(1_000)
    await Promise.all([closing, closingAgain])
    expect(await opening).toMatchObject({ code: 'CLOSED' })
    expect(call.transport.state).toBe('closed')
    expectReleased(call)
  })

  it('decodes binary messages, and ignores other values', async () => {
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

describe('webRTC: frames', () => {
  it('throws FRAME_TOO_LARGE by byte length, and stays open', async () => {
    const { transport, peer } = await connected()
    expect(() => transport.send('ü'.repeat(131_073))).toThrow(
      'The frame has 262146 bytes, but the data channel allows 262144. Reduce it, or send it over a sideband connection.',
    )
    transport.send('ü'.repeat(131_072))
    expect(peer().channel.sent).toHaveLength(1)
  })

  it('uses a smaller limit of the peer', async () => {
    const call = start()
    const opening = call.transport.open()
    await settle()
    call.peer().sctp = { maxMessageSize: 1_000 }
    call.peer().become('connected')
    call.peer().channel.open()
    await opening
    expect(() => call.transport.send('x'.repeat(1_001))).toThrow('the data channel allows 1000')
  })

  it('queues frames in order while the buffer is full, and counts them', async () => {
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

  it('throws SEND_FAILED when the channel rejects a frame, and stays open', async () => {
    const { transport, peer, closes } = await connected()
    peer().channel.refuses = true
    expect(() => transport.send('x')).toThrow('The data channel rejected a frame of 1 bytes')
    expect(closes).toEqual([])
    peer().channel.refuses = false
    transport.send('y')
    expect(peer().channel.sent).toEqual(['y'])
  })

  it('send: throws NOT_OPEN before open and after close', async () => {
    const { transport } = start()
    expect(() => transport.send('x')).toThrow('The transport is idle')
    const call = await connected()
    await call.transport.close()
    expect(() => call.transport.send('x')).toThrow('The transport is closed')
  })
})

describe('webRTC: options', () => {
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
  it.each(wrong)('%j: throws INVALID_OPTION for %s', (options, option) => {
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
