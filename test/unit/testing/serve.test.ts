import { request } from 'node:https'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, test } from 'vitest'
import WebSocket, { type ClientOptions } from 'ws'
import { createEmulator, type EmulatorOptions, reply } from '../../../src/testing/index.js'
import { type EmulatorServer, type ServeOptions, serve } from '../../../src/testing/node/index.js'

const open: EmulatorServer[] = []
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())))

async function start(options: EmulatorOptions = {}, serving: ServeOptions = {}): Promise<EmulatorServer> {
  const server = await serve(createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, ...options }), serving)
  open.push(server)
  return server
}

interface Event {
  readonly type: string
  readonly error?: { readonly code: string }
  readonly session?: object
}

/** A bare socket, what it received, and how it ended. */
function dial(url: string, { protocols = ['realtime'], ...options }: ClientOptions & { protocols?: string[] } = {}) {
  const socket = new WebSocket(url, protocols, options)
  const events: Event[] = []
  const waiting = new Set<() => void>()
  // A refused handshake is an error too; the tests look at the refusal itself.
  socket.on('error', () => {})
  socket.on('message', (data) => {
    events.push(JSON.parse(String(data)))
    for (const check of waiting) check()
  })
  return {
    socket,
    events,
    closed: new Promise<[number, string]>((resolve) =>
      socket.once('close', (code, reason) => resolve([code, String(reason)])),
    ),
    refused: new Promise<[number | undefined, string | undefined]>((resolve) =>
      socket.once('unexpected-response', (_, { statusCode, headers }) => {
        resolve([statusCode, headers['retry-after']])
        socket.terminate()
      }),
    ),
    until: (type: string) =>
      new Promise<Event>((resolve) => {
        const check = () => {
          const found = events.find((event) => event.type === type)
          if (!found) return
          waiting.delete(check)
          resolve(found)
        }
        waiting.add(check)
        check()
      }),
  }
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })

describe('the served emulator', () => {
  test('describes itself at /, and returns JSON errors for unknown paths', async () => {
    const server = await start()
    expect(server.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/v1$/)
    const root = server.httpUrl.replace('/v1', '/')
    expect(await (await fetch(root)).text()).toContain('realtime-primitives')
    const lost = await fetch(`${server.httpUrl}/models`)
    expect([lost.status, await lost.json()]).toEqual([
      404,
      { error: { type: 'invalid_request_error', code: null, message: 'Invalid URL (GET /v1/models)', param: null } },
    ])
    expect((await fetch(`${server.httpUrl}/realtime`)).status).toBe(426)
  })

  test('answers 500 with a JSON error when handling a request fails', async () => {
    const emulator = createEmulator()
    const server = await serve({
      ...emulator,
      mintClientSecret() {
        throw Object.assign(new Error('the words of a caller'), { code: 'ERR_TEST' })
      },
    })
    open.push(server)
    const failed = await fetch(`${server.httpUrl}/realtime/client_secrets`, { method: 'POST', ...bearer('sk-any') })
    const message = 'The emulator could not handle the request: ERR_TEST.'
    expect([failed.status, await failed.json()]).toEqual([
      500,
      { error: { type: 'server_error', code: null, message, param: null } },
    ])
  })

  test('accepts a key in Authorization, api-key, and the subprotocol', async () => {
    const server = await start({ apiKey: 'sk-good' })
    const url = `${server.url}/realtime?model=gpt-realtime`
    for (const options of [
      bearer('sk-good'),
      { headers: { 'api-key': 'sk-good' } },
      { protocols: ['realtime', 'openai-insecure-api-key.sk-good'] },
    ]) {
      const { socket, until } = dial(url, options)
      expect((await until('session.created')).session).toMatchObject({ model: 'gpt-realtime' })
      expect(socket.protocol).toBe('realtime')
      socket.close()
    }
  })

  test('rejects after the handshake with an error, then 3000 for a key and 4000 for a model', async () => {
    const server = await start({ apiKey: 'sk-good' })
    const away = async (query: string, options?: ClientOptions & { protocols?: string[] }) => {
      const { events, closed } = dial(`${server.url}/realtime${query}`, options)
      const [code, reason] = await closed
      return [events.map(({ type, error }) => `${type} ${error?.code}`), code, reason]
    }
    expect(await away('?model=gpt-realtime')).toEqual([
      ['error invalid_api_key'],
      3000,
      'invalid_request_error.invalid_api_key',
    ])
    expect(await away('?model=gpt-realtime', bearer('sk-bad'))).toEqual([
      ['error invalid_api_key'],
      3000,
      'invalid_request_error.invalid_api_key',
    ])
    expect(await away('', bearer('sk-good'))).toEqual([
      ['error missing_model'],
      4000,
      'invalid_request_error.missing_model',
    ])
    expect(await away('?model=', bearer('sk-good'))).toEqual([
      ['error missing_model'],
      4000,
      'invalid_request_error.missing_model',
    ])
    expect(await away('?model=gpt-realtime&call_id=b', bearer('sk-good'))).toMatchObject([
      ['error invalid_request_error'],
      4000,
      expect.any(String),
    ])
    const beta = { headers: { ...bearer('sk-good').headers, 'openai-beta': 'realtime=v1' } }
    expect(await away('?model=gpt-realtime', beta)).toMatchObject([
      ['error beta_api_shape_disabled'],
      4000,
      expect.any(String),
    ])
  })

  test('opens a transcription session for its intent', async () => {
    const server = await start()
    const { until } = dial(`${server.url}/realtime?intent=transcription`)
    expect((await until('session.created')).session).toMatchObject({ object: 'realtime.transcription_session' })
  })

  test('mints client secrets and accepts them', async () => {
    const server = await start({ apiKey: 'sk-good' })
    const mint = (body: unknown, key = 'sk-good') =>
      fetch(`${server.httpUrl}/realtime/client_secrets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer(key).headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const answer = await mint({ session: { type: 'realtime', model: 'gpt-realtime', instructions: 'Whisper.' } })
    const secret = (await answer.json()) as { value: string; expires_at: number; session: object }
    expect(answer.status).toBe(200)
    expect(secret.value).toMatch(/^ek_/)
    expect(Math.abs(secret.expires_at - Date.now() / 1000 - 600)).toBeLessThan(5)
    expect(secret.session).toMatchObject({ object: 'realtime.session', expires_at: 0, instructions: 'Whisper.' })
    const { until } = dial(`${server.url}/realtime?model=gpt-realtime`, {
      protocols: ['realtime', `openai-insecure-api-key.${secret.value}`],
    })
    expect((await until('session.created')).session).toMatchObject({ instructions: 'Whisper.' })

    const refused = async (response: Promise<Response>) => {
      const { status, ...rest } = await response.then(async (got) => ({
        status: got.status,
        ...((await got.json()) as { error: object }),
      }))
      return [status, rest.error]
    }
    expect(await refused(mint({}, 'sk-bad'))).toMatchObject([401, { code: 'invalid_api_key' }])
    expect(await refused(mint({ session: { type: 'realtime', voice: 'x' } }))).toMatchObject([
      400,
      { code: 'unknown_parameter', param: 'session.voice' },
    ])
    expect(await refused(mint({ expires_after: { anchor: 'created_at', seconds: 5 } }))).toMatchObject([
      400,
      { code: 'integer_below_min_value', param: 'expires_after.seconds' },
    ])
    expect(await refused(mint('{'))).toMatchObject([400, { type: 'invalid_request_error' }])
  })

  const faults: Record<string, NonNullable<ServeOptions['refuseUpgrade']>> = {
    throws: () => {
      throw new Error('secret of the test')
    },
    rejects: () => Promise.reject(new Error('secret of the test')),
    'returns no status': () => ({}) as never,
    'returns a status that is no number': () => ({ status: 'busy' }) as never,
    'returns an informational status': () => ({ status: 101 }),
    'returns a body that is no text': () => ({ status: 503, body: 7 as never }),
    'returns a header with a line break': () => ({ status: 503, headers: { 'x-a': 'b\r\nc: d' } }),
  }
  test.each(Object.entries(faults))(
    'refuseUpgrade: rejects the upgrade with 500 when it %s',
    async (_how, refuseUpgrade) => {
      const server = await start({}, { refuseUpgrade })
      const url = `${server.url}/realtime?model=gpt-realtime`
      expect(await dial(url).refused).toEqual([500, undefined])
      expect(await dial(url).refused).toEqual([500, undefined])
      expect(server.attempts).toBe(2)
    },
  )

  test('refuseUpgrade: may return a promise', async () => {
    const server = await start(
      {},
      { refuseUpgrade: async ({ attempt }) => (attempt === 0 ? { status: 503 } : undefined) },
    )
    const url = `${server.url}/realtime?model=gpt-realtime`
    expect(await dial(url).refused).toEqual([503, undefined])
    const { socket, until } = dial(url)
    await until('session.created')
    socket.close()
  })

  test('refuses a handshake when a test asks for it', async () => {
    const seen: [number, string, string | undefined][] = []
    const server = await start(
      {},
      {
        refuseUpgrade: ({ attempt, url, headers }) => {
          seen.push([attempt, url, headers['x-test']?.toString()])
          if (attempt === 0) return { status: 429, headers: { 'retry-after': '2' } }
          if (attempt === 1) return { status: 503, body: 'no' }
          return undefined
        },
      },
    )
    const url = `${server.url}/realtime?model=gpt-realtime`
    expect(await dial(url, { headers: { 'x-test': 'yes' } }).refused).toEqual([429, '2'])
    expect(await dial(url).refused).toEqual([503, undefined])
    await dial(url).until('session.created')
    expect(seen).toEqual([
      [0, '/v1/realtime?model=gpt-realtime', 'yes'],
      [1, '/v1/realtime?model=gpt-realtime', undefined],
      [2, '/v1/realtime?model=gpt-realtime', undefined],
    ])
    expect(server.attempts).toBe(3)
    expect(await dial(`${server.url}/elsewhere`).refused).toEqual([404, undefined])
  })

  test('responds to a binary frame with an error and to a giant one with 1009', async () => {
    const server = await start()
    const { socket, until, closed } = dial(`${server.url}/realtime?model=gpt-realtime`)
    await until('session.created')
    socket.send(new Uint8Array([1, 2, 3]))
    expect((await until('error')).error).toMatchObject({ code: 'invalid_event' })
    socket.send('x'.repeat(25 * 2 ** 20))
    expect((await closed)[0]).toBe(1009)
  })

  test('serves TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    const server = await start({ script: [reply('Hi.')] }, { tls: { key, cert } })
    expect(server.url).toMatch(/^wss:/)
    const { socket, until } = dial(`${server.url}/realtime?model=gpt-realtime`, { rejectUnauthorized: false })
    await until('session.created')
    socket.send(JSON.stringify({ type: 'response.create' }))
    await until('response.done')
    const status = await new Promise((resolve) =>
      request(server.httpUrl.replace('/v1', '/'), { rejectUnauthorized: false }, (response) =>
        resolve(response.statusCode),
      ).end(),
    )
    expect(status).toBe(200)
  })

  test('closes every connection when it is closed', async () => {
    const resources = () =>
      process
        .getActiveResourcesInfo()
        .filter((name) => /TCP|TLS|Timeout/.test(name))
        .sort()
    const before = resources()
    const server = await serve(createEmulator())
    const clients = [1, 2, 3].map(() => dial(`${server.url}/realtime?model=gpt-realtime`))
    await Promise.all(clients.map(({ until }) => until('session.created')))
    clients[0]?.socket.send(JSON.stringify({ type: 'response.create' }))
    await clients[0]?.until('response.created')
    const [closes] = await Promise.all([Promise.all(clients.map(({ closed }) => closed)), server.close()])
    expect(closes.map(([code]) => code)).toEqual([1001, 1001, 1001])
    expect(resources().length).toBeLessThanOrEqual(before.length)
    await expect(fetch(server.httpUrl)).rejects.toThrow()
  })

  test('listens on 127.0.0.1 only', async () => {
    const server = await start()
    expect(new URL(server.url).hostname).toBe('127.0.0.1')
    await expect(serve(createEmulator(), { port: Number(new URL(server.url).port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
