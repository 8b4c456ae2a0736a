import { afterEach, describe, expect, test } from 'vitest'
import WebSocket, { type ClientOptions } from 'ws'
import { createEmulator, type EmulatorOptions, reply } from '../../../src/testing/index.js'
import { type EmulatorServer, type ServeOptions, serve } from '../../../src/testing/node/index.js'

const open: EmulatorServer[] = []
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

async function start(serving: ServeOptions = {}, options: EmulatorOptions = {}): Promise<EmulatorServer> {
  const server = await serve(createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, ...options }), serving)
  open.push(server)
  return server
}

interface Received {
  readonly type: string
  readonly [field: string]: unknown
}

/** Opens a socket, sends events after the first one was received, and returns everything until `last`, or the status of a rejection. */
function converse(url: string, options: ClientOptions, sent: object[], last: string): Promise<Received[] | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['realtime'], options)
    const received: Received[] = []
    socket.on('unexpected-response', (_, { statusCode = 0 }) => {
      resolve(statusCode)
      socket.terminate()
    })
    socket.on('error', reject)
    socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as Received
      if (received.push(event) === 1) for (const next of sent) socket.send(JSON.stringify(next))
      if (event.type !== last && event.type !== 'error') return
      resolve([...received])
      socket.close()
    })
  })
}

const firstType = async (url: string, options: ClientOptions = {}) => {
  const received = await converse(url, options, [], 'session.created')
  return typeof received === 'number' ? received : received[0]?.type
}

describe('cross-origin requests', () => {
  const preflight = (server: EmulatorServer, origin: string) =>
    fetch(`${server.httpUrl}/realtime/client_secrets`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-headers': 'authorization,x-stainless-os' },
    })

  test.each(['http://localhost:5173', 'https://app.localhost', 'http://127.0.0.1:8080', 'http://[::1]:3000'])(
    'from %s on this machine: allows the requested headers',
    async (origin) => {
      const { status, headers } = await preflight(await start(), origin)
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-headers')).toBe('authorization,x-stainless-os')
      expect(headers.get('access-control-expose-headers')).toBe('Location, X-Request-Id')
    },
  )

  test.each(['https://example.com', 'null', 'http://localhost.example.com', 'http://127.example.com'])(
    'from %s: are rejected with 403 over HTTP and WebSocket',
    async (origin) => {
      const server = await start()
      const { status, headers } = await preflight(server, origin)
      expect(status).toBe(403)
      expect(headers.get('access-control-allow-origin')).toBeNull()
      const minted = await fetch(`${server.httpUrl}/realtime/client_secrets`, { method: 'POST', headers: { origin } })
      expect(minted.status).toBe(403)
      expect(await minted.json()).toMatchObject({ error: { message: expect.stringContaining('allowOrigin') } })
      expect(await firstType(`${server.url}/realtime?model=gpt-realtime`, { headers: { origin } })).toBe(403)
    },
  )

  test.each([['*' as const], [['https://example.com']]])('with allowOrigin %j: are accepted', async (allowOrigin) => {
    const server = await start({ allowOrigin })
    expect((await preflight(server, 'https://example.com')).status).toBe(204)
    const headers = { origin: 'https://example.com' }
    expect(await firstType(`${server.url}/realtime?model=gpt-realtime`, { headers })).toBe('session.created')
  })
})

describe('Azure paths', () => {
  const azure = (server: EmulatorServer) => server.url.replace(/\/v1$/, '')

  test.each([
    '/openai/v1/realtime?model=my-deployment',
    '/openai/realtime?api-version=2025-04-01-preview&deployment=my-deployment',
  ])('%s: starts a session with the name of the deployment', async (path) => {
    const server = await start({}, { apiKey: 'key' })
    const received = await converse(azure(server) + path, { headers: { 'api-key': 'key' } }, [], 'session.created')
    expect(received).toMatchObject([{ type: 'session.created', session: { model: 'my-deployment' } }])
  })

  test('a key in the query: is accepted, and only on Azure paths', async () => {
    const server = await start({}, { apiKey: 'key' })
    expect(await firstType(`${azure(server)}/openai/v1/realtime?model=a&api-key=key`)).toBe('session.created')
    expect(await firstType(`${server.url}/realtime?model=gpt-realtime&api-key=key`)).toBe('error')
  })

  test('the option models: limits the deployments', async () => {
    const server = await start({}, { models: ['known'] })
    expect(await firstType(`${azure(server)}/openai/v1/realtime?model=known`)).toBe('session.created')
    expect(await firstType(`${azure(server)}/openai/v1/realtime?model=other`)).toBe('error')
  })

  test('a client secret for a deployment: is minted and accepted', async () => {
    const server = await start({}, { apiKey: 'key' })
    const response = await fetch(`${server.httpUrl.replace('/v1', '/openai/v1')}/realtime/client_secrets`, {
      method: 'POST',
      headers: { 'api-key': 'key' },
      body: JSON.stringify({ session: { type: 'realtime', model: 'my-deployment' } }),
    })
    expect(response.status).toBe(200)
    const { value } = (await response.json()) as { value: string }
    const headers = { authorization: `Bearer ${value}` }
    expect(await firstType(`${azure(server)}/openai/v1/realtime`, { headers })).toBe('session.created')
  })

  test('a client secret for an unknown model: is rejected with 400 below /v1', async () => {
    const server = await start()
    const response = await fetch(`${server.httpUrl}/realtime/client_secrets`, {
      method: 'POST',
      body: JSON.stringify({ session: { type: 'realtime', model: 'my-deployment' } }),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_model' } })
  })

  test.each(['/realtime', '/openai/v2/realtime', '/openai/v1/realtime/other', '/x/v1/realtime'])(
    '%s: is rejected with 404',
    async (path) => {
      expect(await firstType(`${azure(await start())}${path}?model=gpt-realtime`)).toBe(404)
    },
  )
})

describe('TLS', () => {
  test('true: creates a certificate that clients can verify, and accepts plain connections on the same port', async () => {
    const server = await start({ tls: true })
    expect(server.url).toMatch(/^wss:/)
    const path = '/realtime?model=gpt-realtime'
    const ca = server.certificate
    expect(ca).toMatch(/^-----BEGIN CERTIFICATE-----\n/)
    if (ca === undefined) expect.fail('no certificate')
    expect(await firstType(server.url + path, { ca })).toBe('session.created')
    expect(await firstType(server.url.replace('127.0.0.1', 'localhost') + path, { ca })).toBe('session.created')
    expect(await firstType(server.url.replace('wss', 'ws') + path)).toBe('session.created')
    await expect(firstType(server.url + path)).rejects.toThrow(/self-signed|self signed|unable to verify/)
    expect((await fetch(`${server.httpUrl.replace('https', 'http').replace('/v1', '/')}`)).status).toBe(200)
  })

  test('close: ends plain and TLS connections with 1001, and connections that have sent nothing', async () => {
    const server = await start({ tls: true })
    const closes = [server.url, server.url.replace('wss', 'ws')].map((url) => {
      const socket = new WebSocket(`${url}/realtime?model=gpt-realtime`, { rejectUnauthorized: false })
      const closed = new Promise<number>((resolve) => socket.once('close', resolve))
      return { opened: new Promise((resolve) => socket.once('message', resolve)), closed }
    })
    await Promise.all(closes.map(({ opened }) => opened))
    await server.close()
    expect(await Promise.all(closes.map(({ closed }) => closed))).toEqual([1001, 1001])
  })
})

describe('the dialect beta', () => {
  const options = { headers: { 'openai-beta': 'realtime=v1' } }

  test('serves a text turn with the events of the beta', async () => {
    const server = await start({ dialect: 'beta' }, { script: [reply('Hello.')] })
    const received = await converse(
      `${server.url}/realtime?model=gpt-4o-realtime-preview-2024-10-01`,
      options,
      [
        { type: 'session.update', session: { modalities: ['text'], temperature: 0.8, voice: 'alloy' } },
        {
          type: 'conversation.item.create',
          item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
        },
        { type: 'response.create' },
      ],
      'response.done',
    )
    if (typeof received === 'number') expect.fail(`status ${received}`)
    const types = received.map(({ type }) => type)
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      'session.created',
      'session.updated',
      'conversation.item.created',
      'response.created',
      'response.output_item.added',
      'conversation.item.created',
      'response.content_part.added',
      'response.text.delta',
      'response.text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.done',
    ])
    expect(received[1]).toMatchObject({ session: { modalities: ['text'], voice: 'alloy' } })
  })

  test('an invalid event: is rejected with an error, and the session stays open', async () => {
    const server = await start({ dialect: 'beta' })
    const received = await converse(`${server.url}/realtime?model=gpt-realtime`, options, [{ type: 'nonsense' }], '')
    expect(received).toMatchObject([{ type: 'session.created' }, { type: 'error', error: { code: 'invalid_value' } }])
  })
})
