import { signWebhook } from 'realtime-primitives/server'
import { describe, expect, it } from 'vitest'
import { createHandler } from '../../examples/server-secrets/handler.js'
import { runExample } from '../support/run-example.js'

const webhookSecrets = 'a secret of the tests'
const call = JSON.stringify({
  type: 'realtime.call.incoming',
  id: 'evt_1',
  created_at: 1,
  data: { call_id: 'rtc_1', sip_headers: [] },
})

function handlerWith(onCall: () => Promise<void>, answer = new Response(null, { status: 401 })) {
  const lines: string[] = []
  const api = { apiKey: 'sk-x', baseUrl: 'https://api.example.com/v1', fetch: async () => answer }
  const handle = createHandler({ api, webhookSecrets, onCall, print: (line) => lines.push(line) })
  const post = (path: string, headers: Record<string, string> = {}, body = call) =>
    handle(new Request(`http://localhost${path}`, { method: 'POST', headers, body }))
  return { handle, post, lines }
}

describe('server-secrets', () => {
  it('runs as its README describes', async () => {
    const { code, stdout, stderr } = await run()
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toEqual([
      'page      got ek_…, and not the standard key',
      'page      completed: Hello from a borrowed key.',
      'server    rtc_1: Ada calls from +14155550123, account 42',
      'platform  a call: 200',
      'server    REPLAYED',
      'platform  the same again: 200',
      'server    INVALID_SIGNATURE',
      'platform  a forgery: 400',
    ])
  }, 180_000)

  it('handles the redelivery of a call that failed', async () => {
    let calls = 0
    const { post } = handlerWith(async () => {
      if (++calls === 1) throw new Error('the database is away')
    })
    const headers = await signWebhook(call, { secrets: webhookSecrets })
    await expect(post('/webhooks', headers)).rejects.toThrow('the database is away')
    expect((await post('/webhooks', headers)).status).toBe(200)
    expect((await post('/webhooks', headers)).status).toBe(200)
    expect(calls).toBe(2)
  })

  it('ignores other events, and rejects invalid webhooks', async () => {
    const { post, lines } = handlerWith(() => Promise.reject(new Error('not called')))
    const other = '{"type":"batch.completed"}'
    expect((await post('/webhooks', await signWebhook(other, { secrets: webhookSecrets }), other)).status).toBe(200)
    expect((await post('/webhooks')).status).toBe(400)
    expect(lines).toEqual(['MISSING_HEADER'])
  })

  it('sends the page no details when it cannot create a secret', async () => {
    const { post, handle, lines } = handlerWith(async () => {})
    const refused = await post('/client-secret')
    expect([refused.status, await refused.text()]).toEqual([502, 'no secret today'])
    expect(lines[0]).toContain('HTTP 401')
    expect((await post('/elsewhere')).status).toBe(404)
    expect((await handle(new Request('http://localhost/client-secret'))).status).toBe(405)
  })
})

const run = () => runExample('server-secrets/main.ts')
