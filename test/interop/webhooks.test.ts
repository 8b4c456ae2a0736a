import { createHmac, randomBytes } from 'node:crypto'
import OpenAI from 'openai'
import { parseWebhook, signWebhook, verifyWebhook } from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'

const client = new OpenAI({ apiKey: 'sk-test' })
const now = () => Math.floor(Date.now() / 1000)
const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ok!').toString('base64')}`
const stranger = `v1,${Buffer.alloc(32, 9).toString('base64')}`

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

/** A signature made with nothing of ours. */
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

describe('webhooks of this package and of the openai client', () => {
  it('signed by this package: are unwrapped by the openai client', async () => {
    for (const body of bodies)
      for (const using of secrets) {
        const headers = await signWebhook(body, { secrets: using })
        expect(await client.webhooks.unwrap(body, headers, using)).toEqual(JSON.parse(body))
      }
  })

  it('signed with two secrets: are unwrapped with either', async () => {
    const headers = await signWebhook(call.id, { secrets: secrets.slice(0, 2) })
    for (const using of secrets.slice(0, 2)) await client.webhooks.verifySignature(call.id, headers, using)
    await expect(client.webhooks.verifySignature(call.id, headers, secrets[2])).rejects.toThrow()
  })

  it('accepted by the openai client: are accepted by verifyWebhook', async () => {
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
    'a good one': good,
    'the right one last of two': withSignature((one) => `${stranger} ${one}`),
    'the right one among malformed ones': withSignature((one) => `v1,%% v2,abc ${one} v1,`),
    'the right one behind 40 others': withSignature((one) => `${`${stranger} `.repeat(40)}${one}`),
    'only others': withSignature(() => `${stranger} ${stranger}`),
    '40 others': withSignature(() => `${stranger} `.repeat(40)),
    nonsense: withSignature(() => 'nonsense'),
    'another id': () => ({ ...good(), 'webhook-id': 'wh_2' }),
    'another secret': () => sign(body, { using: 'another' }),
    'another body': () => sign(`${body} `),
    'no id': () => ({ ...good(), 'webhook-id': '' }),
    yesterday: () => sign(body, { timestamp: String(now() - 86_400) }),
    tomorrow: () => sign(body, { timestamp: String(now() + 86_400) }),
    'a little ago': () => sign(body, { timestamp: String(now() - 290) }),
    'a little ahead': () => sign(body, { timestamp: String(now() + 290) }),
    'long before': () => sign(body, { timestamp: '0' }),
    'no time': () => sign(body, { timestamp: 'soon' }),
    'a negative time': () => sign(body, { timestamp: '-5' }),
  }

  it.each(Object.entries(cases))('have the same result in both: %s', async (_, headersOf) => {
    const headers = headersOf()
    const theirs = await accepts(client.webhooks.verifySignature(body, headers, secret))
    expect(await accepts(verifyWebhook(body, headers, { secrets: secret }))).toBe(theirs)
  })

  it('with an invalid timestamp or a signature without a version: are rejected by verifyWebhook only', async () => {
    for (const headers of [sign(body, { timestamp: `${now()}abc` }), withSignature((one) => one.slice(3))()]) {
      expect(await accepts(client.webhooks.verifySignature(body, headers, secret))).toBe(true)
      expect(await accepts(verifyWebhook(body, headers, { secrets: secret }))).toBe(false)
    }
  })

  it('are rejected by age even if the tolerance is NaN', async () => {
    const headers = sign(body, { timestamp: String(now() - 86_400) })
    expect(await accepts(client.webhooks.verifySignature(body, headers, secret, Number.NaN))).toBe(true)
    expect(await accepts(verifyWebhook(body, headers, { secrets: secret, toleranceMs: Number.NaN }))).toBe(false)
  })
})
