import type { SessionConfig } from 'realtime-primitives/protocol'
import { createEmulator, createManualClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { webRTC } from 'realtime-primitives/webrtc'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RTCPeerConnection } from 'werift'
import { joined, vowel } from '../../support/speech.js'
import { breaches } from './lawful.js'
import { apiKey, type Caller, type CallerCodec, createCaller, likeness, opus, peerOptions } from './web-rtc-client.js'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function call(...args: Parameters<typeof createCaller>): Promise<Caller> {
  const caller = await createCaller(...args)
  closers.push(() => caller.hangUp())
  await caller.session.connect()
  return caller
}

const quickTurns: SessionConfig = {
  type: 'realtime',
  audio: { input: { turn_detection: { type: 'server_vad', silence_duration_ms: 300 } } },
}

/** A vowel that changes continuously, so that no two positions in it are alike. */
const speech = joined(vowel(700, 8_000), new Int16Array(800), vowel(500, 8_000))

const typesOf = ({ events }: Caller): string[] => events.map(({ type }) => type)
const arrived = (caller: Caller, type: string, count = 1) =>
  vi.waitFor(() => expect(typesOf(caller).filter((other) => other === type)).toHaveLength(count), { timeout: 15_000 })

describe('a call over WebRTC, from Node.js', () => {
  it('echo: returns the audio of the caller, encoded once each way', async () => {
    const caller = await call(quickTurns)
    caller.speak(speech)
    await arrived(caller, 'output_audio_buffer.stopped')
    const { correlation, at } = likeness(caller.receivedAudio(), speech.subarray(0, 8_000))
    expect(correlation).toBeGreaterThan(0.98)
    expect(at).toBeGreaterThan(0)
    expect(typesOf(caller)).not.toContain('response.output_audio.delta')
    expect(breaches(caller.events)).toEqual([])
    const types = typesOf(caller)
    const order = [
      'response.content_part.added',
      'output_audio_buffer.started',
      'response.done',
      'output_audio_buffer.stopped',
    ]
    expect(order.map((type) => types.indexOf(type))).toEqual(
      order.map((type) => types.indexOf(type)).toSorted((a, b) => a - b),
    )
  })

  it('a caller with Opus only: turns are detected and audio passes both ways', async () => {
    const caller = await call(quickTurns, {}, undefined, {}, await opus(96))
    // On a busy machine, silence replaces late packets, so the test waits for a turn that has a piece without a gap.
    for (let turn = 0; turn < 8; turn++) caller.speak(joined(speech, new Int16Array(8_000 * 3)))
    await vi.waitFor(() => expect(typesOf(caller)).toContain('input_audio_buffer.speech_started'), { timeout: 15_000 })
    const pieces = [1_600, 3_200, 7_200].map((at) => speech.subarray(at, at + 1_600))
    await vi.waitFor(
      () => {
        const received = caller.receivedAudio().subarray(-40_000)
        expect(Math.max(...pieces.map((piece) => likeness(received, piece).correlation))).toBeGreaterThan(0.95)
      },
      { timeout: 40_000, interval: 1_000 },
    )
    await vi.waitFor(() => expect(typesOf(caller)).toContain('response.done'), { timeout: 15_000 })
  })

  it('an interruption: clears the output and truncates the item to the played duration', async () => {
    const answer = vowel(6_000, 24_000)
    const caller = await call(quickTurns, { voice: () => answer })
    const interrupted = new Promise<number>((resolve) => {
      caller.session.on('interrupted', ({ by, played }) => {
        if (by === 'caller') resolve(played?.playedMs ?? -1)
      })
    })
    caller.speak(speech)
    await arrived(caller, 'output_audio_buffer.started')
    // The emulator generates the audio much faster than real time.
    await arrived(caller, 'response.done')
    caller.speak(speech)
    const playedMs = await interrupted
    await arrived(caller, 'conversation.item.truncated')
    const truncated = caller.events.find((event) => event.type === 'conversation.item.truncated')
    const keptMs = truncated?.type === 'conversation.item.truncated' ? truncated.audio_end_ms : -1
    expect(keptMs).toBeGreaterThan(500)
    expect(keptMs).toBeLessThan(5_000)
    expect(Math.abs(playedMs - keptMs)).toBeLessThan(100)
    const types = typesOf(caller)
    expect(types).toContain('output_audio_buffer.cleared')
    expect(types.slice(0, types.indexOf('output_audio_buffer.cleared'))).not.toContain('output_audio_buffer.stopped')
    expect(breaches(caller.events)).toEqual([])
  })

  it('interrupt(): clears the output and truncates the item', async () => {
    const caller = await call(undefined, { voice: () => vowel(6_000, 24_000) })
    caller.session.respond()
    await arrived(caller, 'output_audio_buffer.started')
    caller.session.interrupt()
    await arrived(caller, 'output_audio_buffer.cleared')
    await arrived(caller, 'conversation.item.truncated')
    expect(breaches(caller.events)).toEqual([])
  })

  it('a muted caller: the turn ends although no packets arrive', async () => {
    const caller = await call(quickTurns)
    caller.speak(joined(vowel(700, 8_000), vowel(60_000, 8_000)))
    await arrived(caller, 'input_audio_buffer.speech_started')
    caller.transport.mute()
    await arrived(caller, 'input_audio_buffer.speech_stopped')
  })

  it('a hang-up by the API: closes both ends', async () => {
    const caller = await call(undefined)
    const closed = new Promise((resolve) => caller.transport.on('close', resolve))
    const hangUp = (id: string | undefined, key = apiKey) =>
      fetch(`${caller.server.httpUrl}/realtime/calls/${id}/hangup`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
      })
    expect((await hangUp(caller.transport.callId, 'sk-other')).status).toBe(401)
    expect((await hangUp('rtc_unknown')).status).toBe(404)
    expect((await hangUp(caller.transport.callId)).status).toBe(200)
    expect(await closed).toEqual({ code: 1000, reason: '', wasClean: true })
    expect(caller.emulator.sessionCount).toBe(0)
    expect((await hangUp(caller.transport.callId)).status).toBe(404)
  })

  it('serve: hangs up by closing the peer connection, and the client closes with 1000', async () => {
    const caller = await call(undefined, {}, undefined, { hangUpBy: 'peer-connection' })
    const closed = new Promise((resolve) => caller.transport.on('close', resolve))
    const { status } = await fetch(`${caller.server.httpUrl}/realtime/calls/${caller.transport.callId}/hangup`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}` },
    })
    expect(status).toBe(200)
    expect(await closed).toEqual({ code: 1000, reason: '', wasClean: true })
    expect(caller.emulator.sessionCount).toBe(0)
  })

  it('a peer that disappears: the session ends', async () => {
    const caller = await call(undefined)
    expect(caller.emulator.sessionCount).toBe(1)
    const peer = caller.transport.peerConnection
    await peer?.close()
    await vi.waitFor(() => expect(caller.emulator.sessionCount).toBe(0), { timeout: 10_000 })
  })

  it('close(): ends the calls of the server', async () => {
    const caller = await call(undefined)
    const closed = new Promise((resolve) => caller.transport.on('close', resolve))
    await caller.server.close()
    await closed
    expect(caller.emulator.sessionCount).toBe(0)
  })
})

describe('POST /v1/realtime/calls', () => {
  async function start() {
    const clock = createManualClock()
    const emulator = createEmulator({ apiKey, clock })
    const server = await serve(emulator)
    closers.push(() => server.close())
    const post = (body: RequestInit['body'], headers: Record<string, string> = {}, query = '') =>
      fetch(`${server.httpUrl}/realtime/calls${query}`, { method: 'POST', body: body ?? null, headers })
    return { clock, emulator, server, post }
  }

  async function offerOf(codec?: CallerCodec): Promise<string> {
    const peer = new RTCPeerConnection(peerOptions(codec))
    closers.push(() => peer.close())
    peer.createDataChannel('oai-events')
    peer.addTransceiver('audio')
    await peer.setLocalDescription(await peer.createOffer())
    return peer.localDescription?.sdp ?? ''
  }

  const form = (parts: Record<string, string>) => {
    const data = new FormData()
    for (const [name, value] of Object.entries(parts)) data.set(name, value)
    return data
  }
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  const sdp = { 'content-type': 'application/sdp' }
  const session = JSON.stringify({ type: 'realtime', model: 'gpt-realtime-2.1' })

  it('a form: returns 201 with SDP and the location of the call', async () => {
    const { post } = await start()
    const response = await post(form({ sdp: await offerOf(), session }), {
      ...bearer(apiKey),
      origin: 'http://localhost:3000',
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('location')).toMatch(/^\/v1\/realtime\/calls\/rtc_\w+$/)
    expect(response.headers.get('access-control-expose-headers')).toBe('Location, X-Request-Id')
    expect(response.headers.get('x-request-id')).toMatch(/^req_\w{21}$/)
    expect(await response.text()).toMatch(/^v=0\r\n[\s\S]*m=audio [\s\S]*PCMU\/8000/)
  })

  it('plain SDP: requires a client secret that has not expired, without a model or session', async () => {
    const { post, emulator, clock } = await start()
    const secret = emulator.mintClientSecret({ expires_after: { anchor: 'created_at', seconds: 60 } })
    const key = 'value' in secret ? secret.value : expect.fail('no secret')
    const offer = await offerOf()
    const statusOf = async (...args: Parameters<typeof post>) => (await post(...args)).status
    expect(await statusOf(offer, { ...bearer(key), ...sdp })).toBe(201)
    expect(await statusOf(offer, { ...bearer(key), ...sdp }, '?model=gpt-realtime-2.1')).toBe(400)
    expect(await statusOf(form({ sdp: offer, session }), bearer(key))).toBe(400)
    await clock.advance(61_000)
    expect(await statusOf(offer, { ...bearer(key), ...sdp })).toBe(401)
  })

  it.each([
    ['no key', {}, 'offer', 401, 'invalid_api_key'],
    ['a wrong key', bearer('sk-wrong'), 'offer', 401, 'invalid_api_key'],
    ['no model', bearer(apiKey), 'offer', 400, 'missing_model'],
    ['no SDP', bearer(apiKey), 'hello', 400, 'invalid_offer'],
    ['invalid SDP', bearer(apiKey), 'v=0\r\nm=application nonsense\r\n', 400, 'missing_model'],
  ])('returns the error for %s', async (_what, headers, body, status, code) => {
    const { post } = await start()
    const response = await post(body === 'offer' ? await offerOf() : body, { ...sdp, ...headers })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code, message: expect.any(String) } })
  })

  it.each([
    [{ sdp: 'v=0' }, 'invalid_offer', null],
    [{ session: '{}' }, 'missing_required_parameter', 'sdp'],
    [{ sdp: 'v=0', session: '{' }, 'invalid_request_error', null],
    [{ sdp: 'v=0', session: '{"type":"realtime","voice":"marin"}' }, 'unknown_parameter', 'session.voice'],
    [{ sdp: 'v=0\r\nm=application 9 x', session }, 'invalid_offer', null],
  ])('a form with %j: returns 400 and the field', async (parts, code, param) => {
    const { post } = await start()
    const response = await post(form(parts as Record<string, string>), bearer(apiKey))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code, param } })
  })

  it('an offer with Opus only: returns 201, and the answer has Opus with the payload type of the offer', async () => {
    const { post } = await start()
    const response = await post(form({ sdp: await offerOf(await opus(109)), session }), bearer(apiKey))
    expect(response.status).toBe(201)
    expect(await response.text()).toMatch(/m=audio \d+ \S+ 109\r\n[\s\S]*a=rtpmap:109 opus\/48000\/2/)
  })

  it('an offer with other codecs only: returns 400 and the supported codecs', async () => {
    const { post } = await start()
    const g722 = (await offerOf())
      .replace(/^(m=audio \S+ \S+) .*$/m, '$1 9')
      .replace(/^a=rtpmap:\d+ PCM[UA]\/8000.*\r\n/gm, '')
    const response = await post(form({ sdp: g722, session }), bearer(apiKey))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported_codec', message: expect.stringContaining('Opus, PCMU, or PCMA'), param: 'sdp' },
    })
  })

  it('another content type: returns 400', async () => {
    const { post } = await start()
    expect((await post('{}', { ...bearer(apiKey), 'content-type': 'application/json' })).status).toBe(400)
  })

  it('a preflight of a page on this machine: allows all headers that it asks for', async () => {
    const { server } = await start()
    const preflight = await fetch(`${server.httpUrl}/realtime/calls`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-headers': 'authorization,x-openai-agents-sdk',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,x-openai-agents-sdk')
  })

  it('an Azure path: accepts the name of any deployment, and the location has the prefix', async () => {
    const { server } = await start()
    const deployment = JSON.stringify({ type: 'realtime', model: 'my-deployment' })
    const response = await fetch(`${server.httpUrl.replace('/v1', '/openai/v1')}/realtime/calls`, {
      method: 'POST',
      headers: { 'api-key': apiKey },
      body: form({ sdp: await offerOf(), session: deployment }),
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('location')).toMatch(/^\/openai\/v1\/realtime\/calls\/rtc_\w+$/)
  })

  it('an invalid key: webRTC reports that it was rejected', async () => {
    const { server } = await start()
    const transport = webRTC({
      apiKey: 'sk-wrong',
      session: { type: 'realtime' },
      baseUrl: server.httpUrl,
      RTCPeerConnection,
      configuration: peerOptions(),
    })
    await expect(transport.open()).rejects.toThrow('(HTTP 401): the API key was rejected')
  })
})
