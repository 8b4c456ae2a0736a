import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { isWebhookError, signWebhook, verifyWebhook, type WebhookHeaders } from 'realtime-primitives/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { rejection } from '../support/api.js'
import { clockAfter, nextSecret, options, secret, sentAt, signed } from './signed.js'

const body = '{"id":"evt_1","type":"response.completed","text":"Grüße, 世界 🌍"}'
const stranger = `v1,${Buffer.alloc(32, 7).toString('base64')}`

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('verifyWebhook: a webhook', () => {
  it('is genuine when its bytes are signed', async () => {
    expect(await verifyWebhook(body, await signed(body), options)).toEqual({ id: 'wh_1', sentAtMs: sentAt * 1000 })
  })

  it('is signed as in Standard Webhooks', async () => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signature = createHmac('sha256', key).update(`wh_1.${sentAt}.${body}`).digest('base64')
    expect(await signed(body)).toEqual({
      'webhook-id': 'wh_1',
      'webhook-timestamp': String(sentAt),
      'webhook-signature': `v1,${signature}`,
    })
  })

  it('gets an id and a timestamp when none is passed', async () => {
    const headers = await signWebhook(body, { secrets: secret })
    expect(headers['webhook-id']).toMatch(/^wh_\w{21}$/)
    expect(await verifyWebhook(body, headers, { secrets: secret })).toMatchObject({ id: headers['webhook-id'] })
  })

  const bytes = new TextEncoder().encode(body)
  const surrounded = new Uint8Array([1, 2, ...bytes, 3])
  it.each([
    ['text', body],
    ['bytes', bytes],
    ['a Buffer', Buffer.from(body)],
    ['an ArrayBuffer', bytes.slice().buffer],
    ['a DataView', new DataView(bytes.slice().buffer)],
    ['a part of a larger buffer', surrounded.subarray(2, -1)],
    ['an ArrayBuffer of another realm', runInNewContext('Uint8Array.from(bytes).buffer', { bytes })],
  ])('can be %s', async (_, rawBody) => {
    expect(await verifyWebhook(rawBody, await signed(body), options)).toMatchObject({ id: 'wh_1' })
  })

  it('can be empty', async () => {
    expect(await verifyWebhook('', await signed(''), options)).toMatchObject({ id: 'wh_1' })
  })

  it('can contain bytes that are not text', async () => {
    const raw = new Uint8Array([0xff, 0xfe, 0x00, 0x80])
    expect(await verifyWebhook(raw, await signed(raw), options)).toMatchObject({ id: 'wh_1' })
    await rejection(verifyWebhook(new TextDecoder().decode(raw), await signed(raw), options))
  })

  it.each([{ id: 'evt_1' }, undefined, null, 7, ['a']])('cannot be verified once it is parsed: %j', async (parsed) => {
    const error = await rejection(verifyWebhook(parsed as never, await signed(body), options))
    expect(error.shortMessage).toBe(
      'The option "rawBody" must be the raw text or bytes of the request; a parsed body cannot be verified.',
    )
  })
})

describe('verifyWebhook: the headers', () => {
  const upper = (headers: object) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))

  it.each<[string, (headers: Record<string, string>) => WebhookHeaders]>([
    ['Headers', (headers) => new Headers(headers)],
    ['a Map', (headers) => new Map(Object.entries(headers))],
    ['an object', (headers) => headers],
    ['an object in another case', upper],
    ['lists of one', (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))],
    [
      'an object with others beside',
      (headers) => ({ host: 'x', 'set-cookie': ['a', 'b'], gone: undefined, ...headers }),
    ],
  ])('can be %s', async (_, shape) => {
    expect(await verifyWebhook(body, shape(await signed(body)), options)).toMatchObject({ id: 'wh_1' })
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('must contain %s', async (header) => {
    const whole = await signed(body)
    const { [header as 'webhook-id']: _, ...without } = whole
    for (const headers of [
      without,
      { ...whole, [header]: '' },
      { ...whole, [header]: undefined },
      new Headers(without),
    ]) {
      const error = await rejection(verifyWebhook(body, headers as WebhookHeaders, options))
      expect(error.shortMessage).toBe(
        `The request has no header "${header}". Respond with 400, and check that no proxy removes the header.`,
      )
    }
  })

  it('must not be repeated', async () => {
    const headers = await signed(body)
    for (const twice of [
      { ...headers, 'Webhook-Id': 'wh_2' },
      { ...headers, 'webhook-id': ['wh_1', 'wh_2'] },
    ])
      expect(await rejection(verifyWebhook(body, twice, options))).toMatchObject({
        code: 'INVALID_HEADER',
        data: { header: 'webhook-id', problem: 'occurs more than once' },
      })
  })

  it('do not come from a prototype', async () => {
    const inherited = Object.create(await signed(body)) as WebhookHeaders
    expect(await rejection(verifyWebhook(body, inherited, options))).toMatchObject({ code: 'MISSING_HEADER' })
  })

  it.each([
    ['webhook-id', 'x'.repeat(513), 'is longer than 512 characters'],
    ['webhook-signature', 'x'.repeat(16_385), 'is longer than 16384 characters'],
  ])('have a maximum length: %s', async (header, value, problem) => {
    const error = await rejection(verifyWebhook(body, await signed(body, { [header]: value }), options))
    expect(error.shortMessage).toBe(`The header "${header}" ${problem}. Respond with 400.`)
  })

  it.each([undefined, null, 'webhook-id: 1'])('must exist: %j', async (headers) => {
    expect(await rejection(verifyWebhook(body, headers as never, options))).toMatchObject({
      data: { option: 'headers' },
    })
  })
})

describe('verifyWebhook: the timestamp', () => {
  it.each([0, 300, -300, 299.5, 300.999])('is accepted %d s from now', async (seconds) => {
    const clock = clockAfter(seconds)
    expect(await verifyWebhook(body, await signed(body), { ...options, clock })).toMatchObject({ id: 'wh_1' })
  })

  it.each([301, -301, 100_000])('is rejected %d s from now', async (seconds) => {
    const clock = clockAfter(seconds)
    const error = await rejection(verifyWebhook(body, await signed(body), { ...options, clock }))
    expect(error.shortMessage).toBe(
      `The timestamp of the webhook is ${Math.abs(seconds) * 1000} ms in the ${seconds < 0 ? 'future' : 'past'}, but the tolerance is 300000 ms. Respond with 400, and check the system clock.`,
    )
  })

  it('can have another tolerance, or none', async () => {
    const at = async (seconds: number, toleranceMs: number) =>
      verifyWebhook(body, await signed(body), { ...options, clock: clockAfter(seconds), toleranceMs })
    await at(10, 10_000)
    await at(0, 0)
    expect(await rejection(at(11, 10_000))).toMatchObject({ code: 'STALE_TIMESTAMP' })
    expect(await rejection(at(1, 0))).toMatchObject({ code: 'STALE_TIMESTAMP' })
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 604_800_001, null, '300000', {}])(
    'is checked with a valid tolerance: %j is rejected',
    async (toleranceMs) => {
      const stale = { ...options, clock: clockAfter(1e6), toleranceMs: toleranceMs as number }
      const error = await rejection(verifyWebhook(body, await signed(body), stale))
      expect(error.shortMessage).toBe('The option "toleranceMs" must be a number between 0 and 604800000.')
    },
  )

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined])('is rejected for a clock that returns %j', async (now) => {
    const clock = { now: () => now as number }
    const error = await rejection(verifyWebhook(body, await signed(body), { ...options, clock }))
    expect(error).toMatchObject({ code: 'STALE_TIMESTAMP' })
  })

  it.each([
    'soon',
    `${sentAt}.5`,
    `${sentAt}abc`,
    ` ${sentAt}`,
    `+${sentAt}`,
    `-${sentAt}`,
    `0${sentAt}`,
    '0x6AB13B80',
    '1e9',
    '1790000000000000',
    '١٧٩٠٠٠٠٠٠٠',
    '-0',
    'NaN',
    'Infinity',
  ])('must be whole seconds: %j', async (timestamp) => {
    // Genuine in all else: even the sender's signature does not help.
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const signature = createHmac('sha256', key).update(`wh_1.${timestamp}.${body}`).digest('base64')
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    const headers = await signed(body, { 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` })
    importKey.mockClear()
    const error = await rejection(verifyWebhook(body, headers, options))
    expect(error).toMatchObject({ code: 'INVALID_HEADER', data: { header: 'webhook-timestamp' } })
    expect(importKey).not.toHaveBeenCalled()
    importKey.mockRestore()
  })

  it('is stale when it is zero', async () => {
    const error = await rejection(verifyWebhook(body, await signed(body, { 'webhook-timestamp': '0' }), options))
    expect(error).toMatchObject({ code: 'STALE_TIMESTAMP' })
  })
})

describe('verifyWebhook: the signature', () => {
  it.each<[string, Record<string, string>, string]>([
    ['another body', {}, `${body} `],
    ['another id', { 'webhook-id': 'wh_2' }, body],
    ['another time', { 'webhook-timestamp': String(sentAt + 1) }, body],
    ['another signature', { 'webhook-signature': stranger }, body],
    ['no version', { 'webhook-signature': stranger.slice(3) }, body],
    ['another version', { 'webhook-signature': stranger.replace('v1', 'v1a') }, body],
    ['no base64', { 'webhook-signature': 'v1,!!!' }, body],
    ['too short', { 'webhook-signature': 'v1,AAAA' }, body],
    ['nothing after the version', { 'webhook-signature': 'v1,' }, body],
    ['only spaces', { 'webhook-signature': '   ' }, body],
  ])('does not match %s', async (_, changes, received) => {
    const error = await rejection(verifyWebhook(received, await signed(body, changes), options))
    expect(isWebhookError(error, 'INVALID_SIGNATURE')).toBe(true)
    expect(error.shortMessage).toBe(
      'The webhook has no valid signature. Respond with 400, check the secret, and pass the raw body instead of parsed JSON.',
    )
  })

  it('matches at any position in the list', async () => {
    const { 'webhook-signature': good } = await signed(body)
    for (const header of [
      `${good} ${stranger}`,
      `${stranger} ${good}`,
      `v1,%%% v2,abc  ${good} v1,`,
      `v1 , ${stranger} ${good}`,
    ])
      await verifyWebhook(body, await signed(body, { 'webhook-signature': header }), options)
  })

  it('is computed once per secret', async () => {
    const { 'webhook-signature': good } = await signed(body)
    const header = [...Array.from({ length: 300 }, () => stranger), good].join(' ')
    const headers = await signed(body, { 'webhook-signature': header })
    const sign = vi.spyOn(crypto.subtle, 'sign')
    await verifyWebhook(body, headers, { ...options, secrets: [nextSecret, secret] })
    expect(sign).toHaveBeenCalledTimes(2)
    sign.mockClear()
    await rejection(verifyWebhook(body, { ...headers, 'webhook-signature': 'v1,x '.repeat(3000) }, options))
    expect(sign).not.toHaveBeenCalled()
    sign.mockRestore()
  })

  it('does not match when a single bit differs', async () => {
    const headers = await signed(body)
    const bytes = Buffer.from(headers['webhook-signature'].slice(3), 'base64')
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const changed = { ...headers, 'webhook-signature': `v1,${flipped.toString('base64')}` }
      expect(await rejection(verifyWebhook(body, changed, options))).toMatchObject({ code: 'INVALID_SIGNATURE' })
    }
  })
})

describe('verifyWebhook: the secret', () => {
  it('can be the old or the new one during a rotation, on either side', async () => {
    for (const used of [secret, nextSecret])
      await verifyWebhook(body, await signed(body, {}, used), { ...options, secrets: [secret, nextSecret] })
    const both = await signWebhook(body, { secrets: [secret, nextSecret], id: 'wh_1', clock: clockAfter(0) })
    expect(both['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/)
    for (const known of [secret, nextSecret]) await verifyWebhook(body, both, { ...options, secrets: known })
  })

  it('can be plain text', async () => {
    for (const plain of ['geheim', 'schlüssel 🔑', 'whsecZm91cg=='])
      await verifyWebhook(body, await signed(body, {}, plain), { ...options, secrets: plain })
  })

  it('of another receiver does not match', async () => {
    const error = await rejection(verifyWebhook(body, await signed(body, {}, nextSecret), options))
    expect(error).toMatchObject({ code: 'INVALID_SIGNATURE', data: { signatures: 1, secrets: 1 } })
  })

  it.each<[unknown, string, string]>([
    ['', 'secrets', 'must be a string that is not empty; set it from your configuration'],
    [undefined, 'secrets', 'must be the signing secret of the webhook, or a list of 1 to 16'],
    [null, 'secrets', 'must be the signing secret of the webhook, or a list of 1 to 16'],
    [[], 'secrets', 'must be the signing secret of the webhook, or a list of 1 to 16'],
    [
      Array.from({ length: 17 }, () => secret),
      'secrets',
      'must be the signing secret of the webhook, or a list of 1 to 16',
    ],
    [[secret, undefined], 'secrets[1]', 'must be a string that is not empty; set it from your configuration'],
    [[7], 'secrets[0]', 'must be a string that is not empty; set it from your configuration'],
    ['geheim\n', 'secrets', 'must not start or end with whitespace; check for a line break'],
    [[secret, ` ${secret}`], 'secrets[1]', 'must not start or end with whitespace; check for a line break'],
    ['whsec_', 'secrets', 'must be base64 after "whsec_"; copy the complete secret'],
    ['whsec_not base64!', 'secrets', 'must be base64 after "whsec_"; copy the complete secret'],
    [[secret, 'whsec_A'], 'secrets[1]', 'must be base64 after "whsec_"; copy the complete secret'],
  ])('cannot be %j', async (secrets, option, problem) => {
    const error = await rejection(verifyWebhook(body, await signed(body), { ...options, secrets: secrets as string }))
    expect(error.shortMessage).toBe(`The option "${option}" ${problem}.`)
  })

  it('is required before the request is read', async () => {
    const error = await rejection(verifyWebhook(undefined as never, {}, undefined as never))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', data: { option: 'secrets' } })
  })

  it('is not contained in errors', async () => {
    const headers = await signed(body)
    for (const [given, wrong, changed] of [
      [secret, `${secret}!`, {}],
      [secret, nextSecret, {}],
      [secret, secret, { 'webhook-timestamp': '1' }],
      [secret, secret, { 'webhook-id': '' }],
    ] as const) {
      const error = await rejection(verifyWebhook(body, { ...headers, ...changed }, { ...options, secrets: wrong }))
      const all = `${inspect(error, { depth: null, showHidden: true })}${JSON.stringify(error)}${error.stack}`
      expect(all).not.toContain(given.slice(6))
      expect(all).not.toContain(wrong.slice(6))
      expect(all).not.toContain(headers['webhook-signature'])
    }
  })
})

describe('verifyWebhook: the runtime', () => {
  it('needs no Buffer and no atob', async () => {
    const headers = await signed(body)
    vi.stubGlobal('Buffer', undefined)
    vi.stubGlobal('atob', undefined)
    vi.stubGlobal('btoa', undefined)
    const verified = await verifyWebhook(body, headers, options)
    const again = await signed(body)
    vi.unstubAllGlobals()
    expect([verified.id, again]).toEqual(['wh_1', headers])
  })

  it.each([undefined, {}, { subtle: {} }])('needs WebCrypto, and its absence is reported first: %j', async (crypto) => {
    const headers = await signed(body)
    vi.stubGlobal('crypto', crypto)
    const error = await rejection(verifyWebhook(body, headers, { secrets: '' }))
    expect(error.shortMessage).toBe(
      'This runtime has no crypto.subtle. Use Node.js 20 or later, Bun, Deno, Workers, or a browser page in a secure context.',
    )
  })

  it('can fail to import a key, and the exception is passed on', async () => {
    const failure = new DOMException('no', 'OperationError')
    const headers = await signed(body)
    const importKey = vi.spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(failure)
    expect(await rejection(verifyWebhook(body, headers, options))).toBe(failure)
    importKey.mockRestore()
  })
})
