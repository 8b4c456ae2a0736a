import { OpenAIRealtimeSIP, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { startReceiver } from '../conformance/sip/receiver.js'

const apiKey = 'sk-test'
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** Starts an incoming call, and waits until its webhook was delivered. */
async function ringing(emulator = createEmulator({ apiKey })) {
  const server = await serve(emulator)
  const receiver = await startReceiver(() => 200)
  closers.push(() => server.close(), receiver.close)
  const phone = server.dial({ webhook: receiver.target, headers: { 'X-Note': 'Grüße, 世界' } })
  await vi.waitFor(() => expect(phone.deliveries).toEqual([200]), { timeout: 20_000 })
  const [arrival = expect.fail('nothing arrived')] = receiver.arrivals
  const client = new OpenAI({ apiKey, baseURL: server.httpUrl, maxRetries: 0 })
  return { emulator, server, phone, client, arrival, secret: String(receiver.target.secrets) }
}

describe('the openai client on a SIP call', () => {
  it('unwraps the webhook, accepts, attaches, and refers', async () => {
    const { emulator, phone, client, arrival, secret } = await ringing(
      createEmulator({ apiKey, script: [reply('Hi.')] }),
    )
    const event = await client.webhooks.unwrap(arrival.body, arrival.headers as Record<string, string>, secret)
    if (event.type !== 'realtime.call.incoming') expect.fail(event.type)
    expect(event.data.sip_headers).toContainEqual({ name: 'X-Note', value: 'Grüße, 世界' })
    await client.realtime.calls.accept(event.data.call_id, { type: 'realtime', model: 'gpt-realtime-2.1' })

    // The client uses wss: only, so the emulator is also served with TLS.
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    const secure = await serve(emulator, { tls: { key, cert } })
    closers.push(() => secure.close())
    const realtime = await OpenAIRealtimeWS.create(new OpenAI({ apiKey, baseURL: secure.httpUrl }), {
      callID: event.data.call_id,
      options: { rejectUnauthorized: false },
    })
    const played = new Promise((resolve, reject) => {
      realtime.on('error', reject)
      realtime.on('output_audio_buffer.stopped', resolve)
    })
    const closed = new Promise<number>((resolve) => realtime.socket.on('close', resolve))
    realtime.socket.on('open', () => realtime.send({ type: 'response.create' }))
    await played
    await client.realtime.calls.refer(event.data.call_id, { target_uri: 'tel:+14155550123' })
    expect(await phone.ended).toEqual({ state: 'referred', targetUri: 'tel:+14155550123' })
    expect(await closed).toBe(1000)
  })

  it('receives the same errors as from the service', async () => {
    const { phone, client } = await ringing()
    const config = { type: 'realtime', model: 'gpt-realtime-2.1' } as const
    await expect(client.realtime.calls.accept('rtc_none', config)).rejects.toMatchObject({
      status: 404,
      code: 'call_id_not_found',
    })
    await client.realtime.calls.reject(phone.callId, { status_code: 486 })
    expect(await phone.ended).toEqual({ state: 'rejected', statusCode: 486 })
    await expect(client.realtime.calls.hangup(phone.callId)).rejects.toMatchObject({ status: 404 })
  })
})

describe('the agents SDK on a SIP call', () => {
  it('runs its tool, and the response is played to the caller', async () => {
    const script = [call('weather', { city: 'Oslo' }), reply('It has 12 degrees.')]
    const { server, phone, client } = await ringing(createEmulator({ apiKey, script }))
    const cities: string[] = []
    const weather = tool({
      name: 'weather',
      description: 'Looks up the weather.',
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        cities.push(city)
        return '12 degrees'
      },
    })
    const agent = new RealtimeAgent({ name: 'Agent', instructions: 'Be brief.', tools: [weather] })
    const config = await OpenAIRealtimeSIP.buildInitialConfig(agent, { model: 'gpt-realtime-2.1' })
    await client.realtime.calls.accept(phone.callId, config as Parameters<typeof client.realtime.calls.accept>[1])
    const session = new RealtimeSession(agent, { transport: new OpenAIRealtimeSIP(), model: 'gpt-realtime-2.1' })
    session.on('error', () => {})
    await session.connect({ apiKey, callId: phone.callId, url: `${server.url}/realtime?call_id=${phone.callId}` })
    session.transport.sendEvent({ type: 'response.create' })
    await phone.waitFor(() => phone.playedMs > 300)
    expect(cities).toEqual(['Oslo'])
    session.close()
    phone.hangUp()
  })
})
