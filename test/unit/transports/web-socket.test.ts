import type { IncomingHttpHeaders } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { webSocket } from '../../../src/transports/web-socket.js'
import { type LoopbackServer, listen, upgradeServer } from '../../support/loopback.js'

const key = 'sk-secret-0123456789'
const servers: LoopbackServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A server that upgrades and keeps the headers of each handshake. */
async function accepting() {
  const handshakes: IncomingHttpHeaders[] = []
  const upgrader = new WebSocketServer({ noServer: true, handleProtocols: () => 'realtime' })
  const server = await upgradeServer((request, socket, head) => {
    handshakes.push(request.headers)
    upgrader.handleUpgrade(request, socket, head, () => {})
  })
  servers.push(server)
  return { handshakes, baseUrl: `ws://127.0.0.1:${server.port}/v1`, upgrader }
}

/** A server that answers every upgrade with a plain HTTP response. */
async function refusing(head: string) {
  let asked = 0
  const server = await upgradeServer((_request, socket) => {
    asked += 1
    socket.end(`HTTP/1.1 ${head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  servers.push(server)
  return {
    baseUrl: `ws://127.0.0.1:${server.port}/v1`,
    get asked() {
      return asked
    },
  }
}

describe('webSocket', () => {
  it('sends the key as a bearer token and asks for the realtime subprotocol', async () => {
    const { handshakes, baseUrl } = await accepting()
    const transport = webSocket({ apiKey: key, model: 'm', baseUrl })
    await transport.open()
    await transport.close()
    expect(handshakes[0]?.authorization).toBe(`Bearer ${key}`)
    expect(handshakes[0]?.['sec-websocket-protocol']).toBe('realtime')
    expect(handshakes[0]).not.toHaveProperty('sec-websocket-extensions')
  })

  it('headers: override those of the library in any case', async () => {
    const { handshakes, baseUrl } = await accepting()
    const transport = webSocket({
      apiKey: key,
      model: 'm',
      baseUrl,
      headers: { AUTHORIZATION: 'Custom', 'OpenAI-Safety-Identifier': 'user-1' },
    })
    await transport.open()
    await transport.close()
    expect(handshakes[0]?.authorization).toBe('Custom')
    expect(handshakes[0]?.['openai-safety-identifier']).toBe('user-1')
  })

  it('apiKey: calls a function once per connection', async () => {
    const { handshakes, baseUrl } = await accepting()
    let count = 0
    const transport = webSocket({ apiKey: async () => `ek_${++count}`, model: 'm', baseUrl })
    for (let attempt = 0; attempt < 2; attempt++) {
      await transport.open()
      await transport.close()
    }
    expect(handshakes.map(({ authorization }) => authorization)).toEqual(['Bearer ek_1', 'Bearer ek_2'])
  })

  it('apiKey: rethrows the error of a function and opens no socket', async () => {
    const { handshakes, baseUrl } = await accepting()
    const failure = new Error('the vault is shut')
    const transport = webSocket({
      apiKey: () => {
        throw failure
      },
      model: 'm',
      baseUrl,
    })
    await expect(transport.open()).rejects.toBe(failure)
    expect(transport.state).toBe('closed')
    expect(handshakes).toEqual([])
  })

  it('apiKey: throws KEY_EXPOSED in a browser before a socket exists', async () => {
    const { handshakes, baseUrl } = await accepting()
    vi.stubGlobal('window', { document: {} })
    const transport = webSocket({ apiKey: key, model: 'm', baseUrl })
    const opening = transport.open()
    await expect(opening).rejects.toThrow(
      'A standard API key must not be used in a browser, where every visitor can read it. Create a client secret (ek_…) on your server, or pass allowStandardKeyInBrowser: true if no one else can load this page.',
    )
    vi.unstubAllGlobals()
    expect(handshakes).toEqual([])
  })

  it.each([
    [
      '401 Unauthorized',
      401,
      'the API key was rejected, or the client secret was used or has expired; check apiKey',
      undefined,
    ],
    ['403 Forbidden', 403, 'the API key has no access to this endpoint; check its project and permissions', undefined],
    ['404 Not Found', 404, 'the endpoint does not exist; check baseUrl or url', undefined],
    [
      '429 Too Many Requests\r\nRetry-After: 7',
      429,
      'too many requests, or the quota is used up; wait, or check the quota',
      7000,
    ],
    ['503 Service Unavailable', 503, 'the server failed; try again', undefined],
    ['200 OK', 200, 'the server did not upgrade to a WebSocket', undefined],
  ])('rejects with CONNECT_FAILED and advice after HTTP %j', async (head, status, reason, retryAfterMs) => {
    const { baseUrl } = await refusing(head)
    const error = await webSocket({ apiKey: key, model: 'm', baseUrl })
      .open()
      .catch((caught) => caught)
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'CONNECT_FAILED',
      shortMessage: `Could not connect to ${baseUrl}/realtime?model=m (HTTP ${status}): ${reason}.`,
    })
    expect(error.data.retryAfterMs).toBe(retryAfterMs)
  })

  it.each([301, 302, 307, 308])('does not follow a redirect %i with its credentials', async (status) => {
    const destination = await refusing('404 Not Found')
    const source = await refusing(`${status} Moved\r\nLocation: ${destination.baseUrl.replace('ws:', 'http:')}`)
    await expect(webSocket({ apiKey: key, model: 'm', baseUrl: source.baseUrl }).open()).rejects.toMatchObject({
      data: { status, reason: 'the server redirects, and credentials do not follow a redirect; use the final URL' },
    })
    expect(source.asked).toBe(1)
    expect(destination.asked).toBe(0)
  })

  it('open: rejects with CONNECT_TIMEOUT when the handshake is not answered', async () => {
    const silent = await listen(createTcpServer(() => {}))
    servers.push(silent)
    const url = `ws://127.0.0.1:${silent.port}/`
    const transport = webSocket({ url, connectTimeoutMs: 40 })
    await expect(transport.open()).rejects.toThrow(
      `The connection to ${url} was not open within 40 ms. Check the URL and the network, or raise connectTimeoutMs.`,
    )
    expect(transport.state).toBe('closed')
  })

  it('open: includes a slow key function in the timeout', async () => {
    const transport = webSocket({
      apiKey: () => new Promise(() => {}),
      model: 'm',
      baseUrl: 'ws://127.0.0.1:9/v1',
      connectTimeoutMs: 20,
    })
    await expect(transport.open()).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
  })

  it('open: rejects with CONNECT_FAILED when no server listens', async () => {
    const server = await listen(createTcpServer(() => {}))
    await server.close()
    await expect(webSocket({ url: `ws://127.0.0.1:${server.port}/` }).open()).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      data: { reason: 'ECONNREFUSED' },
    })
  })

  it('opens again after it was closed', async () => {
    const { baseUrl, handshakes } = await accepting()
    const transport = webSocket({ model: 'm', baseUrl })
    await transport.open()
    await transport.close()
    await transport.open()
    expect(transport.state).toBe('open')
    await transport.close()
    expect(handshakes).toHaveLength(2)
  })

  it('open: rejects when close() is called while it waits for the end of the last connection', async () => {
    const { baseUrl, handshakes } = await accepting()
    const transport = webSocket({ model: 'm', baseUrl })
    await transport.open()
    const closing = transport.close()
    const opening = transport.open().catch((error) => error)
    await Promise.all([closing, transport.close()])
    expect(await opening).toMatchObject({ code: 'CLOSED' })
    expect(transport.state).toBe('closed')
    expect(handshakes).toHaveLength(1)
  })

  it('close: resolves when the peer does not respond', async () => {
    const { baseUrl, upgrader } = await accepting()
    const transport = webSocket({ model: 'm', baseUrl })
    await transport.open()
    for (const socket of upgrader.clients) socket.pause()
    const closes: number[] = []
    transport.on('close', ({ code }) => closes.push(code))
    await transport.close(3000, 'bye')
    expect(closes).toEqual([1006])
  })

  it.each([
    [1006, '', 'The option "code" must be 1000 or between 3000 and 4999.'],
    [2999, '', 'The option "code" must be 1000 or between 3000 and 4999.'],
    [1000, 'ü'.repeat(62), 'The option "reason" must be at most 123 bytes.'],
  ])('close: rejects code %i or an invalid reason', async (code, reason, message) => {
    await expect(webSocket({ url: 'ws://127.0.0.1:9/' }).close(code, reason)).rejects.toThrow(message)
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('rejects connectTimeoutMs %d', (connectTimeoutMs) => {
    expect(() => webSocket({ model: 'm', connectTimeoutMs })).toThrow(
      'The option "connectTimeoutMs" must be between 1 and 2147483647.',
    )
  })

  it('send: sends frames of any length and characters as text', async () => {
    const frames = ['{}', '{"text":"ümlaut – 漢字 🎙"}', 'z'.repeat(125), 'z'.repeat(70_000), 'é'.repeat(40_000), 'last']
    const upgrader = new WebSocketServer({ noServer: true, handleProtocols: () => 'realtime' })
    const received: unknown[] = []
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const server = await upgradeServer((request, socket, head) =>
      upgrader.handleUpgrade(request, socket, head, (client) =>
        client.on('message', (data, isBinary) => {
          received.push(isBinary ? 'binary' : data.toString())
          if (received.length === frames.length) finish()
        }),
      ),
    )
    servers.push(server)
    const transport = webSocket({ url: `ws://127.0.0.1:${server.port}/` })
    await transport.open()
    for (const frame of frames) transport.send(frame)
    await finished
    expect(received).toEqual(frames)
    await transport.close()
  })

  it('does not expose its key when inspected', async () => {
    const { baseUrl } = await refusing('401 Unauthorized')
    const options = { apiKey: key, model: 'm', baseUrl, headers: { 'X-Custom': 'hush-hush' } }
    const transport = webSocket(options)
    const error = await transport.open().catch((caught) => caught)
    const shown = [
      inspect(transport, { depth: 9, showHidden: true }),
      inspect(error, { depth: 9 }),
      error.stack,
      JSON.stringify(transport),
    ]
    for (const text of shown) {
      expect(text).not.toContain(key)
      expect(text).not.toContain('hush-hush')
    }
  })
})
