import { createSession, memoryPair, type Transport, TransportError } from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { webRTC, withFallback } from 'realtime-primitives/webrtc'
import { describe, expect, it, vi } from 'vitest'
import { fakeTransport } from '../../support/fake-transport.js'
import { sessionResource } from '../../support/peer.js'
import { peerClass, settle } from './web-rtc-peer.js'

/** A transport that cannot be opened. */
function failing(error: unknown): Transport & { readonly attempts: number } {
  const [transport] = memoryPair({ audio: 'media' })
  let attempts = 0
  return {
    ...transport,
    get state() {
      return transport.state
    },
    get attempts() {
      return attempts
    },
    open() {
      attempts++
      return Promise.reject(error)
    },
  }
}

function working() {
  const [transport, far] = memoryPair()
  far.open().catch(() => {})
  return { transport, far }
}

const timeout = new TransportError('CONNECT_TIMEOUT', { url: 'https://example.com', timeoutMs: 1 })
const refusal = (status?: number) =>
  new TransportError('CONNECT_FAILED', { url: 'https://example.com', reason: 'so', ...(status ? { status } : {}) })

describe('withFallback', () => {
  it('opens the second when the first fails, emits open once, and keeps using it', async () => {
    const first = failing(timeout)
    const { transport: second, far } = working()
    const transport = withFallback(first, second)
    expect(transport.audio).toBe('media')
    const told: string[] = []
    transport.on('open', () => told.push('open'))
    transport.on('message', (frame) => told.push(frame))
    transport.on('close', ({ code }) => told.push(String(code)))
    await transport.open()
    expect([transport.audio, transport.state]).toEqual(['events', 'open'])
    far.send('hello')
    await Promise.resolve()
    await transport.close(3001)
    expect(told).toEqual(['open', 'hello', '3001'])
    far.open().catch(() => {})
    await transport.open()
    expect(first.attempts).toBe(1)
  })

  it('uses the first when it opens', async () => {
    const { transport: first } = working()
    const second = failing(timeout)
    const transport = withFallback(first, second)
    await transport.open()
    expect([second.attempts, transport.state]).toEqual([0, 'open'])
  })

  it.each([
    ['a timeout', timeout, true],
    ['no path', refusal(), true],
    ['no such endpoint', refusal(404), true],
    ['a server that fails', refusal(503), true],
    ['no WebRTC', new TransportError('UNSUPPORTED_RUNTIME', { missing: 'RTCPeerConnection' }), true],
    ['an answer that does not fit', new TransportError('SIGNALING_FAILED', { phase: 'answer', reason: 'so' }), true],
    ['a refused key', refusal(401), false],
    ['too many requests', refusal(429), false],
    ['a wrong option', new TransportError('INVALID_OPTION', { option: 'apiKey', problem: 'is bad' }), false],
    ['a key function that throws', new Error('no key'), false],
  ])('after %s: %s', async (_why, error, fallsBack) => {
    const opening = withFallback(failing(error), working().transport).open()
    if (fallsBack) await expect(opening).resolves.toBeUndefined()
    else await expect(opening).rejects.toBe(error)
  })

  it('shouldFallBack: decides', async () => {
    const error = new Error('no microphone')
    await expect(
      withFallback(failing(error), working().transport, { shouldFallBack: () => true }).open(),
    ).resolves.toBeUndefined()
  })

  it('does not open the second after close() or an abort', async () => {
    const [first] = memoryPair()
    const second = failing(timeout)
    const closed = withFallback(first, second)
    const opening = closed.open()
    await closed.close()
    await expect(opening).rejects.toThrow('CLOSED')
    expect(closed.state).toBe('closed')
    const abort = new AbortController()
    const [other] = memoryPair()
    const aborted = withFallback(other, second).open(abort.signal)
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(second.attempts).toBe(0)
  })

  it('listens only to the transport in use while it is opening or open', async () => {
    const inner = [fakeTransport((attempt) => inner[0]?.refuse(attempt && timeout)), fakeTransport()] as const
    const [first, second] = inner
    for (let use = 0; use < 3; use++) {
      const transport = withFallback(first, second)
      const opening = transport.open()
      await settle()
      second.accept()
      await opening
      expect([first.listeners, second.listeners]).toEqual([0, 4])
      if (use === 1) second.drop(1006)
      else await transport.close()
      expect([first.listeners, second.listeners]).toEqual([0, 0])
    }
    const failing = withFallback(first, second).open()
    await settle()
    second.refuse(refusal(401))
    await expect(failing).rejects.toThrow('401')
    expect([first.listeners, second.listeners]).toEqual([0, 0])
  })

  it('passes on session and reconnect()', async () => {
    const cause = new Error('so')
    const reconnect = vi.fn(() => true)
    const { transport: first } = working()
    const joined = { ...first, session: 'joined' as const, state: 'idle' as const, reconnect }
    expect(withFallback(joined, working().transport).session).toBe('joined')
    expect(withFallback(joined, working().transport).reconnect?.(cause)).toBe(true)
    expect(reconnect).toHaveBeenCalledWith(cause)
    expect(withFallback(first, working().transport).session ?? 'own').toBe('own')
    expect(withFallback(first, working().transport).reconnect?.(cause)).toBe(false)
  })

  it('rejects with the error of the second', async () => {
    const error = refusal(401)
    await expect(withFallback(failing(timeout), failing(error)).open()).rejects.toBe(error)
  })
})

describe('withFallback: session', () => {
  it('connect: leaves time for the second when the first never responds', async () => {
    const { session, clock, fallBack } = sessionWithFallback()
    const connecting = session.connect()
    await clock.advance(10_000)
    await fallBack()
    await connecting
    expect(session.getState().status).toBe('open')
    await session.close()
  })
})

function sessionWithFallback() {
  const { Peer } = peerClass()
  const clock = createManualClock()
  const { transport, far } = working()
  const first = webRTC({
    exchangeSdp: () => new Promise<string>(() => {}),
    RTCPeerConnection: Peer,
    direction: 'none',
    clock,
  })
  return {
    clock,
    session: createSession({ transport: withFallback(first, transport), clock }),
    async fallBack() {
      await settle()
      far.send(JSON.stringify({ type: 'session.created', event_id: 'e', session: sessionResource }))
      await settle()
    },
  }
}

describe('withFallback: unstable connections', () => {
  /** A first transport whose connections break `lastsMs` after they opened. */
  function setUp(options: { maxBreaks?: number; stableMs?: number } = {}) {
    const clock = createManualClock()
    const [first, far] = memoryPair({ audio: 'media' })
    const { transport: second } = working()
    const transport = withFallback(first, second, { ...options, clock })
    return {
      transport,
      /** Opens, and lets the connection end after a while. Returns the audio mode that was used. */
      async use(lastsMs: number, wasClean = false) {
        far.open().catch(() => {})
        await transport.open()
        const { audio } = transport
        await clock.advance(lastsMs)
        if (audio === 'media') await far.close(wasClean ? 1000 : 4000)
        return audio
      },
    }
  }

  it('opens the second after three breaks in a row, and keeps using it', async () => {
    const { transport, use } = setUp()
    for (let count = 0; count < 3; count++) expect(await use(9_999)).toBe('media')
    expect(await use(0)).toBe('events')
    expect(transport.state).toBe('open')
  })

  it('does not count a connection that closes with 1000', async () => {
    const { use } = setUp({ maxBreaks: 1 })
    for (let count = 0; count < 5; count++) expect(await use(0, true)).toBe('media')
    expect(await use(0)).toBe('media')
    expect(await use(0)).toBe('events')
  })

  it('does not count a connection that was stable', async () => {
    const { use } = setUp({ maxBreaks: 2, stableMs: 500 })
    for (const lastsMs of [499, 500, 499, 600, 499, 499]) expect(await use(lastsMs)).toBe('media')
    expect(await use(0)).toBe('events')
  })
})
