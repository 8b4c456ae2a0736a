import OpenAI from 'openai'
import { createSession, webSocket } from 'realtime-primitives'
import {
  acceptCall,
  createCall,
  createClientSecret,
  hangupCall,
  referCall,
  rejectCall,
} from 'realtime-primitives/server'
import { createEmulator } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it } from 'vitest'
import { RTCPeerConnection } from 'werift'
import { rejection, startApi } from '../unit/server/support/api.js'

const open: EmulatorServer[] = []
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

async function start() {
  const server = await serve(createEmulator({ apiKey: 'sk-standard', pace: Number.POSITIVE_INFINITY, latencyMs: 0 }))
  open.push(server)
  return server
}

describe('emulator: a client secret', () => {
  it('starts its own session, and grants no server access', async () => {
    const server = await start()
    const { value, expires_at, session } = await createClientSecret(
      {
        expires_after: { anchor: 'created_at', seconds: 60 },
        session: { type: 'realtime', model: 'gpt-realtime-2.1', instructions: 'Whisper.' },
      },
      { apiKey: 'sk-standard', baseUrl: server.url },
    )
    expect(value).toMatch(/^ek_/)
    expect(Math.abs(expires_at - Date.now() / 1000 - 60)).toBeLessThan(10)
    expect(session).toMatchObject({ type: 'realtime', model: 'gpt-realtime-2.1', expires_at: 0 })

    const realtimeSession = createSession({
      transport: webSocket({ apiKey: value, baseUrl: server.url, model: 'gpt-realtime-2.1' }),
    })
    await realtimeSession.connect()
    expect(realtimeSession.getState().session).toMatchObject({ instructions: 'Whisper.' })
    await realtimeSession.close()
  })

  it('can start a transcription session', async () => {
    const server = await start()
    const { session } = await createClientSecret(
      { session: { type: 'transcription' } },
      { apiKey: 'sk-standard', baseUrl: server.httpUrl },
    )
    expect(session).toMatchObject({ type: 'transcription', object: 'realtime.transcription_session' })
  })

  it('is rejected for a wrong API key, with the error code and without the key', async () => {
    const server = await start()
    const error = await rejection(createClientSecret({}, { apiKey: 'sk-wrong-key', baseUrl: server.httpUrl }))
    expect(error.shortMessage).toBe(
      `POST ${server.httpUrl}/realtime/client_secrets failed with HTTP 401 invalid_api_key; check the API key.`,
    )
    expect(JSON.stringify(error)).not.toContain('sk-wrong-key')
  })

  it('is rejected for invalid parameters, with the field name', async () => {
    const server = await start()
    const turn_detection = { type: 'server_vad' } as const
    const audio = { input: { transcription: { model: 'gpt-realtime-whisper' }, turn_detection } }
    const rejected = createClientSecret(
      { session: { type: 'transcription', audio } },
      { apiKey: 'sk-standard', baseUrl: server.httpUrl },
    )
    expect(await rejection(rejected)).toMatchObject({
      code: 'STATUS',
      data: { status: 400, code: 'invalid_value', param: 'session.audio.input.turn_detection' },
    })
  })
})

describe('emulator: a call', () => {
  it.each(['a standard key', 'a client secret'])('is created with %s, and hung up once', async (kind) => {
    const server = await start()
    const peer = new RTCPeerConnection()
    try {
      peer.createDataChannel('oai-events')
      peer.addTransceiver('audio', { direction: 'sendrecv' })
      await peer.setLocalDescription(await peer.createOffer())
      const sdp = peer.localDescription?.sdp ?? ''
      const options = { apiKey: 'sk-standard', baseUrl: server.url }
      const session = { model: 'gpt-realtime-2.1' }
      const secret = await createClientSecret({ session: { type: 'realtime', ...session } }, options)
      const call =
        kind === 'a standard key'
          ? await createCall({ sdp, session }, options)
          : await createCall({ sdp }, { ...options, apiKey: secret.value })
      await peer.setRemoteDescription({ type: 'answer', sdp: call.sdp })
      expect(call.callId).toMatch(/^rtc_/)
      await hangupCall(call.callId ?? '', options)
      expect(await rejection(hangupCall(call.callId ?? '', options))).toMatchObject({ data: { status: 404 } })
    } finally {
      await peer.close()
    }
  })
})

describe('requests of this package and of the openai client', () => {
  it('are equal except for the headers', async () => {
    const ours = await startApi()
    const theirs = await startApi()
    const options = { apiKey: 'sk-standard', baseUrl: ours.url, organization: 'org-1', project: 'proj_1' }
    const client = new OpenAI({ apiKey: 'sk-standard', baseURL: theirs.url, organization: 'org-1', project: 'proj_1' })
    const { calls } = client.realtime

    await acceptCall('rtc_1', { model: 'gpt-realtime', instructions: 'Hi.' }, options)
    await calls.accept('rtc_1', { model: 'gpt-realtime', instructions: 'Hi.', type: 'realtime' })
    await rejectCall('rtc_1', { status_code: 486 }, options)
    await calls.reject('rtc_1', { status_code: 486 })
    await referCall('rtc_1', { target_uri: 'tel:+14155550123' }, options)
    await calls.refer('rtc_1', { target_uri: 'tel:+14155550123' })
    await hangupCall('a/b_c', options)
    await calls.hangup('a/b_c')

    const shapeOf = ({ seen }: typeof ours) =>
      seen.map(({ method, url, body, headers }) => ({
        method,
        url,
        body: body === '' ? '' : JSON.parse(body),
        authorization: headers.authorization,
        organization: headers['openai-organization'],
        project: headers['openai-project'],
      }))
    expect(shapeOf(ours)).toEqual(shapeOf(theirs))
    expect(ours.seen).toHaveLength(4)
  })

  it('for a client secret are equal', async () => {
    const secret = { value: 'ek_1', expires_at: 1, session: { type: 'realtime', id: 's', object: 'realtime.session' } }
    const [ours, theirs] = [
      await startApi(() => ({ body: secret })),
      await startApi(() => ({ body: secret, headers: { 'content-type': 'application/json' } })),
    ]
    const params = {
      expires_after: { anchor: 'created_at', seconds: 600 },
      session: { type: 'realtime', model: 'gpt-realtime' },
    } as const
    const answer = await createClientSecret(params, { apiKey: 'sk-1', baseUrl: ours.url })
    const client = new OpenAI({ apiKey: 'sk-1', baseURL: theirs.url })
    expect(answer).toEqual(await client.realtime.clientSecrets.create(params))
    expect(ours.seen.map(({ url, body }) => [url, JSON.parse(body)])).toEqual(
      theirs.seen.map(({ url, body }) => [url, JSON.parse(body)]),
    )
  })
})
