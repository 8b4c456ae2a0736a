import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { reconnecting, webSocket } from 'realtime-primitives'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createManualClock } from '../../../src/testing/clock.js'
import { type LoopbackServer, listen, upgradeServer } from '../../support/loopback.js'
import { logTransport, typesOf } from '../../support/transport-log.js'

const servers: LoopbackServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A server that answers each handshake as its script says: with the head of an HTTP refusal, or by accepting. */
async function scripted(...answers: string[]) {
  const upgrader = new WebSocketServer({ noServer: true, handleProtocols: () => 'realtime' })
  const asked: { path: string; authorization: string | undefined }[] = []
  const accepted: WebSocket[] = []
  const server = await upgradeServer((request, socket, head) => {
    asked.push({ path: String(request.url), authorization: request.headers.authorization })
    const answer = answers.shift() ?? 'accept'
    if (answer === 'accept')
      upgrader.handleUpgrade(request, socket, head, (connection) => {
        accepted.push(connection)
      })
    else socket.end(`HTTP/1.1 ${answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  servers.push(server)
  return { asked, accepted, baseUrl: `ws://127.0.0.1:${server.port}/v1` }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000 && !condition(); turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(condition()).toBe(true)
}

const quick = { minDelayMs: 1, maxDelayMs: 1 }

describe('reconnecting over sockets', () => {
  it('connects after a 503', async () => {
    const { asked, baseUrl } = await scripted('503 Service Unavailable', '502 Bad Gateway')
    const transport = reconnecting(webSocket({ model: 'm', baseUrl }), quick)
    const log = logTransport(transport)
    await transport.open()
    await transport.close()
    expect(typesOf(log)).toEqual(['reconnecting', 'reconnecting', 'open', 'close'])
    expect(asked).toHaveLength(3)
  })

  it('does not retry after HTTP 401', async () => {
    const { asked, baseUrl } = await scripted('401 Unauthorized')
    await expect(reconnecting(webSocket({ model: 'm', baseUrl }), quick).open()).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      data: { status: 401 },
    })
    expect(asked).toHaveLength(1)
  })

  it('honors Retry-After', async () => {
    const { asked, baseUrl } = await scripted('429 Too Many Requests\r\nRetry-After: 7')
    const clock = createManualClock()
    const transport = reconnecting(webSocket({ model: 'm', baseUrl }), { clock, ...quick })
    const log = logTransport(transport)
    const opening = transport.open()
    await until(() => log.length === 1)
    expect(log[0]).toMatchObject({ type: 'reconnecting', event: { attempt: 2, delayMs: 7_000 } })
    await clock.advance(6_999)
    expect(transport.state).toBe('opening')
    expect(clock.pending).toBe(1)
    await clock.advance(1)
    await opening
    expect(asked).toHaveLength(2)
    await transport.close()
  })

  it('calls key and URL functions for each attempt', async () => {
    const { asked, accepted, baseUrl } = await scripted('500 Internal Server Error')
    let keys = 0
    let addresses = 0
    const inner = webSocket({
      apiKey: async () => `ek_${++keys}`,
      url: async () => `${baseUrl}/region-${++addresses}`,
    })
    const transport = reconnecting(inner, quick)
    const log = logTransport(transport)
    await transport.open()
    await until(() => accepted.length === 1)
    accepted[0]?.terminate()
    await until(() => typesOf(log).filter((type) => type === 'open').length === 2)
    expect(asked).toEqual([
      { path: '/v1/region-1', authorization: 'Bearer ek_1' },
      { path: '/v1/region-2', authorization: 'Bearer ek_2' },
      { path: '/v1/region-3', authorization: 'Bearer ek_3' },
    ])
    await transport.close()
  })

  it('counts an error of a key function as an attempt, and reports it as the cause', async () => {
    const { asked, baseUrl } = await scripted()
    const failure = new Error('the vault is shut')
    let calls = 0
    const apiKey = () => {
      calls += 1
      return Promise.reject(failure)
    }
    const transport = reconnecting(webSocket({ apiKey, model: 'm', baseUrl }), { ...quick, maxAttempts: 3 })
    await expect(transport.open()).rejects.toMatchObject({ code: 'RECONNECT_EXHAUSTED', cause: failure })
    expect(calls).toBe(3)
    expect(asked).toEqual([])
  })

  it('does not retry an invalid key or URL', async () => {
    const { asked, baseUrl } = await scripted()
    await expect(
      reconnecting(webSocket({ apiKey: () => 'sk 1', model: 'm', baseUrl }), quick).open(),
    ).rejects.toMatchObject({ code: 'INVALID_OPTION', data: { option: 'apiKey' } })
    await expect(reconnecting(webSocket({ url: () => 'ftp://h/' }), quick).open()).rejects.toThrow(
      'The option "url" must begin with "wss:" or "ws:", not "ftp:".',
    )
    expect(asked).toEqual([])
  })

  it('closes while a key is being fetched, and opens no socket afterwards', async () => {
    const { asked, accepted, baseUrl } = await scripted()
    let deliver = (_key: string) => {}
    let keys = 0
    const apiKey = () => {
      keys += 1
      return keys === 1
        ? 'ek_1'
        : new Promise<string>((resolve) => {
            deliver = resolve
          })
    }
    const transport = reconnecting(webSocket({ apiKey, model: 'm', baseUrl }), quick)
    const log = logTransport(transport)
    await transport.open()
    await until(() => accepted.length === 1)
    accepted[0]?.close(1012)
    await until(() => keys === 2)
    await transport.close(3001, 'done')
    deliver('ek_2')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(asked).toHaveLength(1)
    expect(log.at(-1)).toEqual({ type: 'close', close: { code: 3001, reason: 'done', wasClean: false } })
    expect(typesOf(log).filter((type) => type === 'close')).toHaveLength(1)
  })

  it('opens again immediately after an attempt was closed', async () => {
    const { baseUrl } = await scripted()
    const transport = reconnecting(webSocket({ model: 'm', baseUrl }), quick)
    const first = transport.open()
    void transport.close()
    const second = transport.open()
    await expect(first).rejects.toMatchObject({ code: 'CLOSED' })
    await second
    expect(transport.state).toBe('open')
    await transport.close()
  })

  it('retries after a handshake that is not answered', async () => {
    let connections = 0
    const silent = await listen(
      createTcpServer(() => {
        connections += 1
      }),
    )
    servers.push(silent)
    const inner = webSocket({ url: `ws://127.0.0.1:${silent.port}/`, connectTimeoutMs: 30 })
    await expect(reconnecting(inner, { ...quick, maxAttempts: 2 }).open()).rejects.toThrow(
      'No connection after 2 attempts (no handshake within 30 ms). Check the network and the server, or raise maxAttempts.',
    )
    expect(connections).toBe(2)
  })

  it('does not retry when TLS fails', async () => {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }])
    const server = await listen(createTlsServer({ key: pems.private, cert: pems.cert }))
    servers.push(server)
    const transport = reconnecting(webSocket({ url: `wss://localhost:${server.port}/` }), quick)
    const log = logTransport(transport)
    await expect(transport.open()).rejects.toThrow(
      `Could not connect to wss://localhost:${server.port}/: TLS failed with DEPTH_ZERO_SELF_SIGNED_CERT; check the certificate of the server.`,
    )
    expect(log).toEqual([])
  })

  it('does not retry when the server does not support TLS', async () => {
    const { baseUrl } = await scripted()
    const transport = reconnecting(webSocket({ url: baseUrl.replace('ws:', 'wss:') }), quick)
    const error = await transport.open().catch((caught) => caught)
    expect(error.code).toBe('CONNECT_FAILED')
    expect(error.data.tlsCode).toMatch(/SSL|EPROTO/)
  })

  it('does not retry after a fatal error event', async () => {
    const { asked, accepted, baseUrl } = await scripted()
    const transport = reconnecting(webSocket({ model: 'm', baseUrl }), quick)
    const log = logTransport(transport)
    await transport.open()
    await until(() => accepted.length === 1)
    accepted[0]?.send('{"type":"error","error":{"code":"insufficient_quota","message":"no more"}}')
    accepted[0]?.close(1011)
    await until(() => transport.state === 'closed')
    expect(typesOf(log)).toEqual(['open', 'message', 'close'])
    expect(asked).toHaveLength(1)
  })

  it('detects a half-open connection and reconnects', async () => {
    const { accepted, baseUrl } = await scripted()
    const inner = webSocket({ model: 'm', baseUrl, heartbeatMs: 20, heartbeatTimeoutMs: 300 })
    const transport = reconnecting(inner, quick)
    const log = logTransport(transport)
    await transport.open()
    await until(() => accepted.length === 1)
    // Alive and answering pings for several beats.
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(typesOf(log)).toEqual(['open'])
    accepted[0]?.pause()
    await until(() => accepted.length === 2)
    expect(log[1]).toEqual({
      type: 'reconnecting',
      event: { attempt: 1, delayMs: expect.any(Number), cause: { code: 1006, reason: 'heartbeat', wasClean: false } },
    })
    await until(() => transport.state === 'open')
    await transport.close()
    expect(typesOf(log)).toEqual(['open', 'reconnecting', 'open', 'close'])
  })
})
