import { isTransportError, type ReconnectingOptions, reconnecting } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { fakeTransport } from '../../support/fake-transport.js'
import { http, setUpReconnecting, timeout } from '../../support/reconnecting.js'

describe('reconnecting: retryDelayMs', () => {
  const delaysOf = (log: ReturnType<typeof setUpReconnecting>['log']) =>
    log.flatMap((entry) => (entry.type === 'reconnecting' ? [entry.event.delayMs] : []))

  it('replaces the random delay and receives the attempt and the last failure', async () => {
    const retryDelayMs = vi.fn((attempt: number) => attempt * 100)
    const { clock, inner, open, log } = setUpReconnecting({ retryDelayMs })
    await open()
    inner.drop(1006, 'lost')
    await clock.advance(100)
    const failure = timeout()
    inner.refuse(failure)
    await clock.advance(200)
    inner.accept()
    expect(delaysOf(log)).toEqual([100, 200])
    expect(retryDelayMs.mock.calls).toEqual([
      [1, { code: 1006, reason: 'lost', wasClean: false }],
      [2, failure],
    ])
    expect(inner.opens).toBe(3)
  })

  it('gives up with RECONNECT_EXHAUSTED when it returns undefined after a drop', async () => {
    const { inner, open, log, transport } = setUpReconnecting({ retryDelayMs: () => undefined })
    await open()
    inner.drop(1006)
    expect(log.at(-1)).toMatchObject({ type: 'close', close: { code: 1006, error: { code: 'RECONNECT_EXHAUSTED' } } })
    expect(transport.state).toBe('closed')
    expect(inner.opens).toBe(1)
  })

  it('gives up during open() when it returns undefined, with the failure as the cause', async () => {
    const { clock, inner, transport } = setUpReconnecting({ retryDelayMs: (attempt) => (attempt < 3 ? 0 : undefined) })
    const opening = transport.open().catch((thrown: unknown) => thrown)
    inner.refuse(timeout())
    await clock.advance(0)
    const last = timeout()
    inner.refuse(last)
    const error = await opening
    expect(isTransportError(error, 'RECONNECT_EXHAUSTED') && [error.data.attempts, error.cause]).toEqual([2, last])
    expect(clock.pending).toBe(0)
  })

  it('is not called when maxAttempts are used up', async () => {
    const retryDelayMs = vi.fn(() => 0)
    const { inner, transport } = setUpReconnecting({ retryDelayMs, maxAttempts: 1 })
    const opening = transport.open()
    inner.refuse(timeout())
    await expect(opening).rejects.toThrow('RECONNECT_EXHAUSTED')
    expect(retryDelayMs).not.toHaveBeenCalled()
  })

  it('is bounded by maxOutageMs', async () => {
    const { inner, open, log } = setUpReconnecting({ retryDelayMs: () => Number.MAX_VALUE, maxOutageMs: 5_000 })
    await open()
    inner.drop(1006)
    expect(delaysOf(log)).toEqual([5_000])
  })

  it('does not shorten a Retry-After of the server', async () => {
    const { clock, inner, transport, log } = setUpReconnecting({ retryDelayMs: () => 10 })
    const opening = transport.open()
    inner.refuse(http(429, 7_000))
    await clock.advance(0)
    await transport.close()
    await expect(opening).rejects.toThrow('CLOSED')
    expect(delaysOf(log)).toEqual([7_000])
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '10', null])(
    'gives up with INVALID_OPTION when it returns %j',
    async (value) => {
      const { clock, inner, open, log } = setUpReconnecting({ retryDelayMs: () => value as number })
      await open()
      inner.drop(1006)
      expect(log.at(-1)).toMatchObject({
        type: 'close',
        close: { error: { code: 'INVALID_OPTION', data: { option: 'retryDelayMs' } } },
      })
      expect(clock.pending).toBe(0)
    },
  )

  it('gives up with INVALID_OPTION when it throws, with the error as the cause', async () => {
    const cause = new Error('bug')
    const { inner, transport } = setUpReconnecting({
      retryDelayMs() {
        throw cause
      },
    })
    const opening = transport.open().catch((thrown: unknown) => thrown)
    inner.refuse(timeout())
    expect(await opening).toMatchObject({ code: 'INVALID_OPTION', cause })
  })

  it('must be a function', () => {
    const options = { retryDelayMs: 100 } as unknown as ReconnectingOptions
    expect(() => reconnecting(fakeTransport(), options)).toThrow(
      'The option "retryDelayMs" must be a function that returns milliseconds.',
    )
  })
})
