import { createReplayStore, parseWebhook, type ReplayStore, verifyWebhook } from 'realtime-primitives/server'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { rejection } from '../support/api.js'
import { call, clockAfter, options, sentAt, signed } from './signed.js'

const text = JSON.stringify(call)

describe('parseWebhook', () => {
  it('returns an incoming call', async () => {
    for (const rawBody of [text, new TextEncoder().encode(text)]) {
      const parsed = await parseWebhook(rawBody, await signed(text), options)
      expect(parsed).toEqual({ id: 'wh_1', sentAtMs: sentAt * 1000, event: call })
      if (parsed.event.type === 'realtime.call.incoming') expectTypeOf(parsed.event.data.call_id).toBeString()
    }
  })

  it('parses the verified bytes when the buffer changes meanwhile', async () => {
    const reused = new TextEncoder().encode(text)
    const forged = new TextEncoder().encode(text.replace('rtc_4', 'rtc_5'))
    const parsing = parseWebhook(reused, await signed(text), options)
    reused.set(forged)
    expect((await parsing).event).toEqual(call)
  })

  it('parses text and bytes with a byte order mark', async () => {
    for (const rawBody of [`\ufeff${text}`, new TextEncoder().encode(`\ufeff${text}`)])
      expect((await parseWebhook(rawBody, await signed(rawBody), options)).event).toEqual(call)
  })

  it('returns other events unchanged', async () => {
    const other = { id: 'evt_2', type: 'live.call.incoming', created_at: 1, data: { session_id: 'rtc_1' }, extra: [1] }
    const body = JSON.stringify(other)
    expect((await parseWebhook(body, await signed(body), options)).event).toEqual(other)
  })

  it.each(['rtp', 'srtp', 'zrtp', null])('returns the media security of the call: %s', async (security) => {
    const body = JSON.stringify({ ...call, data: { ...call.data, sip_media_security: security } })
    const { event } = await parseWebhook(body, await signed(body), options)
    if (event.type !== 'realtime.call.incoming') throw new Error('not a call')
    expectTypeOf<'rtp' | 'srtp'>().toExtend<typeof event.data.sip_media_security>()
    expect(event.data.sip_media_security).toBe(security)
  })

  it('rejects a media security that is not a string', async () => {
    const body = JSON.stringify({ ...call, data: { ...call.data, sip_media_security: 7 } })
    const error = await rejection(parseWebhook(body, await signed(body), options))
    expect(error).toMatchObject({ data: { path: 'data.sip_media_security' } })
  })

  it('accepts unknown fields', async () => {
    const body = JSON.stringify({ ...call, data: { ...call.data, region: 'eu' }, object: null })
    expect((await parseWebhook(body, await signed(body), options)).event).toMatchObject({ data: { region: 'eu' } })
  })

  it.each([
    ['{', '', 'JSON', 'other text'],
    ['', '', 'JSON', 'other text'],
    ['[]', '', 'an object', 'something else'],
    ['null', '', 'an object', 'something else'],
    ['"realtime.call.incoming"', '', 'an object', 'something else'],
    ['{}', 'type', 'a string', 'something else'],
    ['{"type":7}', 'type', 'a string', 'something else'],
    ['{"__proto__":{"type":"realtime.call.incoming"}}', 'type', 'a string', 'something else'],
    ['{"type":"realtime.call.incoming"}', 'id', 'a string', 'missing'],
    [JSON.stringify({ ...call, data: { call_id: 'rtc_1' } }), 'data.sip_headers', 'an array', 'missing'],
    [
      JSON.stringify({ ...call, data: { call_id: 'rtc_1', sip_headers: [{ name: 'From' }] } }),
      'data.sip_headers[0].value',
      'a string',
      'missing',
    ],
  ])('rejects a genuine webhook with an invalid body, with the path: %s', async (body, path, expected, found) => {
    const error = await rejection(parseWebhook(body, await signed(body), options))
    expect(error.shortMessage).toBe(
      `The webhook has a valid signature, but ${path || 'its body'} must be ${expected} and is ${found}. Respond with 200, and report the difference.`,
    )
  })

  it('rejects bytes that are not UTF-8', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d])
    expect(await rejection(parseWebhook(body, await signed(body), options))).toMatchObject({ code: 'INVALID_PAYLOAD' })
  })

  it('verifies before it parses', async () => {
    const error = await rejection(parseWebhook('{', await signed(text), options))
    expect(error).toMatchObject({ code: 'INVALID_SIGNATURE' })
  })
})

describe('a replay store', () => {
  it('accepts a webhook once', async () => {
    const replayStore = createReplayStore({ clock: clockAfter(0) })
    const headers = await signed(text)
    await parseWebhook(text, headers, { ...options, replayStore })
    for (const again of [parseWebhook, verifyWebhook]) {
      const error = await rejection(again(text, headers, { ...options, replayStore }))
      expect(error.shortMessage).toBe(
        'The webhook wh_1 was already received. Respond with 200, and do not handle it again.',
      )
    }
  })

  it('accepts a webhook again after a release', async () => {
    const replayStore = createReplayStore({ clock: clockAfter(0) })
    const headers = await signed(text)
    const { id } = await parseWebhook(text, headers, { ...options, replayStore })
    await replayStore.release(id)
    expect(await parseWebhook(text, headers, { ...options, replayStore })).toMatchObject({ event: { id: 'evt_1' } })
  })

  it('does not receive webhooks that are forged, stale, or invalid', async () => {
    const claimed: string[] = []
    const replayStore: ReplayStore = {
      claim: (id) => claimed.push(id) > 0,
      release: () => {},
    }
    await rejection(parseWebhook(`${text} `, await signed(text), { ...options, replayStore }))
    await rejection(parseWebhook(text, await signed(text), { ...options, replayStore, clock: clockAfter(301) }))
    await rejection(parseWebhook('{', await signed('{'), { ...options, replayStore }))
    expect(claimed).toEqual([])
  })

  it('receives the time until which a webhook can be repeated', async () => {
    for (const [seconds, ttlMs] of [
      [0, 301_000],
      [300, 1_000],
      [-300, 601_000],
    ] as const) {
      const told: number[] = []
      const replayStore: ReplayStore = { claim: async (_, ms) => told.push(ms) > 0, release: async () => {} }
      await verifyWebhook(text, await signed(text), { ...options, replayStore, clock: clockAfter(seconds) })
      expect(told).toEqual([ttlMs])
    }
  })

  it('can be asynchronous, and its exception is passed on', async () => {
    const failure = new Error('no connection')
    const replayStore: ReplayStore = { claim: () => Promise.reject(failure), release: () => {} }
    expect(await rejection(parseWebhook(text, await signed(text), { ...options, replayStore }))).toBe(failure)
  })

  it('accepts one of several concurrent deliveries', async () => {
    const replayStore = createReplayStore({ clock: clockAfter(0) })
    const headers = await signed(text)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => verifyWebhook(text, headers, { ...options, replayStore })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('removes an id after its time', async () => {
    const clock = createManualClock()
    const store = createReplayStore({ clock })
    expect(store.claim('a', 1_000)).toBe(true)
    await clock.advance(999)
    expect(store.claim('a', 1_000)).toBe(false)
    await clock.advance(1)
    expect(store.claim('a', 1_000)).toBe(true)
  })

  it('keeps the newest ids up to its limit', () => {
    const store = createReplayStore({ maxIds: 2, clock: { now: () => 0 } })
    for (const id of ['a', 'b', 'c']) expect(store.claim(id, 1_000)).toBe(true)
    expect(store.claim('c', 1_000)).toBe(false)
    expect(store.claim('b', 1_000)).toBe(false)
    expect(store.claim('a', 1_000)).toBe(true)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('rejects a limit of %d ids', (maxIds) => {
    expect(() => createReplayStore({ maxIds })).toThrow('The option "maxIds" must be a whole number of at least 1.')
  })
})
