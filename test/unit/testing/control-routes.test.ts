import { afterEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createEmulator, type EmulatorOptions } from '../../../src/testing/index.js'
import { type EmulatorServer, type ServeOptions, serve } from '../../../src/testing/node/index.js'

const open: { close(): unknown }[] = []
afterEach(() => Promise.all(open.splice(0).map((part) => part.close())))

interface Event {
  readonly type: string
  readonly [field: string]: unknown
}

async function start(options: EmulatorOptions = {}, serving: ServeOptions = {}) {
  const emulator = createEmulator({ pace: Number.POSITIVE_INFINITY, latencyMs: 0, ...options })
  const server = await serve(emulator, serving)
  open.push(server)
  /** Sends a control request, and returns the status and the parsed body. */
  async function control(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${server.controlUrl}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
  }
  return { emulator, server, control }
}

/** Connects a client, and waits for `session.created` or for the refusal of the handshake. */
async function connect(server: EmulatorServer, query = '', headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${server.url}/realtime?model=gpt-realtime${query}`, { headers })
  open.push({ close: () => socket.terminate() })
  const events: Event[] = []
  const waiting = new Set<() => void>()
  const check = () => {
    for (const look of waiting) look()
  }
  socket.on('error', () => {})
  socket.on('message', (data) => {
    events.push(JSON.parse(String(data)))
    check()
  })
  const until = (type: string) =>
    new Promise<Event>((resolve) => {
      const look = () => {
        const found = events.find((event) => event.type === type)
        if (found) {
          waiting.delete(look)
          resolve(found)
        }
      }
      waiting.add(look)
      look()
    })
  const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)))
  const refused = new Promise<{ status: number | undefined; retryAfter: string | undefined }>((resolve) =>
    socket.once('unexpected-response', (_, { statusCode, headers }) =>
      resolve({ status: statusCode, retryAfter: headers['retry-after'] }),
    ),
  )
  const created = await Promise.race([until('session.created'), refused, closed])
  const send = (event: object) => socket.send(JSON.stringify(event))
  return { created, events, until, closed, refused, send, close: () => socket.close() }
}

const say = (text: string) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})
const respond = { type: 'response.create', response: { output_modalities: ['text'] } }

describe('control routes', () => {
  test('the root lists the routes, the scripts, and the number of open sessions', async () => {
    const { server, control } = await start({ script: ['x'] })
    await connect(server)
    const { body } = await control('GET', '')
    expect(body).toMatchObject({ scripts: ['default'], openSessions: 1 })
    expect(body.routes.map(({ route }: { route: string }) => route)).toContain('PUT /_emulator/scripts/{id}')
  })

  test('sessions: lists, filters, and describes them', async () => {
    const { server, control } = await start()
    await connect(server, '&emulator_test_id=a')
    const second = await connect(server, '', { 'x-emulator-test-id': 'b' })
    second.close()
    await second.closed
    const { body } = await control('GET', '/sessions?testId=a')
    expect(body.sessions).toMatchObject([
      { type: 'realtime', model: 'gpt-realtime', testId: 'a', state: 'open', sent: 1 },
    ])
    expect((await control('GET', `/sessions/${body.sessions[0].id}`)).body).toEqual(body.sessions[0])
    expect((await control('GET', '/sessions?state=closed')).body.sessions).toMatchObject([{ testId: 'b', received: 0 }])
  })

  test('scripts: sets one for a test before it connects, replaces it, and removes it', async () => {
    const { server, control } = await start()
    expect(
      await control('PUT', '/scripts/test-7', [{ when: { text: 'weather' }, respond: 'It rains.' }]),
    ).toMatchObject({
      status: 200,
      body: { script: 'test-7' },
    })
    const client = await connect(server, '', { authorization: 'Bearer test-7' })
    client.send(say('The weather?'))
    client.send(respond)
    expect((await client.until('response.output_text.done')).text).toBe('It rains.')
    expect((await control('GET', '/scripts')).body).toEqual({ scripts: ['test-7'] })
    expect([
      (await control('DELETE', '/scripts/test-7')).status,
      (await control('DELETE', '/scripts/test-7')).status,
    ]).toEqual([204, 404])
  })

  test('client secrets: belong to the test of the request that minted them', async () => {
    const { server, control } = await start({ apiKey: 'sk-real', scripts: { short: ['Short.'] } })
    const minted = await fetch(`${server.httpUrl}/realtime/client_secrets`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-real', 'x-emulator-test-id': 'page', 'x-emulator-script': 'short' },
    })
    const { value } = (await minted.json()) as { value: string }
    await connect(server, '', { authorization: `Bearer ${value}` })
    const { body } = await control('GET', '/sessions')
    expect(body.sessions).toMatchObject([{ testId: 'page', script: 'short' }])
    expect(JSON.stringify(body)).not.toContain(value)
  })

  test('faults: drops the connection of one session without a close frame', async () => {
    const { server, control } = await start()
    const first = await connect(server)
    const second = await connect(server, '&emulator_test_id=b')
    expect((await control('POST', '/faults', { fault: 'drop', testId: 'b' })).body.sessions).toHaveLength(1)
    expect(await second.closed).toBe(1006)
    const [session] = (await control('GET', '/sessions?state=open')).body.sessions
    expect((await control('POST', '/faults', { fault: 'drop', code: 1011, sessionId: session.id })).status).toBe(200)
    expect(await first.closed).toBe(1011)
    expect((await control('POST', '/faults', { fault: 'drop' })).status).toBe(404)
  })

  test('faults: refuses the next handshakes of a test, over WebSocket and for calls', async () => {
    const { server, control } = await start()
    const fault = { fault: 'refuse', headers: { 'retry-after': '3' }, testId: 'a', times: 2 }
    expect((await control('POST', '/faults', fault)).status).toBe(200)
    expect((await connect(server, '&emulator_test_id=b')).created).toMatchObject({ type: 'session.created' })
    expect(await (await connect(server, '&emulator_test_id=a')).refused).toEqual({ status: 429, retryAfter: '3' })
    const call = await fetch(`${server.httpUrl}/realtime/calls`, {
      method: 'POST',
      headers: { 'x-emulator-test-id': 'a' },
    })
    expect([call.status, call.headers.get('retry-after'), await call.json()]).toMatchObject([
      429,
      '3',
      { error: { message: 'Too Many Requests' } },
    ])
    expect((await connect(server, '&emulator_test_id=a')).created).toMatchObject({ type: 'session.created' })
  })

  test('faults: a stalled session answers no pings, and continues after resume', async () => {
    const { server, control } = await start()
    const client = await connect(server)
    await control('POST', '/faults', { fault: 'stall' })
    client.send(say('Hello.'))
    client.send(respond)
    expect((await control('GET', '/sessions')).body.sessions).toMatchObject([{ state: 'stalled', received: 0 }])
    await control('POST', '/faults', { fault: 'resume' })
    await client.until('response.done')
  })

  test('events: pushes an event to one session or to all', async () => {
    const { server, control } = await start()
    const client = await connect(server)
    const [{ id }] = (await control('GET', '/sessions')).body.sessions
    await control('POST', `/sessions/${id}/events`, { type: 'rate_limits.updated', rate_limits: [] })
    expect(await client.until('rate_limits.updated')).toMatchObject({ event_id: expect.any(String), rate_limits: [] })
    await control('POST', '/events?testId=none', { type: 'x' }).then(({ status }) => expect(status).toBe(404))
    await control('POST', '/events', { type: 'x', event_id: 'mine' })
    expect(await client.until('x')).toEqual({ type: 'x', event_id: 'mine' })
  })

  test('journal: filters by sender, type, test, and number, and waits for an entry', async () => {
    const { server, control } = await start()
    const client = await connect(server, '&emulator_test_id=a')
    const waiting = control('GET', '/journal?testId=a&from=client&type=response.create,response.cancel&waitMs=10000')
    client.send(say('Hello.'))
    client.send(respond)
    const [entry] = (await waiting).body.entries
    expect(entry).toMatchObject({ testId: 'a', from: 'client', event: respond })
    await client.until('response.done')
    const later = (await control('GET', `/sessions/${entry.sessionId}/journal?after=${entry.seq}`)).body.entries
    expect(later[0].event.type).toBe('response.created')
    expect((await control('GET', '/journal?testId=b')).body).toEqual({ entries: [] })
    client.close()
    await client.closed
    expect((await control('GET', `/sessions/${entry.sessionId}/journal?from=client`)).body.entries).toHaveLength(2)
  })

  test('reset: closes the sessions of a test and removes its journal', async () => {
    const { server, control } = await start()
    const first = await connect(server, '&emulator_test_id=a')
    await connect(server, '&emulator_test_id=b')
    expect((await control('POST', '/reset?testId=a')).status).toBe(204)
    expect(await first.closed).toBe(1001)
    expect((await control('GET', '/sessions')).body.sessions).toMatchObject([{ testId: 'b' }])
  })

  test.each([
    ['POST', '/faults', '{', /body is not valid JSON/],
    ['POST', '/faults', [], /body is not an object/],
    ['POST', '/faults', { fault: 'dorp' }, /fault is "dorp"; allowed: drop, .*did you mean drop\?/],
    ['POST', '/faults', { fault: 'drop', to: 'all' }, /to is "all"; allowed: open, next/],
    ['POST', '/faults', { fault: 'drop', sesionId: 'x' }, /sesionId is an unknown key/],
    ['POST', '/faults?testId=a', { fault: 'drop' }, /query\.testId is an unknown key/],
    ['POST', '/events', { event: 'x' }, /event\.type is missing/],
    ['PUT', '/scripts/x', [{ step: 'sing' }], /x\[0\]\.step is "sing"/],
    ['GET', '/journal?type=', undefined, /query\.type is empty text/],
    ['GET', '/journal?from=user', undefined, /query\.from is "user"; allowed: client, server/],
    ['GET', '/journal?waitMs=31000', undefined, /query\.waitMs is text; allowed: an integer from 0 to 30000/],
    ['GET', '/sessions?test=a', undefined, /query\.test is an unknown key; .*testId/],
  ])('%s %s with %j: gets 400 with the reason and changes nothing', async (method, path, body, message) => {
    const { server, control } = await start({ script: ['kept'] })
    const client = await connect(server)
    const { status, body: answer } = await control(method, path, body)
    expect([status, answer.error.message]).toEqual([400, expect.stringMatching(message)])
    client.send(respond)
    expect((await client.until('response.output_text.done')).text).toBe('kept')
    expect((await control('GET', '/scripts')).body.scripts).toEqual(['default'])
  })

  test('an unknown session or route: gets 404, and another method 405', async () => {
    const { control } = await start()
    expect((await control('GET', '/sessions/sess_x/journal')).body.error.code).toBe('unknown_session')
    expect((await control('POST', '/faults', { fault: 'drop', sessionId: 'sess_x' })).status).toBe(404)
    expect((await control('GET', '/nothing')).status).toBe(404)
    const wrong = await control('GET', '/reset')
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('pages of other origins and hosts: get 403 and change nothing', async () => {
    const { server, control } = await start({ script: ['kept'] })
    const foreign = await control('PUT', '/scripts/default', [], { origin: 'https://evil.example' })
    expect(foreign.status).toBe(403)
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    const local = await control('GET', '/scripts', undefined, { origin: 'http://localhost:3000' })
    expect(local.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
    // A page can point its own host name to this machine. Its GET requests have no origin.
    expect(await statusWithHost(server, 'evil.example')).toBe(403)
    expect(await statusWithHost(server, 'localhost')).toBe(200)
  })
})

async function statusWithHost(server: EmulatorServer, host: string): Promise<number | undefined> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    request(`${server.controlUrl}/sessions`, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

describe('options of serve', () => {
  test.each([
    [{ port: 99_999 }, 'port is 99999; allowed: an integer from 0 to 65535'],
    [{ hots: 'x' }, 'hots is an unknown key'],
    [{ dialect: 'gb' }, 'dialect is "gb"; allowed: ga, beta'],
    [{ allowOrigin: ['example.com'] }, 'allowOrigin[0] is text; allowed: an origin such as'],
  ])('%j: rejects with EmulatorError', async (options, message) => {
    await expect(serve(createEmulator(), options as never)).rejects.toThrow(message)
  })
})
