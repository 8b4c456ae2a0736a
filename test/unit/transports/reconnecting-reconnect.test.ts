import { TransportError } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { settle } from '../../support/peer.js'
import { setUpReconnecting } from '../../support/reconnecting.js'

const useless = new Error('the session could not be restored')

describe('reconnecting: reconnect()', () => {
  it('replaces the open connection after the delay of the policy', async () => {
    const { clock, inner, transport, open, log, news } = setUpReconnecting({ minDelayMs: 100, maxDelayMs: 100 })
    await open()
    news()
    expect(transport.reconnect?.(useless)).toBe(true)
    expect(transport.state).toBe('opening')
    expect(inner.closes).toHaveLength(1)
    expect(log).toMatchObject([{ type: 'reconnecting', event: { attempt: 1, delayMs: 100, cause: useless } }])
    await clock.advance(100)
    inner.accept()
    expect(transport.state).toBe('open')
    expect(news()).toEqual(['reconnecting', 'open'])
  })

  it('counts as a failed attempt, however long the connection was open', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting(
      { minDelayMs: 10, maxDelayMs: 10, maxAttempts: 3, stableMs: 1_000 },
      (attempt) => attempt > 1 && queueMicrotask(() => inner.accept()),
    )
    await open()
    inner.drop(1006)
    for (let attempt = 0; attempt < 3; attempt++) {
      await clock.advance(10)
      await clock.advance(5_000)
      expect(transport.state).toBe('open')
      transport.reconnect?.(useless)
    }
    expect(transport.state).toBe('closed')
    expect(log.at(-1)).toMatchObject({
      type: 'close',
      close: { code: 1006, error: { code: 'RECONNECT_EXHAUSTED', data: { attempts: 3 }, cause: useless } },
    })
    expect(clock.pending).toBe(0)
    expect(inner.listeners).toBe(0)
  })

  it('restores the attempts once a connection was stable and then dropped', async () => {
    const { clock, inner, transport, open } = setUpReconnecting(
      { minDelayMs: 10, maxDelayMs: 10, maxAttempts: 2, stableMs: 1_000 },
      (attempt) => attempt > 1 && queueMicrotask(() => inner.accept()),
    )
    await open()
    transport.reconnect?.(useless)
    await clock.advance(10)
    await clock.advance(1_000)
    inner.drop(1006)
    await clock.advance(10)
    transport.reconnect?.(useless)
    await clock.advance(10)
    expect(transport.state).toBe('open')
  })

  it('returns false without an open connection', async () => {
    const { transport, open, inner } = setUpReconnecting()
    expect(transport.reconnect?.(useless)).toBe(false)
    await open()
    const closing = transport.close()
    expect(transport.reconnect?.(useless)).toBe(false)
    await closing
    expect(transport.reconnect?.(useless)).toBe(false)
    expect(inner.opens).toBe(1)
  })
})

describe('reconnecting: maxOutageMs', () => {
  const refused = (retryAfterMs: number) =>
    new TransportError('CONNECT_FAILED', { url: 'wss://example.com', reason: 'so', status: 503, retryAfterMs })

  it('shortens a large Retry-After to the rest of the outage, and makes no attempt after that', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting(
      { minDelayMs: 100, maxDelayMs: 100, maxOutageMs: 5_000 },
      (attempt) => attempt > 1 && queueMicrotask(() => inner.refuse(refused(86_400_000))),
    )
    await open()
    inner.drop(1013)
    await clock.advance(100)
    expect(log.at(-1)).toMatchObject({ type: 'reconnecting', event: { delayMs: 4_900 } })
    await clock.advance(4_899)
    expect(inner.opens).toBe(2)
    await clock.advance(1)
    expect(inner.opens).toBe(3)
    expect(transport.state).toBe('closed')
    expect(log.at(-1)).toMatchObject({ type: 'close', close: { error: { code: 'RECONNECT_EXHAUSTED' } } })
    expect(clock.pending).toBe(0)
  })

  it('applies to open()', async () => {
    const { clock, inner, transport } = setUpReconnecting({ maxOutageMs: 1_000 }, () =>
      queueMicrotask(() => inner.refuse(refused(86_400_000))),
    )
    const opening = transport.open().catch((error) => error)
    await clock.advance(1_000)
    expect(await opening).toMatchObject({ code: 'RECONNECT_EXHAUSTED', cause: { code: 'CONNECT_FAILED' } })
  })

  it('restarts with the next outage', async () => {
    const { clock, inner, transport, open } = setUpReconnecting(
      { minDelayMs: 100, maxDelayMs: 100, maxOutageMs: 1_000, stableMs: 1_000 },
      (attempt) => attempt > 1 && queueMicrotask(() => inner.accept()),
    )
    await open()
    for (let outage = 0; outage < 3; outage++) {
      inner.drop(1006)
      await clock.advance(100)
      await clock.advance(2_000)
    }
    expect(transport.state).toBe('open')
  })
})

describe('reconnecting: a permanent error', () => {
  const named = (name: string, more: object = {}) => Object.assign(new Error('so'), { name, ...more })
  const signaling = (cause: unknown) =>
    new TransportError('SIGNALING_FAILED', { phase: 'exchange', reason: 'it threw' }, { cause })

  it.each([
    ['a microphone that the browser denies', named('NotAllowedError')],
    ['a microphone that createMicrophone reports as denied', named('DeviceError', { code: 'PERMISSION_DENIED' })],
    ['a key function that received 401', named('Error', { status: 401 })],
    ['a request for a client secret that received 401', named('HttpError', { code: 'STATUS', data: { status: 401 } })],
    ['an account without quota', named('HttpError', { data: { status: 429, code: 'insufficient_quota' } })],
    ['an exchange that received 403', signaling(named('Error', { status: 403 }))],
  ])('rejects open() at the first attempt: %s', async (_name, error) => {
    const { inner, transport, clock } = setUpReconnecting()
    const opening = transport.open().catch((reason) => reason)
    inner.refuse(error)
    expect(await opening).toBe(error)
    expect(inner.opens).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('ends an outage and is the cause of the close', async () => {
    const { clock, inner, open, log } = setUpReconnecting({ minDelayMs: 10, maxDelayMs: 10 })
    await open()
    inner.drop(1006)
    await clock.advance(10)
    const denied = named('NotAllowedError')
    inner.refuse(denied)
    await settle()
    expect(log.at(-1)).toMatchObject({
      type: 'close',
      close: { error: { code: 'RECONNECT_EXHAUSTED', cause: denied } },
    })
  })

  it.each([
    ['a key endpoint that answers 502', named('Error', { status: 502 })],
    ['any other error of a key function', new Error('so')],
    ['an exchange that failed for no known reason', signaling(new Error('so'))],
  ])('is retried when temporary: %s', async (_name, error) => {
    const { inner, transport, clock } = setUpReconnecting({ minDelayMs: 10, maxDelayMs: 10 })
    const opening = transport.open()
    inner.refuse(error)
    await clock.advance(10)
    inner.accept()
    await opening
    expect(inner.opens).toBe(2)
  })
})
