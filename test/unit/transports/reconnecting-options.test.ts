import { type ReconnectingOptions, reconnecting } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { fakeTransport } from '../../support/fake-transport.js'
import { setUpReconnecting, timeout } from '../../support/reconnecting.js'

describe('reconnecting: options', () => {
  const whole = (min: number) => `must be a whole number between ${min} and 2147483647`
  const bad = [Number.NaN, -1, 1.5, 2 ** 31, Number.POSITIVE_INFINITY, '5' as unknown as number]

  it.each(bad)('rejects %s for integer options', (value) => {
    const refusal = (option: keyof ReconnectingOptions, min: number) => {
      expect(() => reconnecting(fakeTransport(), { [option]: value })).toThrow(`The option "${option}" ${whole(min)}.`)
    }
    refusal('minDelayMs', 0)
    refusal('maxDelayMs', 0)
    refusal('stableMs', 0)
    refusal('maxAttempts', 1)
  })

  it.each([Number.NaN, 0.5, -2, 101, Number.POSITIVE_INFINITY])('rejects a factor of %d', (factor) => {
    expect(() => reconnecting(fakeTransport(), { factor })).toThrow(
      'The option "factor" must be a number between 1 and 100.',
    )
  })

  it('rejects maxAttempts 0, and maxDelayMs below minDelayMs', () => {
    expect(() => reconnecting(fakeTransport(), { maxAttempts: 0 })).toThrow(`The option "maxAttempts" ${whole(1)}.`)
    expect(() => reconnecting(fakeTransport(), { minDelayMs: 10, maxDelayMs: 9 })).toThrow(
      'The option "maxDelayMs" must be at least minDelayMs, which is 10.',
    )
  })

  it.each([{ maxDelayMs: 50 }, { minDelayMs: 60_000 }])('moves the other bound for %j', async (options) => {
    const { inner, open, log } = setUpReconnecting(options)
    await open()
    inner.drop(1006)
    expect(log.at(-1)).toMatchObject({ event: { delayMs: Object.values(options)[0] } })
  })

  it('delays do not overflow after many retries', async () => {
    const { clock, inner, open, log } = setUpReconnecting(
      { minDelayMs: 0, maxDelayMs: 5, factor: 100, maxAttempts: 400 },
      (n) => {
        if (n > 1) queueMicrotask(() => inner.refuse(timeout()))
      },
    )
    await open()
    inner.drop(1006)
    await clock.advance(5)
    expect(log).toHaveLength(1 + 400 + 1)
  })
})
