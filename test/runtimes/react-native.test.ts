import { createEmulator, reply } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { peerClass } from '../unit/transports/web-rtc-peer.js'
import { bundleForReactNative } from './support/metro.js'
import { runInReactNative } from './support/react-native.js'

const packed = inject('packed')
const model = 'gpt-realtime-2.1'
const apiKey = 'sk-standard'

let code: string
const servers: EmulatorServer[] = []

beforeAll(async () => {
  code = await bundleForReactNative(packed)
}, 720_000)

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

async function start(options: Parameters<typeof serve>[1] = {}): Promise<EmulatorServer> {
  const emulator = createEmulator({ apiKey, script: [reply('Good day to you.')], pace: Number.POSITIVE_INFINITY })
  const server = await serve(emulator, options)
  servers.push(server)
  return server
}

const outcome = (action: Promise<unknown>) =>
  action.then(
    () => undefined,
    (error: { name: string; code?: string; message: string; data?: object }) => error,
  )

describe('React Native, bundled by Metro', { timeout: 180_000 }, () => {
  it('webSocket: streams a text response', async () => {
    const { url } = await start()
    const { app, openedUrls } = runInReactNative(code)
    const transport = app.main.webSocket({ baseUrl: url, apiKey, model })
    const session = app.main.createSession({ transport, config: { output_modalities: ['text'] } })
    await session.connect()
    await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello!' }] })
    const response = session.respond()
    const words: string[] = []
    for await (const word of response.text()) words.push(word)
    const { status } = await response.done
    await session.close()
    expect([words.join(''), status, transport.state, transport.bufferedAmount]).toEqual([
      'Good day to you.',
      'completed',
      'closed',
      0,
    ])
    expect(openedUrls).toEqual([`${url}/realtime?model=${model}`])
  })

  it('createEmulator: streams a response in the same process', async () => {
    const { app } = runInReactNative(code)
    const { createEmulator: create, reply: answer } = app.testing
    const emulator = create({ script: [answer('Good day to you.')], pace: Number.POSITIVE_INFINITY, latencyMs: 0 })
    const session = app.main.createSession({ transport: emulator.connect(), config: { output_modalities: ['text'] } })
    await session.connect()
    expect((await session.respond().done).status).toBe('completed')
    await session.close()
  })

  it('webSocket: sends headers in the handshake', async () => {
    const handshakes: unknown[] = []
    const { url } = await start({
      refuseUpgrade({ headers }) {
        handshakes.push([headers['x-trace'], headers['sec-websocket-protocol']])
        return undefined
      },
    })
    const { app } = runInReactNative(code)
    const transport = app.main.webSocket({ baseUrl: url, apiKey, model, headers: { 'x-trace': '1' } })
    await transport.open()
    await transport.close()
    expect(handshakes).toEqual([['1', `realtime,openai-insecure-api-key.${apiKey}`]])
  })

  it('reconnecting: reports the HTTP status of a rejected handshake, and does not retry 401', async () => {
    const { url } = await start({ refuseUpgrade: () => ({ status: 401 }) })
    const { app, openedUrls } = runInReactNative(code)
    const transport = app.main.reconnecting(app.main.webSocket({ baseUrl: url, apiKey, model }))
    expect(await outcome(transport.open())).toMatchObject({ code: 'CONNECT_FAILED', data: { status: 401 } })
    expect(openedUrls).toHaveLength(1)
  })

  it.each(['not an address', 'wss://', 'ftp://h/', 'wss://u:p@h/', 'wss://h:port/', 'localhost:8080'])(
    'opens no connection for the URL %j',
    (url) => {
      const { app, openedUrls } = runInReactNative(code)
      expect(() => app.main.webSocket({ url })).toThrow('INVALID_OPTION')
      expect(() => app.webrtc.webRTC({ apiKey: 'ek_1', baseUrl: url })).toThrow('INVALID_OPTION')
      expect(openedUrls).toEqual([])
    },
  )

  it('webSocket: sends no key over an unencrypted connection, and requires one for the official server', async () => {
    const { app, openedUrls } = runInReactNative(code)
    const { webSocket } = app.main
    const clear = await outcome(webSocket({ url: 'ws://example.com/v1/realtime?model=m', apiKey }).open())
    expect(clear?.message).toContain('would be sent over the network in clear text')
    expect((await outcome(webSocket({ model }).open()))?.message).toContain('is missing; pass a client secret')
    expect(openedUrls).toEqual([])
  })

  it('webSocket: open rejects with AbortError when aborted before or during the attempt', async () => {
    const { url } = await start()
    const { app, globals } = runInReactNative(code)
    for (const when of ['before', 'meanwhile']) {
      const controller = new globals.AbortController()
      if (when === 'before') controller.abort()
      const transport = app.main.webSocket({ baseUrl: url, apiKey: () => new Promise<string>(() => {}), model })
      const opening = outcome(transport.open(controller.signal))
      controller.abort()
      expect(await opening).toMatchObject({ name: 'AbortError' })
      expect(transport.state).not.toBe('opening')
    }
  })

  it('webRTC: opens with a client secret and with a standard key', async () => {
    const session = { type: 'realtime', model }
    for (const options of [{ apiKey: 'ek_1' }, { apiKey: 'sk-1', session }]) {
      const { app, requests } = runInReactNative(code)
      const { Peer, made } = peerClass()
      const transport = app.webrtc.webRTC({ ...options, RTCPeerConnection: Peer })
      const opening = transport.open()
      await vi.waitFor(() => expect(made[0]?.answer).toBeDefined(), { timeout: 20_000 })
      made[0]?.become('connected')
      made[0]?.channel.open()
      await opening
      expect(transport.callId).toBe('rtc_1')
      expect(requests).toMatchObject([
        {
          url: 'https://api.openai.com/v1/realtime/calls',
          headers: { authorization: `Bearer ${options.apiKey}` },
          body:
            'session' in options
              ? [
                  ['sdp', 'v=0 local'],
                  ['session', JSON.stringify(session)],
                ]
              : 'v=0 local',
        },
      ])
      await transport.close()
    }
  })
})

it('the bundle calls no function that React Native lacks, unless it checks for it first', () => {
  const lacking =
    /\bURL\.(canParse|parse)\b|\.throwIfAborted\(|\bAbortSignal\.(any|timeout|abort)\b|\.toSorted\(|\bPromise\.withResolvers\b|\bObject\.groupBy\b|\bArray\.fromAsync\b|\bcrypto\.(subtle|randomUUID)\b/g
  const unchecked = [...code.matchAll(lacking)]
    .map(([name]) => name)
    .filter((name) => !code.includes(`typeof ${name} ===`))
  expect(unchecked).toEqual([])
})
