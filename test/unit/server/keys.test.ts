import { inspect } from 'node:util'
import {
  acceptCall,
  createCall,
  createClientSecret,
  hangupCall,
  isHttpError,
  referCall,
  rejectCall,
  type ServerOptions,
} from 'realtime-primitives/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { rejection, secretAnswer, startApi } from './support/api.js'

const key = 'sk-proj-Kx9mVq2LrT7wZb4N'
const wordKey = 'skKx9mVq2LrT7wZb4N'
const sdp = 'v=0\r\n'

afterEach(() => {
  vi.restoreAllMocks()
})

const requests: Readonly<Record<string, (options: ServerOptions) => Promise<unknown>>> = {
  createClientSecret: (options) => createClientSecret({ session: { type: 'realtime', model: 'm' } }, options),
  createCall: (options) => createCall({ sdp, session: { model: 'm' } }, options),
  acceptCall: (options) => acceptCall('rtc_1', { model: 'm' }, options),
  rejectCall: (options) => rejectCall('rtc_1', { status_code: 486 }, options),
  referCall: (options) => referCall('rtc_1', { target_uri: 'tel:+1' }, options),
  hangupCall: (options) => hangupCall('rtc_1', options),
}
const names = Object.keys(requests)

function act(name: string, options: ServerOptions): Promise<unknown> {
  return requests[name]?.(options) ?? Promise.resolve()
}

/** Everything that a log, a debugger or a reporter could make of an error. */
function allOf(error: unknown): string {
  const parts: string[] = []
  for (let each: unknown = error, depth = 0; each !== undefined && depth < 10; depth++) {
    const { message, stack, cause } = each as Error
    parts.push(
      String(each),
      message,
      String(stack),
      JSON.stringify(each),
      JSON.stringify(Object.entries(each as object)),
    )
    parts.push(inspect(each, { depth: null, showHidden: true, getters: true }))
    each = cause
  }
  return parts.join('\n')
}

describe('sent bytes', () => {
  it.each(names)('contain the key once, in its header: %s', async (name) => {
    const api = await startApi(({ url }) =>
      url.includes('/calls?') ? { status: 201, body: sdp } : { body: secretAnswer },
    )
    await act(name, { apiKey: key, baseUrl: `${api.url}?api-version=1` })
    const bytes = api.bytes()
    expect(bytes.split(key)).toHaveLength(2)
    const lines = bytes.split('\r\n').filter((line) => line.includes(key))
    expect(lines.map((line) => line.toLowerCase())).toEqual([`authorization: bearer ${key.toLowerCase()}`])
    const [requestLine] = bytes.split('\r\n')
    expect(requestLine).toMatch(/^POST \/v1\/realtime\/[\w/]+\?api-version=1 HTTP\/1\.1$/)
    // In no other spelling either.
    for (const spelling of [btoa(key), encodeURIComponent(`Bearer ${key}`), [...key].reverse().join('')])
      expect(bytes).not.toContain(spelling)
  })

  it('contain the key once in the header that apiKeyHeader names', async () => {
    const api = await startApi(() => ({ body: secretAnswer }))
    await createClientSecret({}, { apiKey: key, apiKeyHeader: 'api-key', baseUrl: api.url })
    const lines = api
      .bytes()
      .split('\r\n')
      .filter((line) => line.includes(key))
    expect(lines).toEqual([`api-key: ${key}`])
    expect(api.bytes().toLowerCase()).not.toContain('authorization')
  })

  it('contain the key once per attempt', async () => {
    const api = await startApi((_, index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '0' } } : { body: secretAnswer },
    )
    await createClientSecret({}, { apiKey: key, baseUrl: api.url })
    expect(api.seen).toHaveLength(2)
    expect(api.bytes().split(key)).toHaveLength(3)
  })

  it('are none when validation fails', async () => {
    const api = await startApi()
    await rejection(
      createClientSecret({ session: { type: 'realtime', voice: 'x' } as never }, { apiKey: key, baseUrl: api.url }),
    )
    await rejection(hangupCall('..', { apiKey: key, baseUrl: api.url }))
    expect(api.bytes()).toBe('')
  })

  it('are sent only to the server', async () => {
    const written = [
      ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level)),
      vi.spyOn(process.stdout, 'write'),
      vi.spyOn(process.stderr, 'write'),
    ]
    const api = await startApi(() => ({ status: 401, body: { error: { code: 'invalid_api_key' } } }))
    for (const name of names) await rejection(act(name, { apiKey: key, baseUrl: api.url }))
    expect(
      written
        .flatMap((spy) => spy.mock.calls)
        .map(String)
        .join(''),
    ).not.toContain(key)
  })
})

/** Answers that send back all that they know, wherever an error might look. */
const echoes = {
  'a refusal': () => ({
    status: 400,
    headers: { 'x-request-id': key, 'retry-after': key },
    body: { error: { code: key, type: key, param: key, message: `Incorrect API key provided: ${key}` } },
  }),
  'a refusal that wraps it': () => ({
    status: 403,
    headers: { 'x-request-id': `req_${key}` },
    body: { error: { code: `bad.${key.toUpperCase()}`, param: `headers[${key}]` } },
  }),
  'a redirect': () => ({ status: 302, headers: { location: `https://${key}.evil.example/${key}?${key}#${key}` } }),
  'an answer of another shape': () => ({ status: 200, headers: { 'x-request-id': key }, body: { [key]: key } }),
  'an answer that is no JSON': () => ({ status: 200, headers: { location: `/calls/${key}` }, body: `{"${key}` }),
  'a broken connection': () => 'drop' as const,
} as const

describe('errors', () => {
  for (const [what, reply] of Object.entries(echoes))
    it.each(['createClientSecret', 'createCall'])(
      `never holds the key, whatever the server echoes: ${what}, %s`,
      async (name) => {
        const api = await startApi(reply)
        const error = await rejection(act(name, { apiKey: key, baseUrl: api.url, maxRetries: 0 }))
        expect(isHttpError(error)).toBe(true)
        expect(allOf(error).toLowerCase()).not.toContain(key.toLowerCase())
      },
    )

  it('never contain values of the headers option', async () => {
    const reply = echoes['a refusal']
    const api = await startApi(reply)
    for (const headers of [
      { 'Api-Key': key },
      { Authorization: `Basic ${key}` },
      { Cookie: `session=${key}; other=1` },
      { 'X-Something': key },
    ]) {
      const error = await rejection(createClientSecret({}, { headers, baseUrl: api.url }))
      expect(error).toMatchObject({
        code: 'STATUS',
        data: { code: 'redacted', param: 'redacted', requestId: 'redacted' },
      })
      expect(allOf(error)).not.toContain(key)
    }
  })

  it.each<[string, ServerOptions]>([
    ['a key with a line break', { apiKey: `${key}\n` }],
    ['a key with spaces', { apiKey: () => ` ${key} ` }],
    ['an address with a password', { baseUrl: `https://me:${key}@api.example.com/v1` }],
    ['an address that is none', { baseUrl: `://${key}` }],
    ['a header with a line break', { headers: { authorization: `Bearer ${key}\r\nx: y` } }],
    ['a header whose name is a key', { headers: { [`${key}:`]: 'x' } }],
    ['an organization with a line break', { organization: `${key}\n` }],
    ['clear text', { apiKey: key, baseUrl: `http://api.example.com/v1?key=${key}` }],
    [
      'a fetch that tells what it sent',
      { apiKey: key, fetch: (url, init) => Promise.reject(new Error(JSON.stringify([url, init]))) },
    ],
    [
      'a fetch whose code is the key',
      { apiKey: key, fetch: () => Promise.reject(Object.assign(new Error(key), { code: key })) },
    ],
    [
      'a query that holds the key',
      {
        apiKey: key,
        baseUrl: `https://api.example.com/v1?key=${key}`,
        fetch: async () => new Response(null, { status: 500 }),
      },
    ],
  ])('never contain a key passed in the wrong place: %s', async (_, options) => {
    const fetch = options.fetch ?? (async () => Response.json(secretAnswer))
    const error = await rejection(
      createClientSecret({}, { baseUrl: 'https://api.example.com/v1', maxRetries: 0, ...options, fetch }),
    )
    expect(isHttpError(error)).toBe(true)
    expect(allOf(error)).not.toContain(key)
  })

  it('keep the request URL when a header contains a part of it', async () => {
    const api = await startApi(() => ({ status: 400, body: { error: { code: 'bad', param: 'session.type' } } }))
    const headers = { 'OpenAI-Beta': 'realtime=v1' }
    const error = await rejection(createClientSecret({}, { apiKey: key, headers, baseUrl: api.url }))
    const request = `POST ${api.url}/realtime/client_secrets`
    expect(error).toMatchObject({ data: { request, code: 'bad', param: 'session.type' } })
  })

  it('never contain a key that looks like an error code', async () => {
    const fetch = () => Promise.reject(Object.assign(new Error(), { code: wordKey }))
    const options = { apiKey: wordKey, fetch, baseUrl: 'https://api.example.com/v1', maxRetries: 0 }
    const error = await rejection(createClientSecret({}, options))
    expect(error).toMatchObject({ code: 'NETWORK', data: { reason: 'redacted' } })
    expect(allOf(error)).not.toContain(wordKey)
  })

  it('never contain content of the request', async () => {
    const api = await startApi(({ body }) => ({
      status: 400,
      body: { error: { message: body, code: 'bad', param: 'x' } },
    }))
    const options = { apiKey: key, baseUrl: api.url }
    const instructions = 'Ada Lovelace lives at 12 St James’s Square.'
    for (const error of [
      await rejection(acceptCall('rtc_1', { instructions }, options)),
      await rejection(createCall({ sdp: `${sdp}a=ice-pwd:hunter2\r\n`, session: { instructions } }, options)),
      await rejection(referCall('rtc_1', { target_uri: 'tel:+14155550123' }, options)),
      await rejection(
        createClientSecret({ session: { type: 'realtime', instructions: [instructions] as never } }, options),
      ),
      await rejection(
        createClientSecret(
          { session: { type: 'realtime', prompt: { id: 'p', variables: { 'Ada Lovelace': 7 as never } } } },
          options,
        ),
      ),
    ])
      expect(allOf(error)).not.toMatch(/Ada|hunter2|4155550123/)
  })
})
