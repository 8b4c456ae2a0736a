import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signWebhook } from 'realtime-primitives/server'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { type EmulatorServer, serve } from 'realtime-primitives/testing/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openPage } from '../../examples/voice-agent-serverless/page.js'
import { bundleWorker, startRuntime } from '../../examples/voice-agent-serverless/runtime.js'
import { runExample } from '../support/run-example.js'

/** Long enough for a busy machine. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

it('voice-agent-serverless: keeps the conversation through hibernation and a deployment', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  const spoken = lines.filter((line) => /^page .* s: |comes into memory|goes on|begins|cut off/.test(line))
  expect(spoken).toEqual([
    'worker     a conversation comes into memory',
    'worker     a conversation begins',
    expect.stringMatching(/^page {7}completed, [\d.]+ s: Welcome to the hotel\.$/),
    'worker     a conversation comes into memory',
    'worker     a conversation goes on, from 2 items',
    expect.stringMatching(/^page {7}completed, [\d.]+ s: You are Ada\.$/),
    expect.anything(),
    expect.anything(),
    'worker     a conversation goes on, from 4 items',
    expect.stringMatching(/^page {7}completed, [\d.]+ s: You are Ada\.$/),
  ])
  expect(stdout).toContain('stranger   asks for a key: 403')
  expect(stdout).toMatch(/^worker {5}rtc_\w+ is over$/m)
  expect(stdout).toContain('telephone  without a number: rejected')
  expect(stdout).toContain('forger     signs with a guess: 400')
  expect(stdout).toContain('forger     repeats what was genuine: 200')
  expect(lines.at(-1)).toMatch(/^checked {4}0 of \d+ lines and messages with a secret of the Worker$/)
}, 270_000)

describe('voice-agent-serverless: the Worker', () => {
  const origin = 'https://hotel.example'
  const secrets = 'the-new-secret'
  const lines: string[] = []
  let platform: EmulatorServer
  let worker: Awaited<ReturnType<typeof startRuntime>>
  let storage: string

  const start = async (tickMs: number) =>
    startRuntime(await bundleWorker(), {
      vars: {
        OPENAI_API_KEY: 'sk-standard',
        WEBHOOK_SECRETS: `the-old-secret ${secrets}`,
        PAGE_ORIGIN: origin,
        TICK_MS: tickMs,
      },
      platform: new URL(platform.httpUrl).host,
      storage,
      print: (line) => lines.push(line),
    })

  beforeAll(async () => {
    const script = ({ text }: { text: string }) => reply(text.includes('long') ? 'word '.repeat(400) : 'Yes.')
    platform = await serve(createEmulator({ apiKey: 'sk-standard', voice: 'tone', latencyMs: 0, script }))
    storage = await mkdtemp(join(tmpdir(), 'voice-agent-serverless-'))
    worker = await start(60_000)
  })

  afterAll(async () => {
    await worker.close()
    await platform.close()
    await rm(storage, { recursive: true, force: true })
  })

  const enter = async (received: (message: string) => void = () => {}) => {
    const created = await fetch(`${worker.url}/conversations`, { method: 'POST', headers: { origin } })
    const { id } = (await created.json()) as { id: string }
    return { id, page: await openPage(`${worker.url}/conversations/${id}`, origin, received) }
  }

  it('rejects other origins and unknown conversations', async () => {
    const { id, page } = await enter()
    const address = `${worker.url.replace('http', 'ws')}/conversations`
    expect(await refusal(`${address}/${id}`, 'https://elsewhere.example')).toBe(403)
    expect(await refusal(`${address}/${id}`, undefined)).toBe(403)
    expect(await refusal(`${address}/${'0'.repeat(64)}`, origin)).toBe(404)
    expect(await refusal(`${address}/guess`, origin)).toBe(404)
    expect((await fetch(`${worker.url}/conversations/${id}`, { headers: { origin } })).status).toBe(426)
    expect((await fetch(`${worker.url}/elsewhere`, { headers: { origin } })).status).toBe(404)
    await page.close()
  })

  it('continues in the newest window, and closes the other one with 4000', async () => {
    const { id, page } = await enter()
    const newer = await openPage(`${worker.url}/conversations/${id}`, origin, () => {})
    expect(await page.closed).toBe(4000)
    expect(await newer.write('Are you there?')).toMatchObject({ words: 'Yes.' })
    await newer.close()
  })

  it('reports a failed request of the page, and continues', async () => {
    const { page } = await enter()
    await expect(page.say(new Uint8Array(96))).rejects.toThrow('the Worker could not do it')
    expect(await page.write('Are you there?')).toMatchObject({ status: 'completed', words: 'Yes.' })
    expect(lines.filter((line) => line.includes('input_audio_buffer.commit'))).toHaveLength(1)
    await page.close()
  })

  it('cancels the response when the caller interrupts', async () => {
    const messages: string[] = []
    const { page } = await enter((message) => messages.push(JSON.parse(message).type))
    const long = page.write('Say something long.')
    await eventually(() => messages).toContain('response.output_audio.delta')
    const interruption = page.say(new Uint8Array(48_000))
    await eventually(() => messages).toContain('interrupted')
    expect((await interruption).status).toBe('cancelled')
    await eventually(() => messages.filter((type) => type === 'answered')).toHaveLength(2)
    void long
    await page.close()
  })

  it('handles the redelivery of a failed call, and accepts a call once', async () => {
    const call = (id: string) =>
      JSON.stringify({
        type: 'realtime.call.incoming',
        id: 'evt_1',
        created_at: 1,
        data: { call_id: id, sip_headers: [{ name: 'From', value: '<sip:+14155550123@sip.example.com>' }] },
      })
    const post = async (body: string, headers: Record<string, string>) =>
      (await fetch(`${worker.url}/webhooks`, { method: 'POST', headers, body })).status
    const unknown = await signWebhook(call('rtc_none'), { secrets })
    expect(await post(call('rtc_none'), unknown)).toBe(502)
    expect(await post(call('rtc_none'), unknown)).toBe(502)

    const phone = platform.dial({ webhook: { url: `${worker.url}/webhooks`, secrets: 'the-old-secret' } })
    await phone.waitFor(() => isAudible(phone.played()))
    await eventually(() => phone.deliveries).toEqual([200])
    phone.hangUp()
    await eventually(() => lines).toContain(`${phone.callId} is over`)
    expect(lines.join('\n')).not.toContain('sk-standard')
  })

  it('attaches to a running call again after a deployment', async () => {
    await worker.close()
    worker = await start(300)
    const phone = platform.dial({ webhook: { url: `${worker.url}/webhooks`, secrets } })
    await phone.waitFor(() => isAudible(phone.played()))
    await worker.close()
    worker = await start(300)
    const joins = () => lines.filter((line) => line === `${phone.callId} is joined`)
    await eventually(joins).toHaveLength(2)
    phone.hangUp()
    await eventually(() => lines.filter((line) => line === `${phone.callId} is over`)).toHaveLength(1)
  })
})

/** Returns whether mu-law audio contains anything but silence. Mu-law has two codes for zero. */
function isAudible(muLaw: Uint8Array): boolean {
  return muLaw.some((byte) => (byte | 0x80) !== 0xff)
}

/** Returns the HTTP status with which the server rejects a WebSocket. */
function refusal(url: string, origin: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, origin === undefined ? {} : { origin })
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy()
      resolve(statusCode)
    })
    socket.on('open', () => reject(new Error('the server accepted the socket')))
    socket.on('error', reject)
  })
}

const run = () => runExample('voice-agent-serverless/main.ts', [], { timeoutMs: 160_000 })
