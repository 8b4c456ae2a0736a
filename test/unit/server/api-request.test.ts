import { createCall, createClientSecret, hangupCall, isHttpError, type ServerOptions } from 'realtime-primitives/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { rejection, secretAnswer, startApi } from './support/api.js'

const apiKey = 'sk-standard'
const baseUrl = 'https://api.example.com/v1'
const offer = 'v=0\r\n'

afterEach(() => {
  vi.unstubAllGlobals()
})

interface Sent {
  readonly url: string
  readonly headers: Headers
}

/** A network that answers in order; what is no answer is thrown, and what is nothing never comes. */
function network(...answers: readonly (Response | Error | undefined)[]) {
  const sent: Sent[] = []
  const signals: (AbortSignal | null | undefined)[] = []
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    const answer = answers[sent.length]
    sent.push({ url, headers: new Headers(init.headers) })
    signals.push(init.signal)
    if (answer === undefined) return new Promise(() => {})
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return { fetch, sent, signals }
}

const minted = () => Response.json(secretAnswer)
const refusing = (status: number, error: object = {}, headers: Record<string, string> = {}) =>
  Response.json({ error }, { status, headers })
const broken = (code: string) => Object.assign(new TypeError('fetch failed'), { cause: { code } })

function mint(options: ServerOptions = {}) {
  return createClientSecret({}, { apiKey, baseUrl, ...options })
}

describe('the fetch option', () => {
  it('can be a function that requires the global `this`, as in browsers and Workers', async () => {
    async function native(this: unknown) {
      if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
      return minted()
    }
    expect(await mint({ fetch: native })).toEqual(secretAnswer)
  })
})

describe('the request URL', () => {
  it.each([
    [undefined, 'https://api.openai.com/v1/realtime/client_secrets'],
    ['https://example.com/openai/v1/', 'https://example.com/openai/v1/realtime/client_secrets'],
    [
      'https://x.openai.azure.com/openai/v1?api-version=preview#top',
      'https://x.openai.azure.com/openai/v1/realtime/client_secrets?api-version=preview',
    ],
    ['wss://example.com/v1', 'https://example.com/v1/realtime/client_secrets'],
    ['ws://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/v1/realtime/client_secrets'],
    [new URL('https://example.com/v1'), 'https://example.com/v1/realtime/client_secrets'],
  ])('is below %s', async (base, url) => {
    const { fetch, sent } = network(minted())
    await createClientSecret({}, { apiKey, fetch, ...(base === undefined ? {} : { baseUrl: base }) })
    expect(sent[0]?.url).toBe(url)
  })

  it('is determined before the key is fetched', async () => {
    const base = new URL(baseUrl)
    const { fetch, sent } = network(minted())
    const minting = mint({
      baseUrl: base,
      fetch,
      apiKey: () => {
        base.host = 'evil.example'
        return 'sk-1'
      },
    })
    await minting
    expect(sent[0]?.url).toBe('https://api.example.com/v1/realtime/client_secrets')
  })

  it('uses the global fetch by default', async () => {
    const { fetch, sent } = network(minted())
    vi.stubGlobal('fetch', fetch)
    await mint()
    expect(sent).toHaveLength(1)
  })
})

describe('the request headers', () => {
  const carried = async (options: ServerOptions) => {
    const { fetch, sent } = network(minted())
    await mint({ fetch, ...options })
    return Object.fromEntries(sent[0]?.headers ?? [])
  }

  it('contain the organization and the project', async () => {
    expect(await carried({ organization: 'org-1', project: 'proj_1' })).toEqual({
      accept: 'application/json',
      authorization: 'Bearer sk-standard',
      'content-type': 'application/json',
      'openai-organization': 'org-1',
      'openai-project': 'proj_1',
    })
  })

  it('contain the key in the header that the host expects', async () => {
    const headers = await carried({ apiKeyHeader: 'api-key' })
    expect(headers['api-key']).toBe('sk-standard')
    expect(headers).not.toHaveProperty('authorization')
  })

  it('can be added, replaced in any case, kept, and removed', async () => {
    const headers = await carried({
      organization: 'org-1',
      project: 'proj_1',
      headers: { 'X-Trace': '7', AUTHORIZATION: 'Basic abc', 'OpenAI-Organization': null, 'openai-project': undefined },
    })
    expect(headers).toEqual({
      accept: 'application/json',
      authorization: 'Basic abc',
      'content-type': 'application/json',
      'openai-project': 'proj_1',
      'x-trace': '7',
    })
  })

  it('are determined before the key is fetched, and the options are not changed', async () => {
    const headers = Object.freeze({ 'X-Trace': '7' })
    const changing: Record<string, string> = { ...headers }
    const apiKey = () => {
      changing['X-Trace'] = '8'
      return 'sk-1'
    }
    expect((await carried({ headers: changing, apiKey }))['x-trace']).toBe('7')
    const options = Object.freeze({ apiKey: 'sk-1', baseUrl: Object.freeze(new URL(baseUrl)), headers })
    await carried(options)
    expect([options.baseUrl.href, options.headers]).toEqual([baseUrl, { 'X-Trace': '7' }])
  })

  it('contain the key of their own request when requests run in parallel', async () => {
    const { fetch, sent } = network(minted(), minted())
    await Promise.all(['sk-first', 'sk-second'].map((key) => mint({ fetch, apiKey: async () => key })))
    expect(sent.map(({ headers }) => headers.get('authorization')).sort()).toEqual([
      'Bearer sk-first',
      'Bearer sk-second',
    ])
  })

  it('need no key for another server', async () => {
    const { fetch, sent } = network(minted())
    await createClientSecret({}, { baseUrl, fetch })
    expect(sent[0]?.headers.has('authorization')).toBe(false)
  })
})

describe('an invalid option', () => {
  it.each<[ServerOptions, string]>([
    [{ baseUrl: 'nowhere' }, 'The option "baseUrl" is not a URL; pass one such as "https://example.com/v1".'],
    [{ baseUrl: 'ftp://example.com' }, 'The option "baseUrl" must start with "https:" or "http:".'],
    [
      { baseUrl: 'https://me:pass@example.com' },
      'The option "baseUrl" must not contain a user or password; pass apiKey or headers.',
    ],
    ...['api-key', 'Authorization', 'key', 'Ocp-Apim-Subscription-Key', 'access_token'].map(
      (name): [ServerOptions, string] => [
        { baseUrl: `https://example.com/v1?${name}=x` },
        'The option "baseUrl" must not contain a key in its query, which appears in logs; pass apiKey or headers.',
      ],
    ),
    [
      { baseUrl: 'http://example.com/v1' },
      'The option "baseUrl" would send credentials without encryption; use an "https:" URL.',
    ],
    [
      { apiKey: 'sk-1\n' },
      'The option "apiKey" must be a string of printable ASCII characters without spaces; check for a stray line break.',
    ],
    [
      { apiKey: () => undefined as never },
      'The option "apiKey" is missing, because its function returned none; check that the variable it is read from is set.',
    ],
    [
      { apiKeyHeader: 'api key' },
      'The option "apiKeyHeader" must be a valid header name; check for spaces and colons.',
    ],
    ...[new Headers({ 'x-a': '1' }), new Map([['x-a', '1']]), [['x-a', '1']], null, 'x-a: 1'].map(
      (headers): [ServerOptions, string] => [
        { headers: headers as never },
        'The option "headers" must be an object of names and values; pass Object.fromEntries(headers) for other types.',
      ],
    ),
    [
      { signal: new AbortController() as never },
      'The option "signal" must be an AbortSignal; pass the signal of the AbortController.',
    ],
    [{ headers: { 'x y': '1' } }, 'The option "headers" must be a valid header name; check for spaces and colons.'],
    [
      { headers: { 'X-Key': 'a\r\nb: c' } },
      'The option "headers.x-key" must be a string without line breaks and control characters.',
    ],
    [
      { organization: 'org\n' },
      'The option "organization" must be a string without line breaks and control characters.',
    ],
    [{ project: 7 as never }, 'The option "project" must be a string without line breaks and control characters.'],
    [{ timeoutMs: Number.NaN }, 'The option "timeoutMs" must be a whole number between 1 and 2147483647.'],
    [{ timeoutMs: 0 }, 'The option "timeoutMs" must be a whole number between 1 and 2147483647.'],
    [{ maxRetries: Number.POSITIVE_INFINITY }, 'The option "maxRetries" must be a whole number between 0 and 10.'],
    [{ fetch: 'yes' as never }, 'The option "fetch" must be a function.'],
  ])('is named in the error, and no request is sent: %j', async (options, message) => {
    const { fetch, sent } = network(minted())
    const error = await rejection(mint({ fetch, ...options }))
    expect(error.shortMessage).toBe(message)
    expect(isHttpError(error, 'INVALID_OPTION')).toBe(true)
    expect(sent).toEqual([])
  })

  it('can be the options object', async () => {
    expect(await rejection(createClientSecret({}, null as never))).toMatchObject({ data: { option: 'options' } })
    expect(await rejection(createCall(null as never, { apiKey }))).toMatchObject({ data: { option: 'sdp' } })
  })

  it('is a missing key where one is required', async () => {
    const error = await rejection(createClientSecret({}, { fetch: network().fetch }))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', data: { option: 'apiKey' } })
  })

  it('is an unencrypted URL with any credential, and no key is fetched', async () => {
    const key = vi.fn(() => 'sk-1')
    const clear = { baseUrl: 'http://example.com/v1', fetch: network().fetch }
    for (const options of [{ apiKey: key }, { headers: { 'Api-Key': 'secret' } }, { headers: { cookie: 'a=b' } }])
      expect(await rejection(createClientSecret({}, { ...clear, ...options }))).toMatchObject({
        data: { option: 'baseUrl' },
      })
    expect(key).not.toHaveBeenCalled()
    await createClientSecret({}, { ...clear, fetch: network(minted()).fetch, headers: { 'x-trace': '1' } })
  })

  it('is not an exception of a key function, which is passed on', async () => {
    const failure = new Error('the vault is closed')
    const failing = () => Promise.reject(failure)
    expect(await rejection(mint({ apiKey: failing, fetch: network().fetch }))).toBe(failure)
  })
})

describe('in a browser', () => {
  it('a standard key is rejected, and a client secret is accepted', async () => {
    vi.stubGlobal('window', { document: {} })
    const { fetch, sent } = network(Response.json({}), Response.json({}))
    const exposed = [
      { apiKey },
      { apiKey: () => apiKey },
      { apiKey: 'ek_1', headers: { 'api-key': apiKey } },
      { headers: { Authorization: `Bearer ${apiKey}` } },
      { headers: { 'x-api-token': apiKey } },
    ]
    for (const options of exposed) {
      const error = await rejection(hangupCall('rtc_1', { baseUrl, fetch, ...options }))
      expect(error.shortMessage).toBe(
        'A standard API key must not be used in a browser, where every visitor can read it. Call this on your server, and pass a client secret (ek_…) to the page.',
      )
    }
    expect(sent).toEqual([])
    await hangupCall('rtc_1', { baseUrl, fetch, apiKey: 'ek_1' })
    await hangupCall('rtc_1', { baseUrl, fetch, headers: { authorization: 'Bearer ek_1' } })
    expect(sent).toHaveLength(2)
  })
})

describe('in a worker', () => {
  it('of a browser a standard key is rejected, and on a server it is accepted', async () => {
    vi.stubGlobal('WorkerGlobalScope', class {})
    vi.stubGlobal('importScripts', () => {})
    const { fetch, sent } = network(minted())
    vi.stubGlobal('WebSocketPair', class {})
    await mint({ fetch })
    vi.unstubAllGlobals()
    vi.stubGlobal('WorkerGlobalScope', class {})
    vi.stubGlobal('importScripts', () => {})
    vi.stubGlobal('process', undefined)
    // The name must be absent and not only undefined, as it is in a browser.
    Reflect.deleteProperty(globalThis, 'process')
    expect(await rejection(mint({ fetch }))).toMatchObject({ code: 'KEY_EXPOSED', data: { runtime: 'browser worker' } })
    expect(sent).toHaveLength(1)
  })
})

describe('an error response', () => {
  it('leads to an error with the code, and without the message of the server', async () => {
    const error = { message: 'Ada Lovelace, +14155550123', code: 'invalid_value', param: 'session.audio.output.voice' }
    const api = await startApi(() => ({ status: 400, headers: { 'x-request-id': 'req_1' }, body: { error } }))
    const refused = await rejection(mint({ baseUrl: api.url }))
    expect(refused.shortMessage).toBe(
      `POST ${api.url}/realtime/client_secrets failed with HTTP 400 invalid_value at "session.audio.output.voice"; correct the request.`,
    )
    expect(refused).toMatchObject({
      data: { status: 400, code: 'invalid_value', requestId: 'req_1', retryAfterMs: undefined, attempts: 1 },
    })
    expect(JSON.stringify(refused)).not.toMatch(/Ada|\+1415/)
  })

  it.each([
    [401, 'check the API key'],
    [403, 'check the permissions of the key, the organization, and the project'],
    [404, 'check the URL, and whether the call has ended'],
    [409, 'the call is in a state that does not allow it'],
    [422, 'correct the request'],
  ])('with status %i leads to an error that contains the remedy', async (status, advice) => {
    const error = await rejection(mint({ fetch: network(refusing(status)).fetch }))
    expect(error.shortMessage).toContain(`failed with HTTP ${status}; ${advice}.`)
  })

  it.each(['', 'gateway says no', '{', 'null', '{"error":"text"}', '{"error":{"code":7,"param":{},"type":null}}'])(
    'can have an invalid body: %j',
    async (body) => {
      const error = await rejection(mint({ fetch: network(new Response(body, { status: 418 })).fetch }))
      expect(error).toMatchObject({ code: 'STATUS', data: { status: 418, code: undefined, param: undefined } })
    },
  )

  it.each([
    ['+14155550123', undefined],
    ['4155550123', undefined],
    ['ada@example.com', undefined],
    ['Ada Lovelace', undefined],
    ['session.prompt.variables.Ada', 'session.prompt.variables.*'],
    ['session.tools[0].headers["Ada"]', undefined],
    ['session.tools[0].name', 'session.tools[0].name'],
  ])('leads to an error with the field name, and without personal data: %s', async (param, told) => {
    const error = await rejection(mint({ fetch: network(refusing(400, { param, code: 'bad' })).fetch }))
    expect(error).toMatchObject({ data: { param: told, code: 'bad' } })
  })

  it('has the type as code when there is none, and the request id of Azure', async () => {
    const answer = refusing(400, { code: null, type: 'invalid_request_error' }, { 'apim-request-id': 'a-1' })
    const error = await rejection(mint({ fetch: network(answer).fetch }))
    expect(error).toMatchObject({ data: { code: 'invalid_request_error', requestId: 'a-1' } })
  })
})

describe('retries', () => {
  it.each([408, 429, 500, 502, 503, 504])('happen after %i for idempotent requests', async (status) => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(status), refusing(status), minted())
    const minting = mint({ clock, fetch })
    await clock.advance(499)
    await clock.advance(10_000)
    expect(await minting).toEqual(secretAnswer)
    expect(sent).toHaveLength(3)
    expect(clock.pending).toBe(0)
  })

  it('wait at most half a second at first, then longer', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(500), refusing(500), minted())
    const minting = mint({ clock, fetch })
    await clock.advance(249)
    expect(sent).toHaveLength(1)
    await clock.advance(251)
    expect(sent).toHaveLength(2)
    await clock.advance(249)
    expect(sent).toHaveLength(2)
    await clock.advance(1_000)
    await minting
  })

  it('fetch a key for each attempt', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(500), minted())
    let keys = 0
    const minting = mint({ clock, fetch, apiKey: () => `sk-${++keys}` })
    await clock.advance(1_000)
    await minting
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer sk-1', 'Bearer sk-2'])
  })

  it('honor Retry-After', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(429, {}, { 'retry-after': '5' }), minted())
    const minting = mint({ clock, fetch })
    await clock.advance(4_999)
    expect(sent).toHaveLength(1)
    await clock.advance(1)
    await minting
    expect(sent).toHaveLength(2)
  })

  it.each([
    [{ 'retry-after-ms': '1250', 'retry-after': '5' }, 1_250],
    [{ 'retry-after-ms': ' 1250 ' }, 1_250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2_000],
    [{ 'retry-after-ms': '', 'retry-after': '2' }, 2_000],
  ])('prefer retry-after-ms to Retry-After: %j', async (headers, delayMs) => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(429, {}, headers), minted())
    const minting = mint({ clock, fetch })
    await clock.advance(delayMs - 1)
    expect(sent).toHaveLength(1)
    await clock.advance(1)
    await minting
    expect(sent).toHaveLength(2)
  })

  it('report the requested delay in milliseconds', async () => {
    const { fetch } = network(refusing(429, {}, { 'retry-after-ms': '90000.4', 'retry-after': '1' }))
    const error = await rejection(mint({ fetch }))
    expect(error).toMatchObject({ code: 'STATUS', data: { retryAfterMs: 90_000, attempts: 1 } })
  })

  it.each(['0', '-5', 'Wed, 21 Oct 2015 07:28:00 GMT'])(
    'use the default delay when the requested time has passed: %s',
    async (over) => {
      const clock = createManualClock()
      const { fetch, sent } = network(refusing(429, {}, { 'retry-after': over }), minted())
      const minting = mint({ clock, fetch })
      await clock.advance(249)
      expect(sent).toHaveLength(1)
      await clock.advance(251)
      await minting
      expect(sent).toHaveLength(2)
    },
  )

  it('do not wait beyond the deadline, and report the requested delay', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(429, {}, { 'retry-after': '3600' }))
    const error = await rejection(mint({ clock, fetch }))
    expect(error).toMatchObject({ code: 'STATUS', data: { status: 429, retryAfterMs: 3_600_000, attempts: 1 } })
    expect(sent).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it.each([
    [refusing(429, { code: 'insufficient_quota' })],
    [refusing(400)],
    [refusing(401)],
    [refusing(404)],
    [refusing(501)],
    [Response.json({})],
  ])('do not happen for permanent errors (%#)', async (answer) => {
    const { fetch, sent } = network(answer)
    await rejection(mint({ fetch, clock: createManualClock() }))
    expect(sent).toHaveLength(1)
  })

  it('stop after maxRetries, and the error contains the number of attempts', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(503), refusing(503), refusing(503), refusing(503))
    const failing = rejection(mint({ clock, fetch }))
    await clock.advance(20_000)
    expect((await failing).shortMessage).toContain('failed with HTTP 503 after 3 attempts; try again later.')
    expect(sent).toHaveLength(3)
    const once = network(refusing(503))
    await rejection(mint({ fetch: once.fetch, maxRetries: 0 }))
    expect(once.sent).toHaveLength(1)
  })

  it('do not happen for a call that may have been created', async () => {
    for (const answer of [refusing(500), refusing(503), refusing(408), broken('ECONNRESET')]) {
      const { fetch, sent } = network(answer, answer)
      await rejection(createCall({ sdp: offer }, { apiKey, baseUrl, fetch, clock: createManualClock() }))
      expect(sent).toHaveLength(1)
    }
  })

  it('happen for a call that cannot have been created', async () => {
    for (const answer of [refusing(429), broken('ECONNREFUSED'), broken('ENOTFOUND')]) {
      const clock = createManualClock()
      const { fetch, sent } = network(answer, new Response(offer, { status: 201 }))
      const calling = createCall({ sdp: offer }, { apiKey, baseUrl, fetch, clock })
      await clock.advance(1_000)
      expect((await calling).sdp).toBe(offer)
      expect(sent).toHaveLength(2)
    }
  })
})

describe('a network error', () => {
  it('contains the code of the runtime', async () => {
    const error = await rejection(mint({ fetch: network(broken('ECONNRESET')).fetch, maxRetries: 0 }))
    expect(error.shortMessage).toBe(
      `POST ${baseUrl}/realtime/client_secrets received no response (ECONNRESET). Check the URL and the network.`,
    )
  })

  it('can lack a code, and its message is not repeated', async () => {
    const error = await rejection(mint({ fetch: network(new TypeError('sk-standard')).fetch, maxRetries: 0 }))
    expect(error.shortMessage).toContain('received no response (the connection failed)')
    expect(error.cause).toBeUndefined()
  })

  it('is reported when the connection breaks before or during the response', async () => {
    const api = await startApi((_, index) =>
      index === 0 ? 'drop' : { headers: { 'content-length': '999' }, body: 'x' },
    )
    expect(await rejection(mint({ baseUrl: api.url, maxRetries: 0 }))).toMatchObject({ code: 'NETWORK' })
    const stuck = new ReadableStream({
      start: (controller) => controller.error(broken('ECONNRESET')),
    })
    expect(await rejection(mint({ fetch: network(new Response(stuck)).fetch, maxRetries: 0 }))).toMatchObject({
      code: 'NETWORK',
      data: { reason: 'ECONNRESET' },
    })
  })
})

describe('the deadline', () => {
  it('rejects a request without a response, and releases it', async () => {
    const clock = createManualClock()
    const { fetch, signals } = network(undefined)
    const late = rejection(mint({ clock, fetch }))
    await clock.advance(29_999)
    expect(signals[0]?.aborted).toBe(false)
    await clock.advance(1)
    const error = await late
    expect(error.shortMessage).toBe(
      `POST ${baseUrl}/realtime/client_secrets received no response within 30000 ms. Check the network, or raise timeoutMs.`,
    )
    expect(signals[0]?.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('includes the key function, and a late key sends no request', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(minted())
    let give: (key: string) => void = () => {}
    const apiKey = () => new Promise<string>((resolve) => (give = resolve))
    const late = rejection(mint({ clock, fetch, apiKey, timeoutMs: 100 }))
    await clock.advance(100)
    expect(await late).toMatchObject({ code: 'TIMEOUT', data: { timeoutMs: 100 } })
    give('sk-1')
    await clock.advance(0)
    expect(sent).toEqual([])
  })

  it('includes the response body', async () => {
    const clock = createManualClock()
    const { fetch } = network(new Response(new ReadableStream({}), { status: 200 }))
    const late = rejection(mint({ clock, fetch, timeoutMs: 100 }))
    await clock.advance(100)
    expect(await late).toMatchObject({ code: 'TIMEOUT' })
  })

  it('includes the delays between attempts', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(500), undefined)
    const late = rejection(mint({ clock, fetch, timeoutMs: 1_000 }))
    await clock.advance(1_000)
    expect(await late).toMatchObject({ code: 'TIMEOUT' })
    expect(sent).toHaveLength(2)
  })
})

describe('the signal', () => {
  it('sends no request when it has aborted before', async () => {
    const { fetch, sent } = network(minted())
    const reason = new Error('not now')
    expect(await rejection(mint({ fetch, signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(sent).toEqual([])
  })

  it('rejects a request with its reason, and leaves no timer', async () => {
    const clock = createManualClock()
    const { fetch, signals } = network(undefined)
    const controller = new AbortController()
    const ending = rejection(mint({ clock, fetch, signal: controller.signal }))
    await clock.advance(1)
    const reason = new Error('the page was closed')
    controller.abort(reason)
    expect(await ending).toBe(reason)
    expect(signals[0]?.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('rejects during a delay between attempts', async () => {
    const clock = createManualClock()
    const { fetch, sent } = network(refusing(500), minted())
    const controller = new AbortController()
    const ending = rejection(mint({ clock, fetch, signal: controller.signal }))
    await clock.advance(1)
    controller.abort()
    expect((await ending).name).toBe('AbortError')
    await clock.advance(60_000)
    expect(sent).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })
})
