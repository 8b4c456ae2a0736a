import { createHmac, randomBytes } from 'node:crypto'
import OpenAI from 'openai'
import { parseWebhook, signWebhook, verifyWebhook } from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'

const client = new OpenAI({ apiKey: 'sk-test' })
const now = () => Math.floor(Date.now() / 1000)
const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ok!').toString('base64')}`
const invalidSignature = `v1,${Buffer.alloc(32, 9).toString('base64')}`

const call = {
  object: 'event',
  id: 'evt_1',
  type: 'realtime.call.incoming',
  created_at: 1,
  data: { call_id: 'rtc_1', sip_headers: [{ name: 'From', value: '"Zoë" <sip:+14155550123@x>' }] },
}
const bodies = [JSON.stringify(call), JSON.stringify({ ...call, note: 'Grüße, 世界 🌍\n' }), '{}']
const secrets = [
  secret,
  `whsec_${randomBytes(24).toString('base64')}`,
  `whsec_${randomBytes(25).toString('base64').replace(/=+$/, '')}`,
  'a plain secret',
  'schlüssel 🔑',
]

/** Signs a body without code of this package. */
function sign(body: string, { using = secret, id = 'wh_1', timestamp = String(now()) } = {}) {
  const key = using.startsWith('whsec_') ? Buffer.from(using.slice(6), 'base64') : Buffer.from(using, 'utf8')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

const accepts = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  )

describe('webhooks of the openai client', () => {
  it('accept our signature', async () => {
    for (const body of bodies)
      for (const using of secrets) {
        const headers = await signWebhook(body, { secrets: using })
        expect(await client.webhooks.unwrap(body, headers, using)).toEqual(JSON.parse(body))
      }
  })

  it('accept our signature with two secrets when one matches', async () => {
    const headers = await signWebhook(call.id, { secrets: secrets.slice(0, 2) })
    for (const using of secrets.slice(0, 2)) await client.webhooks.verifySignature(call.id, headers, using)
    await expect(client.webhooks.verifySignature(call.id, headers, secrets[2])).rejects.toThrow()
  })

  it('pass our verification when they pass its own', async () => {
    for (const body of bodies)
      for (const using of secrets) {
        const headers = sign(body, { using })
        await client.webhooks.verifySignature(body, headers, using)
        await verifyWebhook(body, headers, { secrets: using })
        await verifyWebhook(Buffer.from(body), new Headers(headers), { secrets: using })
      }
    const { event } = await parseWebhook(bodies[0] ?? '', sign(bodies[0] ?? ''), { secrets: secret })
    expect(event).toEqual(await client.webhooks.unwrap(bodies[0] ?? '', sign(bodies[0] ?? ''), secret))
  })

  const body = bodies[1] ?? ''
  const good = () => sign(body)
  const withSignature = (write: (good: string) => string) => () => {
    const headers = good()
    return { ...headers, 'webhook-signature': write(headers['webhook-signature']) }
  }
  const cases: Readonly<Record<string, () => Record<string, string>>> = {
    'a valid signature': good,
    'a valid signature after an invalid one': withSignature((one) => `${invalidSignature} ${one}`),
    'a valid signature between malformed ones': withSignature((one) => `v1,%% v2,abc ${one} v1,`),
    'a valid signature after 40 invalid ones': withSignature((one) => `${`${invalidSignature} `.repeat(40)}${one}`),
    'two invalid signatures': withSignature(() => `${invalidSignature} ${invalidSignature}`),
    '40 invalid signatures': withSignature(() => `${invalidSignature} `.repeat(40)),
    'a malformed signature': withSignature(() => 'nonsense'),
    'another id': () => ({ ...good(), 'webhook-id': 'wh_2' }),
    'another secret': () => sign(body, { using: 'another' }),
    'another body': () => sign(`${body} `),
    'no id': () => ({ ...good(), 'webhook-id': '' }),
    'a timestamp of yesterday': () => sign(body, { timestamp: String(now() - 86_400) }),
    'a timestamp of tomorrow': () => sign(body, { timestamp: String(now() + 86_400) }),
    'a timestamp 290 s ago': () => sign(body, { timestamp: String(now() - 290) }),
    'a timestamp in 290 s': () => sign(body, { timestamp: String(now() + 290) }),
    'the timestamp 0': () => sign(body, { timestamp: '0' }),
    'a timestamp that is not a number': () => sign(body, { timestamp: 'soon' }),
    'a negative timestamp': () => sign(body, { timestamp: '-5' }),
  }

  it.each(Object.entries(cases))('get the same result as its verification: %s', async (_, headersOf) => {
    const headers = headersOf()
    const theirs = await accepts(client.webhooks.verifySignature(body, headers, secret))
    expect(await accepts(verifyWebhook(body, headers, { secrets: secret }))).toBe(theirs)
  })

  it('are rejected for a timestamp that only starts with a number, and for a signature without a version', async () => {
    for (const headers of [sign(body, { timestamp: `${now()}abc` }), withSignature((one) => one.slice(3))()]) {
      expect(await accepts(client.webhooks.verifySignature(body, headers, secret))).toBe(true)
      expect(await accepts(verifyWebhook(body, headers, { secrets: secret }))).toBe(false)
    }
  })

  it('are rejected by age for every tolerance, also NaN', async () => {
    const headers = sign(body, { timestamp: String(now() - 86_400) })
    expect(await accepts(client.webhooks.verifySignature(body, headers, secret, Number.NaN))).toBe(true)
    expect(await accepts(verifyWebhook(body, headers, { secrets: secret, toleranceMs: Number.NaN }))).toBe(false)
  })
})
