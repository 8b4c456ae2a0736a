import {
  createSession,
  type RealtimeSession,
  reconnecting,
  runTools,
  type SessionConfigInput,
  selectItems,
  sideband,
  tool,
} from 'realtime-primitives'
import { decodeMuLaw, encodeMuLaw } from 'realtime-primitives/audio'
import { acceptCall, hangupCall, readIncomingCall, referCall, rejectCall } from 'realtime-primitives/server'
import { call, createEmulator, type EmulatorOptions, reply, scaledClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { vowel } from '../../support/speech.js'
import { tcpProxy } from '../../support/tcp-proxy.js'
import { likeness } from '../emulator/web-rtc-client.js'
import { startReceiver } from './receiver.js'

const apiKey = 'sk-standard'
const config: SessionConfigInput = {
  model: 'gpt-realtime-2.1',
  instructions: 'You answer the telephone. Be brief.',
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 300 },
    },
  },
}
const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A service, and an agent whose webhook accepts each call and attaches to it. */
async function start(options: EmulatorOptions = {}, prepare: (session: RealtimeSession) => void = () => {}) {
  const clock = scaledClock(4)
  const server = await serve(createEmulator({ apiKey, clock, ...options }))
  const proxy = await tcpProxy(Number(new URL(server.url).port))
  const api = { apiKey, baseUrl: server.httpUrl }
  const sessions: RealtimeSession[] = []
  closers.push(() => server.close(), proxy.close)

  async function attach(callId: string): Promise<RealtimeSession> {
    const baseUrl = `ws://127.0.0.1:${proxy.port}/v1`
    const transport = reconnecting(sideband({ apiKey, baseUrl, callId }), { minDelayMs: 10, maxDelayMs: 50 })
    const session = createSession({ transport, clock })
    prepare(session)
    sessions.push(session)
    closers.push(() => session.close())
    await session.connect()
    return session
  }

  const receiver = await startReceiver(async (event) => {
    if (event.type !== 'realtime.call.incoming') return 200
    const { callId, callee } = readIncomingCall(event)
    if (callee?.user === 'closed') await rejectCall(callId, { status_code: 480 }, api)
    else {
      await acceptCall(callId, config, api)
      await attach(callId)
    }
    return 200
  })
  closers.push(receiver.close)

  /** Dials, and gives the call when the agent is on it. */
  async function dial() {
    const phone = server.dial({ webhook: receiver.target })
    await phone.waitFor(() => phone.deliveries.length > 0)
    const session = sessions.at(-1) ?? expect.fail('the webhook was not taken')
    return { phone, session }
  }

  return { server, proxy, api, receiver, dial, attach }
}

const question = encodeMuLaw(vowel(900, 8_000))

describe('a telephone call, from webhook to hang-up', () => {
  it('is accepted with a session configuration that the sideband sees', async () => {
    const { dial } = await start()
    const { phone, session } = await dial()
    expect(phone.deliveries).toEqual([200])
    expect(phone.state).toBe('active')
    expect(session.getState().session).toMatchObject({
      model: config.model,
      instructions: config.instructions,
      audio: { input: { transcription: { model: 'gpt-transcribe' }, turn_detection: { silence_duration_ms: 300 } } },
    })
    const closed = session.closed
    phone.hangUp()
    expect(await closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'server' })
  })

  // A process that is late plays with a gap.
  it('delivers speech, keys, and function calls to the agent, and plays the response', { retry: 2 }, async () => {
    const cities: string[] = []
    const weather = tool({
      name: 'weather',
      parameters: z.object({ city: z.string() }),
      execute: ({ city }) => {
        cities.push(city)
        return '12 degrees'
      },
    })
    const answer = vowel(1_200)
    const { dial, api } = await start({
      hear: () => 'How warm is it in Oslo?',
      script: [call('weather', { city: 'Oslo' }), reply('It has 12 degrees.', { audio: answer })],
    })
    const { phone, session } = await dial()
    const run = runTools(session, [weather])
    await run.ready
    const [heard, key, stopped] = [
      session.waitFor('conversation.item.input_audio_transcription.completed'),
      session.waitFor('input_audio_buffer.dtmf_event_received'),
      session.waitFor('output_audio_buffer.stopped'),
    ]
    await phone.say(question)
    expect((await heard).transcript).toBe('How warm is it in Oslo?')
    await stopped
    phone.press('7')
    expect(await key).not.toHaveProperty('event_id')
    expect((await key).event).toBe('7')
    expect(cities).toEqual(['Oslo'])
    expect(selectItems(session.getState()).map(({ item }) => item.type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
      'message',
    ])
    const sent = Int16Array.from({ length: answer.length / 3 }, (_, index) => answer[index * 3] ?? 0)
    expect(likeness(decodeMuLaw(phone.played()), sent).correlation).toBeGreaterThan(0.97)
    run.stop()
    await referCall(phone.callId, { target_uri: 'tel:+14155550123' }, api)
    expect(await phone.ended).toEqual({ state: 'referred', targetUri: 'tel:+14155550123' })
    expect((await session.closed).wasClean).toBe(true)
  })

  it('stops playback where the service reports it when the caller interrupts', async () => {
    const { dial } = await start({ voice: () => vowel(8_000) })
    const { phone, session } = await dial()
    const interrupted = new Promise<number>((resolve) => {
      session.on('interrupted', ({ by, played: heard }) => {
        if (by === 'caller') resolve(heard?.playedMs ?? -1)
      })
    })
    const truncated = session.waitFor('conversation.item.truncated')
    session.respond()
    await phone.waitFor(() => phone.playedMs > 1_000)
    void phone.say(question)
    const { audio_end_ms } = await truncated
    const { playedMs } = phone
    expect(audio_end_ms).toBeGreaterThan(1_000)
    expect(audio_end_ms).toBeLessThan(4_000)
    expect(Math.abs((await interrupted) - audio_end_ms)).toBeLessThan(800)
    expect(Math.abs(playedMs - audio_end_ms)).toBeLessThan(800)
  })

  it('stops playback when the agent interrupts', async () => {
    const { dial, api } = await start({ voice: () => vowel(8_000) })
    const { phone, session } = await dial()
    const response = session.respond()
    await phone.waitFor(() => phone.playedMs > 500)
    const cleared = session.waitFor('output_audio_buffer.cleared')
    session.interrupt()
    await cleared
    expect(['completed', 'cancelled']).toContain((await response.done).status)
    await hangupCall(phone.callId, api)
    expect(await phone.ended).toEqual({ state: 'ended', by: 'api' })
  })

  it('continues while the agent reconnects, without repeated events', async () => {
    const { dial, proxy } = await start({ hear: () => 'Hello?', script: [reply('One.'), reply('Two.')] })
    const { phone, session } = await dial()
    await session.respond().done
    const before = selectItems(session.getState()).map(({ id }) => id)
    const restored = new Promise<readonly string[]>((resolve) => session.on('restored', (e) => resolve(e.itemIds)))
    proxy.reset()
    expect(await restored).toEqual(before)
    expect(phone.state).toBe('active')
    const done = session.waitFor('response.done')
    await phone.say(question)
    await done
    const items = selectItems(session.getState())
    expect(items.map(({ item }) => item.type)).toEqual(['message', 'message', 'message'])
    expect(new Set(items.map(({ id }) => id)).size).toBe(3)
  })

  it('lets a late sideband receive new events and retrieve earlier items', async () => {
    const { dial, attach } = await start({ script: [reply('One.'), reply('Two.')] })
    const { phone, session } = await dial()
    await session.respond().done
    const [{ id: firstId } = expect.fail('no item')] = selectItems(session.getState())
    const late = await attach(phone.callId)
    expect(selectItems(late.getState())).toEqual([])
    const done = late.waitFor('response.done')
    session.respond()
    await done
    const [item, ...others] = selectItems(late.getState())
    expect(others).toEqual([])
    expect(item).toMatchObject({ item: { content: [{ transcript: 'Two.' }] } })
    const { content } = (await late.items.retrieve(firstId)) as { content?: unknown }
    expect(content).toMatchObject([{ transcript: 'One.' }])
  })

  it('creates no session for a rejected call', async () => {
    const { server, receiver } = await start()
    const phone = server.dial({ webhook: receiver.target, to: 'sip:closed@example.com' })
    expect(await phone.ended).toEqual({ state: 'rejected', statusCode: 480 })
  })

  it('rejects a second accept with a typed error, and the call continues', async () => {
    const { dial, api } = await start()
    const { phone } = await dial()
    await expect(acceptCall(phone.callId, config, api)).rejects.toMatchObject({
      code: 'STATUS',
      data: { status: 409, code: 'call_already_accepted' },
    })
    expect(phone.state).toBe('active')
  })

  it('rejects a late accept and a late attach with typed errors', async () => {
    const { server, api, attach } = await start()
    const late = await startReceiver(() => 200)
    closers.push(late.close)
    const phone = server.dial({ webhook: late.target, ringMs: 100 })
    expect(await phone.ended).toEqual({ state: 'timed-out' })
    await expect(acceptCall(phone.callId, config, api)).rejects.toMatchObject({
      code: 'STATUS',
      data: { status: 404, code: 'call_id_not_found' },
    })
    await expect(attach(phone.callId)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      data: { error: { code: 'call_id_not_found' } },
    })
  })
})
