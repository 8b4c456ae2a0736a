import { afterEach, describe, expect, it, vi } from 'vitest'
import { settle } from '../../support/peer.js'
import { http, setUpReconnecting, timeout } from '../../support/reconnecting.js'
import { typesOf } from '../../support/transport-log.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('reconnecting: after a drop', () => {
  it('emits reconnecting, and open again', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting()
    await open()
    inner.drop(1012, 'restart')
    expect(transport.state).toBe('opening')
    expect(log.slice(1)).toEqual([
      {
        type: 'reconnecting',
        event: { attempt: 1, delayMs: 500, cause: { code: 1012, reason: 'restart', wasClean: true } },
      },
    ])
    await clock.advance(499)
    expect(inner.opens).toBe(1)
    await clock.advance(1)
    expect(inner.opens).toBe(2)
    inner.accept()
    expect(transport.state).toBe('open')
    expect(typesOf(log)).toEqual(['open', 'reconnecting', 'open'])
    expect(clock.pending).toBe(0)
  })

  it.each([1001, 1005, 1006, 1011, 1012, 1013, 1014])('retries after close code %i', async (code) => {
    const { inner, transport, open, news } = setUpReconnecting()
    await open()
    inner.drop(code)
    expect(news()).toEqual(['open', 'reconnecting'])
    expect(transport.state).toBe('opening')
  })

  it.each([1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015, 3000, 4000, 4999])(
    'does not retry after close code %i',
    async (code) => {
      const { clock, inner, transport, open, log } = setUpReconnecting()
      await open()
      inner.drop(code, 'over')
      expect(log.slice(1)).toEqual([{ type: 'close', close: { code, reason: 'over', wasClean: true } }])
      expect([transport.state, clock.pending, inner.listeners]).toEqual(['closed', 0, 0])
    },
  )

  it.each([
    '{"type":"error","event_id":"e","error":{"type":"x","code":"insufficient_quota","message":"m"}}',
    '{"event_id":"e","type":"error","error":{"code":"invalid_api_key"}}',
    '{ "type" : "error", "error": { "code": "account_deactivated" } }',
    '{"type":"error","error":{"code":"billing_hard_limit_reached"}}',
    '{"type":"error","error":{"type":"invalid_request_error","code":"beta_api_shape_disabled"}}',
    '{"type":"error","error":{"type":"insufficient_quota","code":null}}',
  ])('does not retry after %s and any close code', async (frame) => {
    const { inner, open, news } = setUpReconnecting()
    await open()
    inner.sendFrame(frame)
    inner.drop(1011)
    expect(news()).toEqual(['open', 'message', 'close'])
  })

  it.each([
    '{"type":"error","error":{"code":"session_expired"}}',
    '{"type":"error","error":{"code":"rate_limit_exceeded"}}',
    '{"type":"error","error":null}',
    '{"type":"error","error":{"code":',
    '{"type":"conversation.item.created","item":{"type":"error","error":{"code":"invalid_api_key"}}}',
    '{"item":{"type":"error"},"error":{"code":"invalid_api_key"}}',
    `{"type":"response.output_text.delta","delta":"${'x'.repeat(300)} \\"type\\":\\"error\\" invalid_api_key"}`,
    'null',
    '',
  ])('retries after %s', async (frame) => {
    const { inner, open, news } = setUpReconnecting()
    await open()
    inner.sendFrame(frame)
    inner.drop(1011)
    expect(news()).toEqual(['open', 'message', 'reconnecting'])
  })

  it('increases the delay up to maxDelayMs', async () => {
    const { clock, inner, open, log } = setUpReconnecting(
      { minDelayMs: 100, maxDelayMs: 1_000, factor: 3 },
      (attempt) => {
        if (attempt > 1) queueMicrotask(() => inner.refuse(timeout()))
      },
    )
    await open()
    inner.drop(1006)
    await clock.advance(60_000)
    const delays = log.flatMap((entry) => (entry.type === 'reconnecting' ? [entry.event.delayMs] : []))
    expect(delays).toEqual([100, 300, 900, 1_000, 1_000, 1_000, 1_000, 1_000])
  })

  it('spreads delays from 0 up to the bound', async () => {
    const numbers = [0, 0.25, 0.999]
    const { clock, inner, open, log } = setUpReconnecting({ random: () => numbers.shift() ?? 0 }, (attempt) => {
      if (attempt > 1) queueMicrotask(() => inner.refuse(timeout()))
    })
    await open()
    inner.drop(1006)
    await clock.advance(2_500)
    const delays = log.flatMap((entry) => (entry.type === 'reconnecting' ? [entry.event.delayMs] : []))
    expect(delays.slice(0, 3)).toEqual([0, 250, 1_998])
  })

  it('closes with the last drop and RECONNECT_EXHAUSTED when no attempts are left', async () => {
    const { clock, inner, transport, open, log } = setUpReconnecting({ maxAttempts: 2 }, (attempt) => {
      if (attempt > 1) queueMicrotask(() => inner.refuse(http(503)))
    })
    await open()
    inner.drop(1006, 'cut')
    const waiting = transport.open().catch((error) => error)
    await clock.advance(60_000)
    const last = log.at(-1)
    expect(typesOf(log)).toEqual(['open', 'reconnecting', 'reconnecting', 'close'])
    expect(last).toMatchObject({ close: { code: 1006, reason: 'cut', wasClean: false } })
    if (last?.type !== 'close') throw new Error('no close')
    expect(last.close.error?.shortMessage).toBe(
      'No connection after 2 attempts (HTTP 503: said so). Check the network and the server, or raise maxAttempts.',
    )
    expect(last.close.error?.cause).toMatchObject({ code: 'CONNECT_FAILED', data: { status: 503 } })
    expect(await waiting).toBe(last.close.error)
    expect([transport.state, clock.pending, inner.listeners]).toEqual(['closed', 0, 0])
  })

  it('closes with the error of an attempt that cannot be retried', async () => {
    const refusal = http(401)
    const { clock, inner, open, log } = setUpReconnecting({}, (attempt) => {
      if (attempt > 1) queueMicrotask(() => inner.refuse(refusal))
    })
    await open()
    inner.drop(1001)
    await clock.advance(500)
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 1001, reason: '', wasClean: true, error: refusal } })
  })

  it('counts unstable connections against the same budget', async () => {
    const { clock, inner, open, log } = setUpReconnecting({ maxAttempts: 3, stableMs: 1_000 }, (attempt) => {
      if (attempt > 1) queueMicrotask(() => inner.accept())
    })
    await open()
    for (const delayMs of [500, 1_000, 2_000]) {
      inner.drop(1011)
      await clock.advance(delayMs + 999)
    }
    expect(inner.opens).toBe(4)
    inner.drop(1011)
    expect(log.at(-1)).toMatchObject({
      type: 'close',
      close: { code: 1011, error: { data: { attempts: 3, lastReason: 'the server had an internal error, 1011' } } },
    })
  })

  it('restores all attempts after a stable connection', async () => {
    const { clock, inner, open, log } = setUpReconnecting(
      { maxAttempts: 2, stableMs: 1_000, minDelayMs: 10, maxDelayMs: 10 },
      (n) => {
        if (n > 1) queueMicrotask(() => inner.accept())
      },
    )
    await open()
    const attempts = () => log.flatMap((entry) => (entry.type === 'reconnecting' ? [entry.event.attempt] : []))
    inner.drop(1006)
    await clock.advance(10 + 999)
    inner.drop(1006)
    await clock.advance(10 + 1_000)
    inner.drop(1006)
    await clock.advance(10 + 5)
    inner.drop(1006)
    await clock.advance(10 + 5)
    expect(attempts()).toEqual([1, 2, 1, 2])
    inner.drop(1006)
    const last = log.at(-1)
    expect(last).toMatchObject({
      type: 'close',
      close: {
        code: 1006,
        error: {
          code: 'RECONNECT_EXHAUSTED',
          data: { attempts: 2, lastReason: 'the connection was lost without a close frame, 1006' },
        },
      },
    })
  })

  it.each([
    [7_000, 7_000],
    [90_000, 90_000],
    [100, 500],
    // The rest of `maxOutageMs` after the first 500 ms.
    [2 ** 40, 3_599_500],
  ])('honors Retry-After: %i ms delays the attempt by %i ms', async (asked, delayMs) => {
    const { clock, inner, open, log } = setUpReconnecting({ minDelayMs: 500, maxDelayMs: 500 }, (attempt) => {
      if (attempt === 2) queueMicrotask(() => inner.refuse(http(429, asked)))
    })
    await open()
    inner.drop(1013)
    await clock.advance(500)
    expect(log.at(-1)).toMatchObject({ type: 'reconnecting', event: { delayMs } })
    await clock.advance(delayMs - 1)
    expect(inner.opens).toBe(2)
    await clock.advance(1)
    expect(inner.opens).toBe(3)
  })

  it('send: throws NOT_OPEN while reconnecting, and repeats no frame', async () => {
    const { clock, inner, transport, open } = setUpReconnecting()
    await open()
    transport.send('one')
    inner.drop(1006)
    expect(() => transport.send('two')).toThrow('The transport is opening. Await open() before send().')
    expect(transport.bufferedAmount).toBe(0)
    await clock.advance(500)
    inner.accept()
    transport.send('three')
    expect(inner.sent).toEqual(['one', 'three'])
  })

  it('open: waits for the next connection while reconnecting', async () => {
    const { clock, inner, transport, open } = setUpReconnecting()
    await open()
    inner.drop(1006)
    const waiting = transport.open()
    await clock.advance(500)
    inner.accept()
    await waiting
    expect(transport.state).toBe('open')
  })

  it('ignores events of a stale connection', async () => {
    const { clock, inner, open, news } = setUpReconnecting()
    await open()
    inner.drop(1006)
    news()
    inner.sendFrame('late')
    inner.sayClose({ code: 1000, reason: 'late', wasClean: true })
    await clock.advance(500)
    inner.sendFrame('late')
    inner.sayClose({ code: 4000, reason: 'late', wasClean: true })
    expect(news()).toEqual([])
    inner.accept()
    expect(news()).toEqual(['open'])
  })

  it('continues when listeners throw', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const { clock, inner, transport, open } = setUpReconnecting({ maxAttempts: 1 })
    for (const type of ['open', 'reconnecting', 'message', 'close'] as const)
      transport.on(type, () => {
        throw new Error(type)
      })
    await open()
    inner.sendFrame('x')
    inner.drop(1006)
    await clock.advance(500)
    inner.accept()
    inner.drop(1000)
    expect(transport.state).toBe('closed')
    expect(reported.map((error) => (error as Error).message)).toEqual([
      'open',
      'message',
      'reconnecting',
      'open',
      'close',
    ])
  })

  it('open: starts with a full budget after it closed', async () => {
    const { clock, inner, transport, open, log, news } = setUpReconnecting({ maxAttempts: 2 })
    await open()
    inner.sendFrame('{"type":"error","error":{"code":"insufficient_quota"}}')
    inner.drop(1011)
    await open()
    inner.drop(1006)
    await clock.advance(500)
    inner.refuse(timeout())
    await clock.advance(1_000)
    inner.refuse(timeout())
    await settle()
    expect(news()).toEqual(['open', 'message', 'close', 'open', 'reconnecting', 'reconnecting', 'close'])
    const opening = transport.open().catch((error) => error)
    inner.refuse(timeout())
    await settle()
    expect(log).toMatchObject([{ type: 'reconnecting', event: { attempt: 2, delayMs: 500 } }])
    await clock.advance(500)
    inner.refuse(timeout())
    expect(await opening).toMatchObject({ code: 'RECONNECT_EXHAUSTED' })
    expect(news()).toEqual(['reconnecting'])
  })

  it('ignores an inner transport that opens after its attempt failed', async () => {
    const { clock, inner, open, news, transport } = setUpReconnecting()
    await open()
    inner.drop(1006)
    await clock.advance(500)
    inner.refuse(timeout())
    await settle()
    news()
    inner.open().catch(() => {})
    inner.accept()
    expect(news()).toEqual([])
    expect(transport.state).toBe('opening')
    await transport.close()
  })
})
