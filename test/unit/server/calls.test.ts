import { acceptCall, createCall, hangupCall, referCall, rejectCall } from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'
import { rejection, startApi } from './support/api.js'

const apiKey = 'sk-standard'
const offer = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n'
const answer = 'v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\n'

function answering(location: string | undefined = '/v1/realtime/calls/rtc_abc', body = answer) {
  const headers = { 'content-type': 'application/sdp', ...(location === undefined ? {} : { location }) }
  return startApi(() => ({ status: 201, headers, body }))
}

describe('createCall', () => {
  it('sends only the SDP offer when no session is passed', async () => {
    const api = await answering()
    expect(await createCall({ sdp: offer }, { apiKey: 'ek_1', baseUrl: api.url })).toEqual({
      sdp: answer,
      callId: 'rtc_abc',
    })
    expect(api.seen).toMatchObject([
      {
        method: 'POST',
        url: '/v1/realtime/calls',
        headers: { authorization: 'Bearer ek_1', 'content-type': 'application/sdp', accept: 'application/sdp' },
        body: offer,
      },
    ])
  })

  it('sends offer and session as a multipart body with two typed parts', async () => {
    const api = await answering()
    await createCall(
      { sdp: offer, session: { model: 'gpt-realtime-2.1', instructions: 'Sag „Grüß Gott“.' } },
      { apiKey, baseUrl: api.url },
    )
    const [{ body, headers } = { body: '', headers: {} }] = api.seen
    const contentType = String(headers['content-type'])
    expect(contentType).toMatch(/^multipart\/form-data; boundary=part_\w{21}$/)
    expect(body).toContain('Content-Disposition: form-data; name="sdp"\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n')
    expect(body).toContain('name="session"\r\nContent-Type: application/json\r\n\r\n{')
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
    expect([...form.keys()]).toEqual(['sdp', 'session'])
    expect(form.get('sdp')).toBe(offer)
    expect(JSON.parse(String(form.get('session')))).toEqual({
      type: 'realtime',
      model: 'gpt-realtime-2.1',
      instructions: 'Sag „Grüß Gott“.',
    })
  })

  it.each([
    ['https://api.example.com/v1/realtime/calls/rtc_9?x=1', 'rtc_9'],
    ['/openai/v1/realtime/calls/rtc_9/', 'rtc_9'],
    ['/v1/realtime/calls/a%2Fb', 'a/b'],
    ['/v1/realtime/calls/%E0%A4%A', undefined],
    ['/elsewhere', undefined],
    ['', undefined],
  ])('finds the call in the location %j', async (location, callId) => {
    const api = await answering(location)
    expect(await createCall({ sdp: offer }, { apiKey, baseUrl: api.url })).toEqual({ sdp: answer, callId })
  })

  it.each(['', 'no SDP', '{"sdp":"v=0"}'])('rejects with INVALID_ANSWER for the body %j', async (body) => {
    const api = await answering('/v1/realtime/calls/rtc_1', body)
    const error = await rejection(createCall({ sdp: offer }, { apiKey, baseUrl: api.url }))
    expect(error).toMatchObject({
      code: 'INVALID_ANSWER',
      data: { status: 201, expected: 'SDP that starts with "v=0"' },
    })
  })

  it.each([
    [{ sdp: '' }, 'sdp'],
    [{ sdp: undefined }, 'sdp'],
    [{ sdp: { type: 'offer', sdp: offer } }, 'sdp'],
    [{ sdp: offer, session: { voice: 'x' } }, 'session.voice'],
    [{ sdp: offer, session: null }, 'session'],
  ])('rejects %j before it sends a request', async (params, option) => {
    const api = await answering()
    const error = await rejection(createCall(params as never, { apiKey, baseUrl: api.url }))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', data: { option } })
    expect(api.seen).toEqual([])
  })
})

describe('call control', () => {
  it('acceptCall: sends the session configuration', async () => {
    const api = await startApi()
    await acceptCall('rtc_1', { model: 'gpt-realtime-2.1', instructions: 'Be brief.' }, { apiKey, baseUrl: api.url })
    expect(api.seen).toMatchObject([
      { method: 'POST', url: '/v1/realtime/calls/rtc_1/accept', headers: { 'content-type': 'application/json' } },
    ])
    expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({
      type: 'realtime',
      model: 'gpt-realtime-2.1',
      instructions: 'Be brief.',
    })
  })

  it('rejectCall: sends the status code, or leaves the default to the service', async () => {
    const api = await startApi()
    await rejectCall('rtc_1', { status_code: 486 }, { apiKey, baseUrl: api.url })
    await rejectCall('rtc_1', {}, { apiKey, baseUrl: api.url })
    expect(api.seen.map(({ url, body }) => [url, body])).toEqual([
      ['/v1/realtime/calls/rtc_1/reject', '{"status_code":486}'],
      ['/v1/realtime/calls/rtc_1/reject', '{}'],
    ])
  })

  it('referCall: sends the target URI', async () => {
    const api = await startApi()
    await referCall('rtc_1', { target_uri: 'tel:+14155550123' }, { apiKey, baseUrl: api.url })
    expect(api.seen).toMatchObject([
      { url: '/v1/realtime/calls/rtc_1/refer', body: '{"target_uri":"tel:+14155550123"}' },
    ])
  })

  it('hangupCall: sends an empty body', async () => {
    const api = await startApi(() => ({ body: '' }))
    await hangupCall('rtc_1', { apiKey, baseUrl: api.url })
    expect(api.seen).toMatchObject([{ method: 'POST', url: '/v1/realtime/calls/rtc_1/hangup', body: '' }])
    expect(api.seen[0]?.headers['content-type']).toBeUndefined()
  })

  it.each([
    ['a/../../admin?x=1#y', '/v1/realtime/calls/a%2F..%2F..%2Fadmin%3Fx%3D1%23y/hangup'],
    ['%2e%2e', '/v1/realtime/calls/%252e%252e/hangup'],
    ['...', '/v1/realtime/calls/.../hangup'],
  ])('encodes the call id in the URL: %s', async (callId, url) => {
    const api = await startApi()
    await hangupCall(callId, { apiKey, baseUrl: api.url })
    expect(api.seen).toMatchObject([{ url }])
  })

  it.each(['', '.', '..', 'rtc 1', 'rtc_1\r\n', 'rtc_\ud800', 'x'.repeat(257), 'sk-proj-1', 'ek_1', undefined, 7])(
    'rejects the call id %j',
    async (callId) => {
      const api = await startApi()
      const error = await rejection(hangupCall(callId as string, { apiKey, baseUrl: api.url }))
      expect(error).toMatchObject({ code: 'INVALID_OPTION', data: { option: 'callId' } })
      expect(api.seen).toEqual([])
    },
  )

  it.each([
    () => acceptCall('rtc_1', { voice: 'x' } as never, { apiKey }),
    () => rejectCall('rtc_1', { status_code: 48.6 }, { apiKey }),
    () => referCall('rtc_1', {} as never, { apiKey }),
  ])('sends no request for invalid parameters (%#)', async (act) => {
    expect((await rejection(act())).message).toMatch(/^The option "(config\.voice|status_code|target_uri)" must be/)
  })
})
