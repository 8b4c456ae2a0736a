import {
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  memoryPair,
  reconnecting,
  type SessionOptions,
  TransportError,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createDeferred } from '../../../../src/internal/deferred.js'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { fakeTransport } from '../../../support/fake-transport.js'
import { createPeer, sessionResource, settle } from '../../../support/peer.js'

const greeting = { type: 'session.created', session: { ...sessionResource, expires_at: Date.now() / 1000 + 3_600 } }

describe('a connect() that fails after session.created', () => {
  it.each([
    ['a configuration that the protocol does not allow', { config: { voice: 'marin' } as never }],
    ['a configuration that is never acknowledged', { config: { instructions: 'x' } }],
  ])(
    'leaves no timer and no listener, and never emits expiring: %s',
    async (_name, options: Partial<SessionOptions>) => {
      const inner = fakeTransport(() => queueMicrotask(() => inner.accept()))
      const clock = createManualClock()
      const session = createSession({ transport: inner, clock, ...options })
      const expiring: unknown[] = []
      session.on('expiring', (event) => expiring.push(event))
      const failed = session.connect().catch((error) => error)
      await settle()
      inner.sendFrame(JSON.stringify({ event_id: 'e', ...greeting }))
      await clock.advance(15_000)
      expect((await failed).code).toMatch(/INVALID_EVENT|TIMEOUT/)
      expect(session.getState().status).toBe('idle')
      expect(clock.pending).toBe(0)
      expect(inner.listeners).toBe(0)
      await clock.advance(3_600_000)
      expect(expiring).toEqual([])
    },
  )

  it('does not keep a later connect() waiting whose signal aborts', async () => {
    const inner = fakeTransport(() => queueMicrotask(() => inner.accept()))
    const closing = createDeferred<void>()
    inner.close = () => closing.promise
    const clock = createManualClock()
    const session = createSession({ transport: inner, clock })
    const [first, second] = [new AbortController(), new AbortController()]
    const failed = session.connect({ signal: first.signal }).catch((error) => error)
    await settle()
    first.abort(new Error('first'))
    const later = session.connect({ signal: second.signal }).catch((error) => error)
    await settle()
    second.abort(new Error('second'))
    expect((await failed).message).toBe('first')
    expect((await later).message).toBe('second')
    closing.resolve()
    await clock.advance(0)
    expect(clock.pending).toBe(0)
  })

  it('leaves no timer when it is aborted or refused by the server', async () => {
    for (const how of ['abort', 'refuse']) {
      const peer = createPeer({ config: { instructions: 'x' } })
      const abort = new AbortController()
      const failed = peer.session.connect({ signal: abort.signal }).catch((error) => error)
      await settle()
      await peer.sendEvents(greeting)
      const { event_id } = await peer.expectSent('session.update')
      if (how === 'abort') abort.abort(new Error('enough'))
      else
        await peer.sendEvents({
          type: 'error',
          error: { type: 'invalid_request_error', code: 'no', message: '', event_id },
        })
      await failed
      expect(peer.clock.pending).toBe(0)
    }
  })

  it('reports the audio that was appended meanwhile', async () => {
    const peer = createPeer({ config: { instructions: 'x' } })
    const dropped: unknown[] = []
    peer.session.on('dropped', (event) => dropped.push(event))
    const failed = peer.session.connect().catch((error) => error.code)
    await settle()
    await peer.sendEvents(greeting)
    for (let append = 0; append < 3; append++) peer.session.audio.append('AAAA')
    await peer.clock.advance(15_000)
    expect(await failed).toBe('TIMEOUT')
    expect(dropped).toEqual([{ appends: 3 }])
  })

  it.each([
    ['createSession', (options: SessionOptions) => createSession(options)],
    ['createTranscriptionSession', (options: SessionOptions) => createTranscriptionSession(options as never)],
    ['createTranslationSession', (options: SessionOptions) => createTranslationSession(options as never)],
  ])('accepts nothing while the transport of the failed attempt closes: %s', async (_name, create) => {
    const inner = fakeTransport(() => queueMicrotask(() => inner.accept()))
    const closing = createDeferred<void>()
    const transport = Object.defineProperty(Object.create(inner), 'close', { value: () => closing.promise })
    const clock = createManualClock()
    const session = create({ transport, clock })
    const failed = session.connect().catch((error) => error.code)
    await clock.advance(15_000)
    const { audio } = session
    const appendCode = () => {
      try {
        audio.append('AAAA')
        return undefined
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(inner.state).toBe('open')
    expect(appendCode()).toBe('NOT_CONNECTED')
    const drained = audio.drained()
    closing.resolve()
    await clock.advance(20)
    await drained
    expect(await failed).toBe('TIMEOUT')
    expect(session.getState().status).toBe('idle')
  })

  it('names the step that was waited for', async () => {
    const peer = createPeer({ config: { instructions: 'x' } })
    const failed = peer.session.connect().catch((error) => error)
    await settle()
    await peer.sendEvents(greeting)
    await peer.clock.advance(15_000)
    expect(await failed).toMatchObject({ code: 'TIMEOUT', data: { waitingFor: 'session.updated', timeoutMs: 15_000 } })
  })
})

describe('the expiry of a session', () => {
  it('is ignored when it is past, and never rotates', async () => {
    const peer = createPeer({ lifetime: { action: 'rotate' } })
    const expiring: unknown[] = []
    peer.session.on('expiring', (event) => expiring.push(event))
    const connecting = peer.session.connect()
    await settle()
    await peer.sendEvents({ type: 'session.created', session: { ...sessionResource, expires_at: 1_000_000_000 } })
    await connecting
    await peer.clock.advance(10_000)
    expect(expiring).toEqual([])
    expect(peer.session.getState().status).toBe('open')
    expect(peer.clock.pending).toBe(0)
  })

  it('is not reported while the session reconnects', async () => {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const expiring: unknown[] = []
    session.on('expiring', (event) => expiring.push(event))
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await connecting
    expect(clock.pending).toBe(1)
    server.drop()
    expect(clock.pending).toBe(0)
    await clock.advance(3_600_000)
    expect(expiring).toEqual([])
  })
})

describe('connect() over reconnecting()', () => {
  function connecting(error: unknown, options: Partial<SessionOptions> = {}) {
    const clock = createManualClock()
    const inner = fakeTransport(() => queueMicrotask(() => inner.refuse(error)))
    const transport = reconnecting(inner, { clock, minDelayMs: 400, maxDelayMs: 400, random: () => 1 })
    const session = createSession({ transport, clock, connectTimeoutMs: 1_000, ...options })
    return { clock, inner, session, outcome: session.connect().catch((reason) => reason) }
  }

  it.each([
    [
      'no listener on the port',
      new TransportError('CONNECT_FAILED', { url: 'wss://example.com', reason: 'ECONNREFUSED' }),
      'ECONNREFUSED',
    ],
    [
      'a server that fails',
      new TransportError('CONNECT_FAILED', { url: 'wss://example.com', status: 502, reason: 'the server failed' }),
      'HTTP 502: the server failed',
    ],
    ['a key function that throws', new Error('the key endpoint answered 502'), 'Error, see error.cause'],
  ])('carries the last failure in the sentence and as the cause: %s', async (_name, failure, reason) => {
    const { clock, outcome } = connecting(failure)
    await clock.advance(1_000)
    const error = await outcome
    expect(error).toMatchObject({ code: 'TIMEOUT', data: { waitingFor: 'a connection', lastFailure: reason } })
    expect(error.cause).toBe(failure)
    expect(error.shortMessage).toBe(
      `No connection was established within 1000 ms, and the last attempt failed (${reason}). Check the URL, the API key, and the network, or raise connectTimeoutMs.`,
    )
    expect(clock.pending).toBe(0)
  })

  it('carries the close of a connection that opens and breaks again and again', async () => {
    const clock = createManualClock()
    const inner = fakeTransport(() =>
      queueMicrotask(() => {
        inner.accept()
        inner.drop(1011, 'boom')
      }),
    )
    const transport = reconnecting(inner, { clock, minDelayMs: 400, maxDelayMs: 400, random: () => 1 })
    const outcome = createSession({ transport, clock, connectTimeoutMs: 1_000 })
      .connect()
      .catch((reason) => reason)
    await clock.advance(1_000)
    expect(await outcome).toMatchObject({
      code: 'TIMEOUT',
      data: { lastFailure: 'it closed with code 1011' },
      cause: { code: 'CLOSED', data: { code: 1011, reason: 'boom' } },
    })
  })

  it.each([
    ['a refused key', new TransportError('CONNECT_FAILED', { url: 'wss://example.com', status: 401, reason: 'so' })],
    ['a denied microphone', Object.assign(new Error('denied'), { name: 'NotAllowedError' })],
  ])('ends at once with %s', async (_name, failure) => {
    const { clock, outcome, inner } = connecting(failure)
    expect(await outcome).toBe(failure)
    expect(inner.opens).toBe(1)
    expect(clock.pending).toBe(0)
  })
})

describe('connect() over a transport that never opens', () => {
  it('reports that there was no connection', async () => {
    const [near] = memoryPair()
    const clock = createManualClock()
    const outcome = createSession({ transport: near, clock })
      .connect()
      .catch((reason) => reason)
    await clock.advance(15_000)
    expect((await outcome).shortMessage).toMatch(/^No connection was established within 15000 ms. Check the URL/)
  })
})

describe.each([
  ['createSession', createSession],
  ['createTranscriptionSession', createTranscriptionSession],
  ['createTranslationSession', createTranslationSession],
] as const)('%s', (_name, create) => {
  it.each([
    ['no options', undefined, 'is missing'],
    ['no transport', {}, 'is missing'],
    ['null', { transport: null }, 'is missing'],
    ['a socket', { transport: { send() {}, close() {} } }, 'is not a transport'],
    ['a promise of a transport', { transport: Promise.resolve(memoryPair()[0]) }, 'is not a transport'],
  ])('names the option transport when it gets %s', (_what, options, problem) => {
    expect(() => create(options as never)).toThrow(`The option "transport" ${problem}; pass one, such as webSocket(`)
    expect(() => create(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
