import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { reconnecting } from 'realtime-primitives'
import { webRTC } from 'realtime-primitives/webrtc'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { peerClass, settle } from './web-rtc-peer.js'

const secret = 'ek_aVerySecretKey'
const session = { type: 'realtime', model: 'gpt-realtime-2.1' }
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  vi.unstubAllGlobals()
  for (const close of closers.splice(0)) await close()
})

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that tells what it was asked. */
async function serveCalls(answer: (response: ServerResponse) => void) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

const accept = (response: ServerResponse) =>
  response.writeHead(201, { location: '/v1/realtime/calls/rtc_42' }).end('v=0 answer')

function call(options: {
  apiKey: string | (() => string)
  keyKind?: 'client-secret' | 'standard'
  session?: object
  baseUrl: string
  headers?: Record<string, string>
}) {
  const { Peer, made } = peerClass()
  return { transport: webRTC({ ...options, RTCPeerConnection: Peer }), made }
}

async function answered({ transport, made }: ReturnType<typeof call>) {
  const opening = transport.open()
  await vi.waitFor(() => expect(made[0]?.answer).toBeDefined(), { timeout: 20_000 })
  made[0]?.become('connected')
  made[0]?.channel.open()
  await opening
  return transport
}

describe('webRTC: signaling through /realtime/calls', () => {
  it('sends the plain offer with a client secret, and returns the call id', async () => {
    const { seen, baseUrl } = await serveCalls(accept)
    const transport = await answered(call({ apiKey: () => secret, baseUrl }))
    expect(seen).toMatchObject([{ method: 'POST', url: '/v1/realtime/calls', body: 'v=0 local' }])
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'application/sdp', authorization: `Bearer ${secret}` })
    expect(transport.callId).toBe('rtc_42')
  })

  it('sends a form with the session and headers with a standard key', async () => {
    const { seen, baseUrl } = await serveCalls(accept)
    await answered(
      call({ apiKey: 'sk-1', session, baseUrl: baseUrl.replace('http:', 'ws:'), headers: { 'x-trace': '1' } }),
    )
    const type = seen[0]?.headers['content-type'] ?? ''
    const form = await new Response(seen[0]?.body ?? '', { headers: { 'content-type': type } }).formData()
    expect([...form]).toEqual([
      ['sdp', 'v=0 local'],
      ['session', JSON.stringify(session)],
    ])
    expect(seen[0]?.headers['x-trace']).toBe('1')
  })

  it.each([
    [{ apiKey: 'sk-1' }, 'The option "session" is missing; a standard key needs one'],
    [
      { apiKey: secret, session },
      'The option "session" cannot be combined with a client secret, because the secret contains the session.',
    ],
    [{ apiKey: 'a b' }, 'The option "apiKey" must be a string of printable ASCII characters'],
  ])('sends no request with %j', async (options, message) => {
    const { seen, baseUrl } = await serveCalls(accept)
    await expect(call({ ...options, baseUrl }).transport.open()).rejects.toThrow(message)
    expect(seen).toEqual([])
  })

  it('keyKind: sends the plain offer with a client secret that does not begin with ek_', async () => {
    const { seen, baseUrl } = await serveCalls(accept)
    vi.stubGlobal('window', { document: {} })
    await answered(call({ apiKey: 'gw-token', keyKind: 'client-secret', baseUrl }))
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/sdp',
      authorization: 'Bearer gw-token',
    })
  })

  it('keyKind: is refused at once when it is unknown', () => {
    const options = { apiKey: 'k', keyKind: 'public' as never, baseUrl: 'https://h/v1' }
    expect(() => call(options)).toThrow('The option "keyKind" must be "client-secret" or "standard".')
  })

  it('throws KEY_EXPOSED in a browser before anything is sent', async () => {
    const { seen, baseUrl } = await serveCalls(accept)
    vi.stubGlobal('window', { document: {} })
    await expect(call({ apiKey: 'sk-1', session, baseUrl }).transport.open()).rejects.toThrow('KEY_EXPOSED')
    expect(seen).toEqual([])
  })

  it.each([301, 302, 307, 308])('does not follow a redirect with HTTP %i', async (status) => {
    const elsewhere = await serveCalls(accept)
    const { seen, baseUrl } = await serveCalls((response) =>
      response.writeHead(status, { location: `${elsewhere.baseUrl}/realtime/calls` }).end(),
    )
    const error = await call({ apiKey: secret, baseUrl })
      .transport.open()
      .catch((thrown) => thrown)
    expect(error.shortMessage).toBe(
      `Could not connect to ${baseUrl}/realtime/calls (HTTP ${status}): the server redirects, and credentials do not follow a redirect; use the final URL.`,
    )
    expect([seen.length, elsewhere.seen.length]).toEqual([1, 0])
  })

  it('reports status, code, and Retry-After of a rejection, without key, offer, or message', async () => {
    const { baseUrl } = await serveCalls((response) =>
      response
        .writeHead(429, { 'retry-after': '2' })
        .end(JSON.stringify({ error: { code: 'insufficient_quota', message: `no money for ${secret}` } })),
    )
    const error = await call({ apiKey: secret, baseUrl })
      .transport.open()
      .catch((thrown) => thrown)
    expect(error.data).toEqual({
      url: `${baseUrl}/realtime/calls`,
      status: 429,
      reason: 'too many requests, or the quota is used up; wait, or check the quota (insufficient_quota)',
      retryAfterMs: 2_000,
    })
    expect(inspect(error, { depth: 9 })).not.toMatch(/aVerySecretKey|v=0/)
  })

  it.each([['{"error":{"code":"key ek_aVerySecretKey is bad"}}'], ['<html>ek_aVerySecretKey</html>'], ['null'], ['']])(
    'repeats nothing of a body that it does not know: %s',
    async (body) => {
      const { baseUrl } = await serveCalls((response) => response.writeHead(401).end(body))
      const error = await call({ apiKey: secret, baseUrl })
        .transport.open()
        .catch((thrown) => thrown)
      expect(error.data.reason).toBe(
        'the API key was rejected, or the client secret was used or has expired; check apiKey',
      )
      expect(inspect(error, { depth: 9 })).not.toContain('aVerySecretKey')
    },
  )

  it('reconnecting: does not retry when the key is rejected', async () => {
    const { seen, baseUrl } = await serveCalls((response) => response.writeHead(401).end())
    await expect(reconnecting(call({ apiKey: secret, baseUrl }).transport).open()).rejects.toThrow('HTTP 401')
    expect(seen).toHaveLength(1)
  })

  it('rejects with CONNECT_FAILED when no server listens', async () => {
    const { transport } = call({ apiKey: secret, baseUrl: 'http://127.0.0.1:9/v1' })
    await expect(transport.open()).rejects.toThrow('the request failed; check the URL and the network')
  })

  it('does not expose its key when inspected', async () => {
    const { baseUrl } = await serveCalls(accept)
    const { transport } = call({ apiKey: secret, baseUrl })
    expect(inspect(transport, { depth: 9, showHidden: true }) + JSON.stringify(transport)).not.toContain(
      'aVerySecretKey',
    )
    await settle()
  })
})
