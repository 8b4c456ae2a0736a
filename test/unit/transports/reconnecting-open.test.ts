import { reconnecting } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { TransportError } from '../../../src/transports/error.js'
import { fakeTransport } from '../../support/fake-transport.js'
import { settle } from '../../support/peer.js'
import { http, setUpReconnecting, timeout, url } from '../../support/reconnecting.js'
import { typesOf } from '../../support/transport-log.js'

describe('reconnecting: open', () => {
  it('opens with the inner transport and passes frames in both directions', async () => {
    const { inner, transport, open, log } = setUpReconnecting()
    expect(transport.audio).toBe('events')
    expect(transport.bufferedAmount).toBe(0)
    await open()
    transport.send('out')
    inner.sendFrame('in')
    expect(transport.bufferedAmount).toBe(7)
    expect(inner.sent).toEqual(['out'])
    expect(log).toEqual([{ type: 'open' }, { type: 'message', frame: 'in' }])
  })

  it('accepts an inner transport that is already open', async () => {
    const inner = fakeTransport()
    const before = inner.open()
    inner.accept()
    await before
    const transport = reconnecting({ ...inner, state: 'open', open: async () => {} })
    await transport.open()
    expect(transport.state).toBe('open')
  })

  it('retries when the first attempt fails temporarily', async () => {
    const { clock, inner, transport, log } = setUpReconnecting()
    const opening = transport.open()
    const failure = timeout()
    inner.refuse(failure)
    await settle()
    expect(transport.state).toBe('opening')
    expect(log).toEqual([{ type: 'reconnecting', event: { attempt: 2, delayMs: 500, cause: failure } }])
    await clock.advance(500)
    expect(inner.opens).toBe(2)
    inner.accept()
    await opening
    expect(transport.state).toBe('open')
    expect(clock.pending).toBe(0)
  })

  it.each([400, 401, 403, 404, 301, 200])('does not retry after HTTP %i', async (status) => {
    const { clock, inner, transport, log } = setUpReconnecting()
    const refusal = http(status)
    const opening = transport.open()
    inner.refuse(refusal)
    await expect(opening).rejects.toBe(refusal)
    expect(transport.state).toBe('closed')
    expect(log).toEqual([])
    expect([clock.pending, inner.listeners, inner.opens]).toEqual([0, 0, 1])
  })

  it.each([408, 429, 500, 502, 503, 504, 599])('retries after HTTP %i', async (status) => {
    const { inner, transport, news } = setUpReconnecting()
    transport.open().catch(() => {})
    inner.refuse(http(status))
    await settle()
    expect(news()).toEqual(['reconnecting'])
    await transport.close()
  })

  it.each([
    ['TLS', new TransportError('CONNECT_FAILED', { url, tlsCode: 'CERT_HAS_EXPIRED', reason: 'TLS failed' })],
    ['an option', new TransportError('INVALID_OPTION', { option: 'apiKey', problem: 'is missing' })],
    ['an exposed key', new TransportError('KEY_EXPOSED', { runtime: 'browser' })],
    ['the runtime', new TransportError('UNSUPPORTED_RUNTIME', { missing: 'global WebSocket' })],
    ['a close in order', new TransportError('CLOSED', { code: 1000, reason: '' })],
    ['a policy', new TransportError('CLOSED', { code: 1008, reason: '' })],
    ['a transport that has tried', new TransportError('RECONNECT_EXHAUSTED', { attempts: 8, lastReason: 'x' })],
  ])('does not retry after %s', async (_what, error) => {
    const { inner, transport } = setUpReconnecting()
    const opening = transport.open()
    inner.refuse(error)
    await expect(opening).rejects.toBe(error)
    expect(inner.opens).toBe(1)
  })

  it.each([
    ['the network', new TransportError('CONNECT_FAILED', { url, reason: 'ECONNREFUSED' })],
    ['a broken handshake', new TransportError('CLOSED', { code: 1006, reason: '' })],
    ['what a key function throws', new Error('the vault is shut')],
    ['a thrown value that is no error', 'the vault is shut'],
  ])('retries after %s', async (_what, error) => {
    const { inner, transport, news } = setUpReconnecting()
    transport.open().catch(() => {})
    inner.refuse(error)
    await settle()
    expect(news()).toEqual(['reconnecting'])
    await transport.close()
  })

  it('rejects with RECONNECT_EXHAUSTED and the last error as the cause', async () => {
    const failure = new Error('the vault is shut: sk-secret')
    const { clock, inner, transport, log } = setUpReconnecting({ maxAttempts: 3 }, () =>
      queueMicrotask(() => inner.refuse(failure)),
    )
    const outcome = transport.open().catch((error) => error)
    await clock.advance(60_000)
    const error = await outcome
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'RECONNECT_EXHAUSTED',
      data: { attempts: 3, lastReason: 'Error thrown while opening, see cause' },
    })
    expect(error.shortMessage).toBe(
      'No connection after 3 attempts (Error thrown while opening, see cause). Check the network and the server, or raise maxAttempts.',
    )
    expect(error.cause).toBe(failure)
    expect(typesOf(log)).toEqual(['reconnecting', 'reconnecting'])
    expect([transport.state, clock.pending, inner.listeners, inner.opens]).toEqual(['closed', 0, 0, 3])
  })

  it('counts a synchronous error of open() as a failed attempt', async () => {
    const { clock, transport, inner, news } = setUpReconnecting({}, (attempt) => {
      if (attempt === 1) throw new Error('sudden')
    })
    const opening = transport.open()
    await settle()
    expect(news()).toEqual(['reconnecting'])
    await clock.advance(500)
    inner.accept()
    await opening
  })

  it('retries when the inner transport resolves open() and is not open', async () => {
    const inner = fakeTransport()
    const clock = createManualClock()
    const transport = reconnecting({ ...inner, state: 'closed', open: async () => {} }, { clock, maxAttempts: 2 })
    const outcome = transport.open().catch((error) => error)
    await clock.advance(1_000)
    expect((await outcome).code).toBe('RECONNECT_EXHAUSTED')
  })

  it('signal: ends a delay when aborted, and is released', async () => {
    const { clock, inner, transport, news } = setUpReconnecting()
    const reason = new Error('enough')
    const abort = new AbortController()
    const removed = vi.spyOn(abort.signal, 'removeEventListener')
    const opening = transport.open(abort.signal)
    inner.refuse(timeout())
    await settle()
    abort.abort(reason)
    await expect(opening).rejects.toBe(reason)
    expect([transport.state, clock.pending, inner.listeners]).toEqual(['closed', 0, 0])
    expect(news()).toEqual(['reconnecting'])
    expect(removed).toHaveBeenCalledOnce()
  })

  it('signal: does not close a connection that just opened', async () => {
    const { inner, transport } = setUpReconnecting()
    const abort = new AbortController()
    transport.on('open', () => abort.abort())
    const opening = transport.open(abort.signal)
    inner.accept()
    await opening
    expect([transport.state, inner.state]).toEqual(['open', 'open'])
  })

  it('signal: is released once open', async () => {
    const { inner, transport } = setUpReconnecting()
    const abort = new AbortController()
    const opening = transport.open(abort.signal)
    inner.accept()
    await opening
    abort.abort()
    expect(transport.state).toBe('open')
  })
})
