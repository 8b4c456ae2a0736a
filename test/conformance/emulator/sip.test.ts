import OpenAI from 'openai'
import { decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import { parseWebhook, readIncomingCall } from 'realtime-primitives/server'
import {
  type ConnectRequest,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
  reply,
} from 'realtime-primitives/testing'
import { type DialOptions, serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { joined, silentSamples, vowel } from '../../support/speech.js'
import { startReceiver } from '../sip/receiver.js'
import { breaches } from './lawful.js'
import { likeness } from './web-rtc-client.js'

const apiKey = 'sk-standard'
const config = { type: 'realtime', model: 'gpt-realtime-2.1' }
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function platform(options: EmulatorOptions = {}, answers: number[] = []) {
  const clock = createManualClock()
  const emulator = createEmulator({ apiKey, clock, ...options })
  const server = await serve(emulator)
  const receiver = await startReceiver(() => answers.shift() ?? 200)
  closers.push(() => server.close(), receiver.close)

  async function post(id: string, action: string, body: unknown = {}, key: string | undefined = apiKey) {
    const response = await fetch(`${server.httpUrl}/realtime/calls/${id}/${action}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: key ? { authorization: `Bearer ${key}` } : {},
    })
    const text = await response.text()
    return { status: response.status, error: text ? JSON.parse(text).error : undefined }
  }

  /** Starts an incoming call, and waits until its webhook was delivered. */
  async function dial(dialing: Partial<DialOptions> = {}) {
    const phone = server.dial({ webhook: receiver.target, ...dialing })
    await vi.waitFor(() => expect(phone.deliveries).toHaveLength(1), { timeout: 20_000 })
    return phone
  }

  /** Starts an incoming call and accepts it. */
  async function call(session: object = {}) {
    const phone = await dial()
    expect(await post(phone.callId, 'accept', { ...config, ...session })).toEqual({ status: 200, error: undefined })
    await phone.waitFor(() => phone.state === 'active')
    return phone
  }

  /** Connects a second client that records its frames. */
  async function attach(request: ConnectRequest) {
    const transport = emulator.connect({ apiKey, ...request })
    const frames: Record<string, unknown>[] = []
    const closes: { code: number; wasClean: boolean }[] = []
    transport.on('message', (frame) => frames.push(JSON.parse(frame)))
    transport.on('close', ({ code, wasClean }) => closes.push({ code, wasClean }))
    await transport.open()
    await clock.advance(0)
    return {
      transport,
      frames,
      closes,
      types: () => frames.map(({ type }) => type),
      async send(event: object) {
        transport.send(JSON.stringify(event))
        await clock.advance(0)
      },
    }
  }

  return { clock, emulator, server, receiver, post, dial, call, attach }
}

describe('an incoming call', () => {
  it('is sent to a webhook that the openai client and verifyWebhook accept', async () => {
    const { receiver, dial } = await platform()
    const phone = await dial({ from: '"Ann" <sip:+14155550123@example.com>', headers: { 'X-Account': '42' } })
    const [{ body, headers } = expect.fail('nothing arrived')] = receiver.arrivals
    const secret = String(receiver.target.secrets)
    const theirs = await new OpenAI({ apiKey }).webhooks.unwrap(body, headers as Record<string, string>, secret)
    const { event } = await parseWebhook(body, headers, { secrets: secret })
    expect(theirs).toEqual(event)
    if (event.type !== 'realtime.call.incoming') expect.fail(event.type)
    const { callId, caller, callee, customHeaders, header } = readIncomingCall(event)
    expect(callId).toBe(phone.callId)
    expect(caller).toMatchObject({ displayName: 'Ann', phoneNumber: '+14155550123' })
    expect(callee?.phoneNumber).toBe('+18005550199')
    expect(customHeaders).toEqual({ 'x-account': '42' })
    expect(header('Call-ID')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('is sent again with the same id until the webhook responds with 2xx', async () => {
    const { clock, receiver, dial } = await platform({}, [500, 503])
    const phone = await dial()
    await clock.advance(1_000)
    await vi.waitFor(() => expect(phone.deliveries).toHaveLength(2), { timeout: 20_000 })
    await clock.advance(2_000)
    await vi.waitFor(() => expect(phone.deliveries).toEqual([500, 503, 200]), { timeout: 20_000 })
    expect(new Set(receiver.arrivals.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('is not sent again after it has ended', async () => {
    const { clock, receiver, dial } = await platform({}, [500, 500])
    const phone = await dial()
    phone.hangUp()
    await clock.advance(60_000)
    expect(receiver.arrivals).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('records a webhook that cannot be reached', async () => {
    const { dial } = await platform()
    const phone = await dial({ webhook: { url: 'http://127.0.0.1:9/', secrets: 'x' } })
    expect(phone.deliveries).toEqual([0])
  })

  it('is not sent again after the server has closed, and leaves no timer', async () => {
    const { clock, server } = await platform()
    const receiver = await startReceiver(() => new Promise(() => {}))
    closers.push(receiver.close)
    const phone = server.dial({ webhook: receiver.target })
    await vi.waitFor(() => expect(receiver.arrivals).toHaveLength(1), { timeout: 20_000 })
    await server.close()
    expect(await phone.ended).toEqual({ state: 'ended', by: 'service' })
    await vi.waitFor(() => expect(phone.deliveries).toEqual([0]), { timeout: 20_000 })
    expect(clock.pending).toBe(0)
  })

  it('is rejected for a webhook on another machine', async () => {
    const { server } = await platform()
    for (const url of ['https://example.com/hook', 'nonsense'])
      expect(() => server.dial({ webhook: { url, secrets: 'x' } })).toThrow('webhook.url')
  })

  it('is rejected with a secret that cannot sign', async () => {
    const { server } = await platform()
    for (const secrets of ['', 'whsec_not base64!', []])
      expect(() => server.dial({ webhook: { url: 'http://127.0.0.1:9/', secrets } })).toThrow(
        expect.objectContaining({ name: 'WebhookError', code: 'INVALID_OPTION' }),
      )
  })

  it('times out after one minute on the clock of the emulator', async () => {
    const { clock, post, dial } = await platform()
    const phone = await dial()
    await clock.advance(59_999)
    expect(phone.state).toBe('ringing')
    await clock.advance(1)
    expect(await phone.ended).toEqual({ state: 'timed-out' })
    expect(await post(phone.callId, 'accept', config)).toMatchObject({
      status: 404,
      error: { type: 'invalid_request_error', code: 'call_id_not_found', param: 'call_id' },
    })
    expect(clock.pending).toBe(0)
  })

  it.each([
    [undefined, 603],
    [{ status_code: 486 }, 486],
  ])('is rejected by %j', async (body, statusCode) => {
    const { post, dial } = await platform()
    const phone = await dial()
    expect((await post(phone.callId, 'reject', body ?? '')).status).toBe(200)
    expect(await phone.ended).toEqual({ state: 'rejected', statusCode })
    expect((await post(phone.callId, 'reject')).status).toBe(404)
  })

  it('ends when the caller hangs up before it is accepted', async () => {
    const { post, dial } = await platform()
    const phone = await dial()
    phone.hangUp()
    expect(await phone.ended).toEqual({ state: 'ended', by: 'caller' })
    expect((await post(phone.callId, 'accept', config)).status).toBe(404)
    await expect(phone.waitFor(() => false)).rejects.toThrow('The call is over.')
  })

  it.each(['accept', 'reject', 'refer', 'hangup'])('%s: requires the key and a known call', async (action) => {
    const { post, dial } = await platform()
    const phone = await dial()
    expect(await post(phone.callId, action, config, '')).toMatchObject({
      status: 401,
      error: { code: 'invalid_api_key' },
    })
    expect((await post(phone.callId, action, config, 'sk-other')).status).toBe(401)
    expect(await post('rtc_none', action, config)).toMatchObject({
      status: 404,
      error: { code: 'call_id_not_found', message: "No session found for call_id 'rtc_none'." },
    })
    expect(phone.state).toBe('ringing')
  })

  it.each([
    ['accept', '{', null, null],
    ['accept', '[]', 'invalid_type', ''],
    ['accept', { model: 'gpt-realtime-2.1' }, 'missing_required_parameter', 'type'],
    ['accept', { ...config, voice: 'marin' }, 'unknown_parameter', 'voice'],
    ['accept', { type: 'realtime' }, 'missing_model', null],
    ['accept', { ...config, model: 'whisper-1' }, 'invalid_model', null],
    ['reject', { status_code: 180 }, 'invalid_value', 'status_code'],
    ['reject', { status_code: 'busy' }, 'invalid_type', 'status_code'],
  ])('%s: rejects %j, and the call keeps ringing', async (action, body, code, param) => {
    const { post, dial } = await platform()
    const phone = await dial()
    expect(await post(phone.callId, action, body)).toMatchObject({ status: 400, error: { code, param } })
    expect(phone.state).toBe('ringing')
    expect((await post(phone.callId, 'accept', config)).status).toBe(200)
  })

  it.each(['refer', 'hangup'])('%s: is rejected before the call is accepted', async (action) => {
    const { post, dial } = await platform()
    const phone = await dial()
    expect(await post(phone.callId, action, { target_uri: 'tel:+1' })).toMatchObject({
      status: 409,
      error: { code: 'call_not_active' },
    })
  })
})

describe('an accepted call', () => {
  it('cannot be accepted again or rejected', async () => {
    const { post, call, emulator } = await platform()
    const phone = await call()
    for (const action of ['accept', 'reject'])
      expect(await post(phone.callId, action, config)).toMatchObject({
        status: 409,
        error: { code: 'call_already_accepted' },
      })
    expect(phone.state).toBe('active')
    expect(emulator.sessionCount).toBe(1)
  })

  it('stays ended when the caller hangs up while it is accepted', async () => {
    const { dial, post, emulator, clock } = await platform()
    const phone = await dial()
    phone
      .waitFor(() => {
        if (phone.state === 'accepted') phone.hangUp()
        return false
      })
      .catch(() => {})
    await post(phone.callId, 'accept', config)
    expect(await phone.ended).toEqual({ state: 'ended', by: 'caller' })
    expect(phone.state).toBe('ended')
    expect([emulator.sessionCount, clock.pending]).toEqual([0, 0])
  })

  it('does not time out', async () => {
    const { clock, call } = await platform()
    const phone = await call()
    await clock.advance(120_000)
    expect(phone.state).toBe('active')
  })

  it.each([
    ['hangup', {}, { state: 'ended', by: 'api' }],
    ['refer', { target_uri: 'tel:+14155550123' }, { state: 'referred', targetUri: 'tel:+14155550123' }],
  ])('ends by %s, and closes the connections of joined clients cleanly', async (action, body, end) => {
    const { clock, emulator, post, call, attach } = await platform()
    const phone = await call()
    const { closes } = await attach({ callId: phone.callId })
    expect((await post(phone.callId, action, body)).status).toBe(200)
    expect(await phone.ended).toEqual(end)
    await clock.advance(0)
    expect(closes).toEqual([{ code: 1000, wasClean: true }])
    expect(emulator.sessionCount).toBe(0)
    expect((await post(phone.callId, action, body)).status).toBe(404)
    expect(clock.pending).toBe(0)
  })

  it.each([{}, { target_uri: 7 }, { target_uri: 'nobody' }, { target_uri: '' }])(
    'is not referred by %j',
    async (body) => {
      const { post, call } = await platform()
      const phone = await call()
      expect(await post(phone.callId, 'refer', body)).toMatchObject({ status: 400, error: { param: 'target_uri' } })
      expect(phone.state).toBe('active')
    },
  )

  it('ends when its session expires, and joined clients receive the error', async () => {
    const { clock, call, attach } = await platform({ sessionMinutes: 1 })
    const phone = await call()
    const { frames, closes } = await attach({ callId: phone.callId })
    await clock.advance(60_000)
    expect(await phone.ended).toEqual({ state: 'ended', by: 'service' })
    expect(frames.at(-1)).toMatchObject({ type: 'error', error: { code: 'session_expired' } })
    expect(closes).toMatchObject([{ code: 1001 }])
  })

  it('ends when the emulator closes, and leaves nothing open', async () => {
    const { clock, emulator, call, attach } = await platform()
    const phone = await call()
    const { closes } = await attach({ callId: phone.callId })
    await emulator.close()
    expect(await phone.ended).toEqual({ state: 'ended', by: 'service' })
    await clock.advance(0)
    expect(closes).toMatchObject([{ code: 1001 }])
    expect(clock.pending).toBe(0)
  })

  it('transfers audio in both directions, encoded once each way', async () => {
    const { clock, call } = await platform()
    const turn = { turn_detection: { type: 'server_vad', silence_duration_ms: 300 } }
    const phone = await call({ audio: { input: turn } })
    const speech = encodeMuLaw(joined(vowel(700, 8_000), silentSamples(100, 8_000), vowel(500, 8_000)))
    void phone.say(speech)
    await clock.advance(5_000)
    const { correlation } = likeness(decodeMuLaw(phone.played()), decodeMuLaw(speech).subarray(0, 8_000))
    expect(correlation).toBeGreaterThan(0.98)
    expect(phone.sent().subarray(0, speech.length)).toEqual(speech)
    expect(phone.sent()).toHaveLength(5_000 * 8)
    expect(phone.playedMs).toBeGreaterThan(1_000)
  })

  it('sends DTMF keys in order and without event_id, and rejects other keys', async () => {
    const { clock, call, attach, dial } = await platform()
    const phone = await call()
    const { frames } = await attach({ callId: phone.callId })
    for (const key of ['5', '#', 'D']) phone.press(key)
    await clock.advance(0)
    const received_at = expect.any(Number)
    expect(frames).toEqual(
      ['5', '#', 'D'].map((event) => ({ type: 'input_audio_buffer.dtmf_event_received', event, received_at })),
    )
    expect(() => phone.press('55')).toThrow('key')
    const ringing = await dial()
    expect(() => ringing.press('5')).toThrow('opening')
    phone.hangUp()
    expect(() => phone.press('5')).toThrow('closed')
  })
})

describe('a connection that joins a call', () => {
  it.each(['rtc_none', 'ringing'])('receives an error and is closed with 4000 without a session: %s', async (which) => {
    const { clock, dial, attach } = await platform()
    const phone = await dial()
    const { frames, closes } = await attach({ callId: which === 'ringing' ? phone.callId : which })
    await clock.advance(0)
    expect(frames).toMatchObject([{ type: 'error', error: { code: 'call_id_not_found' } }])
    expect(closes).toMatchObject([{ code: 4000 }])
  })

  it('requires the key, and no model or intent', async () => {
    const { clock, call, attach } = await platform()
    const { callId } = await call()
    const refusals = [await attach({ callId, apiKey: 'sk-other' }), await attach({ callId, model: 'gpt-realtime-2.1' })]
    await clock.advance(0)
    expect(refusals.map(({ closes }) => closes[0]?.code)).toEqual([3000, 4000])
  })

  it('receives further events in lawful order, without session.created and audio', async () => {
    const { clock, call, attach } = await platform({ script: [reply('Hello.')] })
    const { callId } = await call()
    const first = await attach({ callId })
    expect(first.frames).toEqual([])
    await first.send({ type: 'response.create' })
    await clock.advance(5_000)
    expect(first.types()).toContain('output_audio_buffer.stopped')
    expect(first.types()).toContain('response.output_audio.done')
    expect(first.types()).not.toContain('response.output_audio.delta')
    expect(first.types()).not.toContain('session.created')
    expect(breaches(first.frames as never)).toEqual([])
  })

  it('shares acknowledgements with all clients, and errors with none', async () => {
    const { call, attach } = await platform()
    const { callId } = await call()
    const [one, other] = [await attach({ callId }), await attach({ callId })]
    await one.send({ type: 'session.update', event_id: 'a', session: { type: 'realtime', instructions: 'Be brief.' } })
    await one.send({ type: 'conversation.item.delete', event_id: 'b', item_id: 'none' })
    expect(one.types()).toEqual(['session.updated', 'error'])
    expect(one.frames[1]).toMatchObject({ error: { event_id: 'b' } })
    expect(other.frames).toEqual(one.frames.slice(0, 1))
  })

  it('can disconnect and join again without ending the call', async () => {
    const { clock, call, attach } = await platform()
    const phone = await call()
    const one = await attach({ callId: phone.callId })
    await one.transport.close()
    await clock.advance(0)
    const two = await attach({ callId: phone.callId })
    phone.press('1')
    await clock.advance(0)
    expect(one.frames).toEqual([])
    expect(two.types()).toEqual(['input_audio_buffer.dtmf_event_received'])
  })

  it('clears the audio that the caller receives', async () => {
    const { clock, call, attach } = await platform({ voice: () => vowel(6_000) })
    const phone = await call()
    const { send, types, frames } = await attach({ callId: phone.callId })
    await send({ type: 'response.create' })
    await clock.advance(3_000)
    await send({ type: 'response.cancel' })
    await send({ type: 'output_audio_buffer.clear' })
    expect(types()).toContain('output_audio_buffer.cleared')
    const kept = frames.find(({ type }) => type === 'conversation.item.truncated')?.audio_end_ms
    const { playedMs } = phone
    expect(Math.abs(Number(kept) - playedMs)).toBeLessThan(100)
    await clock.advance(1_000)
    expect(phone.playedMs - playedMs).toBeLessThan(60)
  })
})
