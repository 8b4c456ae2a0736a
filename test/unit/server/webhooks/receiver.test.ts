import {
  createReplayStore,
  createWebhookReceiver,
  type ReplayStore,
  type WebhookEvent,
} from 'realtime-primitives/server'
import { describe, expect, it, vi } from 'vitest'
import { createDeferred } from '../../../../src/internal/deferred.js'
import { call, clockAfter, options, signed } from './signed.js'

const text = JSON.stringify(call)

/** A receiver that records the events it handles. `fail` decides whether handling the n-th one fails. */
function setUp(fail: (attempt: number) => unknown = () => undefined, replayStore?: ReplayStore) {
  const handled: WebhookEvent[] = []
  const receive = createWebhookReceiver({ ...options, ...(replayStore ? { replayStore } : {}) }, async (event) => {
    handled.push(event)
    const error = await fail(handled.length)
    if (error !== undefined) throw error
  })
  return { receive, handled }
}

describe('createWebhookReceiver', () => {
  it('handles a webhook once, and returns 200 for its repetition', async () => {
    const { receive, handled } = setUp()
    const headers = await signed(text)
    expect(await receive(text, headers)).toEqual({ status: 200 })
    expect(await receive(text, headers)).toMatchObject({ status: 200, error: { code: 'REPLAYED' } })
    expect(handled).toEqual([call])
  })

  it('handles the redelivery of a webhook whose handling failed', async () => {
    const failure = new Error('the service is down')
    const { receive, handled } = setUp((attempt) => (attempt < 3 ? failure : undefined))
    const headers = await signed(text)
    expect(await receive(text, headers)).toEqual({ status: 500, error: failure })
    expect(await receive(text, headers)).toEqual({ status: 500, error: failure })
    expect(await receive(text, headers)).toEqual({ status: 200 })
    expect(await receive(text, headers)).toMatchObject({ status: 200, error: { code: 'REPLAYED' } })
    expect(handled).toHaveLength(3)
  })

  it('releases a webhook whose handler throws synchronously', async () => {
    let attempts = 0
    const receive = createWebhookReceiver(options, () => {
      attempts += 1
      if (attempts === 1) throw new Error('a mistake')
    })
    const headers = await signed(text)
    expect((await receive(text, headers)).status).toBe(500)
    expect(await receive(text, headers)).toEqual({ status: 200 })
  })

  it('returns the same result for a redelivery during the handling', async () => {
    const failing = createDeferred<Error>()
    const { receive, handled } = setUp((attempt) => (attempt === 1 ? failing.promise : undefined))
    const headers = await signed(text)
    const sign = vi.spyOn(crypto.subtle, 'sign')
    const both = [receive(text, headers), receive(text, headers)]
    await vi.waitUntil(() => sign.mock.settledResults.filter(({ type }) => type === 'fulfilled').length === 2)
    await new Promise(setImmediate)
    sign.mockRestore()
    failing.resolve(new Error('late'))
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([500, 500])
    expect(handled).toHaveLength(1)
    expect(await receive(text, headers)).toEqual({ status: 200 })
    expect(handled).toHaveLength(2)
  })

  it('passes the id and the time of the delivery', async () => {
    let delivery: unknown
    const receive = createWebhookReceiver(options, (_, about) => {
      delivery = about
    })
    await receive(text, await signed(text))
    expect(delivery).toEqual({ id: 'wh_1', sentAtMs: call.created_at * 1000 })
  })

  it('returns 400 for a webhook that is not genuine, and does not handle it', async () => {
    const { receive, handled } = setUp()
    const forged = await receive(`${text} `, await signed(text))
    expect(forged).toMatchObject({ status: 400, error: { code: 'INVALID_SIGNATURE' } })
    expect(await receive(text, {})).toMatchObject({ status: 400, error: { code: 'MISSING_HEADER' } })
    expect(handled).toEqual([])
  })

  it('returns 200 for a genuine webhook with an invalid body, and 500 for an invalid option', async () => {
    const { receive } = setUp()
    expect(await receive('{', await signed('{'))).toMatchObject({ status: 200, error: { code: 'INVALID_PAYLOAD' } })
    const misconfigured = createWebhookReceiver({ secrets: '' }, () => {})
    const result = await misconfigured(text, await signed(text))
    expect(result).toMatchObject({ status: 500, error: { code: 'INVALID_OPTION' } })
  })

  it('returns 500 when the replay store fails, and reports both errors when it cannot release', async () => {
    const offline = new Error('no connection')
    const refusing: ReplayStore = { claim: () => Promise.reject(offline), release: () => {} }
    const first = setUp(undefined, refusing)
    expect(await first.receive(text, await signed(text))).toEqual({ status: 500, error: offline })
    expect(first.handled).toEqual([])

    const failure = new Error('the service is down')
    const stuck: ReplayStore = { claim: () => true, release: () => Promise.reject(offline) }
    const { status, error } = await setUp(() => failure, stuck).receive(text, await signed(text))
    expect(status).toBe(500)
    expect((error as AggregateError).errors).toEqual([failure, offline])
  })

  it('shares a replay store that is passed', async () => {
    const replayStore = createReplayStore({ clock: clockAfter(0) })
    const headers = await signed(text)
    await setUp(undefined, replayStore).receive(text, headers)
    const other = setUp(undefined, replayStore)
    expect(await other.receive(text, headers)).toMatchObject({ status: 200, error: { code: 'REPLAYED' } })
    expect(other.handled).toEqual([])
  })

  it('rejects a handler that is not a function', () => {
    expect(() => createWebhookReceiver(options, undefined as unknown as () => void)).toThrow(
      'The option "handle" must be a function.',
    )
  })
})
