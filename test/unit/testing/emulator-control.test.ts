import { describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../../src/audio/base64.js'
import { createSession } from '../../../src/session/realtime.js'
import {
  type ConnectRequest,
  createEmulator,
  createManualClock,
  type EmulatorOptions,
} from '../../../src/testing/index.js'
import { memoryPair } from '../../../src/transports/memory-pair.js'
import { reconnecting } from '../../../src/transports/reconnecting.js'
import { said } from './client.js'

const model = 'gpt-realtime'

/** An emulator on a clock that stands still, with bare clients. */
function start(options: EmulatorOptions = {}) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, pace: Number.POSITIVE_INFINITY, latencyMs: 0, ...options })
  async function connect(request: ConnectRequest = { model }) {
    const transport = emulator.connect(request)
    const events: { type: string; [field: string]: unknown }[] = []
    const closes: { code: number; reason: string; wasClean: boolean }[] = []
    transport.on('message', (frame) => events.push(JSON.parse(frame)))
    transport.on('close', (close) => closes.push(close))
    await transport.open()
    await clock.advance(0)
    return {
      events,
      closes,
      types: () => events.map(({ type }) => type),
      async send(...sent: object[]) {
        for (const event of sent) transport.send(JSON.stringify(event))
        await clock.advance(0)
      },
      close: () => transport.close(),
    }
  }
  return { clock, emulator, connect }
}

const respondInText = { type: 'response.create', response: { output_modalities: ['text'] } }

describe('the journal of a session', () => {
  test('has the events of both sides in order, with the time since the start', async () => {
    const { clock, emulator, connect } = start()
    const client = await connect({ model, testId: 'a' })
    await clock.advance(250)
    await client.send(said('Hello.'), respondInText)
    await clock.advance(100)
    const [session] = emulator.sessions
    expect(session).toMatchObject({ type: 'realtime', model, testId: 'a', script: 'default', state: 'open' })
    expect(session?.received.map(({ type }) => type)).toEqual(['conversation.item.create', 'response.create'])
    expect(session?.sent.map(({ type }) => type)).toEqual(client.types())
    expect(session?.journal[0]).toMatchObject({ seq: 1, from: 'server', ms: 0, event: { type: 'session.created' } })
    expect(session?.journal[1]).toMatchObject({ from: 'client', ms: 250, testId: 'a', sessionId: session?.id })
    expect(emulator.journal({ from: 'client', type: 'response.create' })).toHaveLength(1)
    expect(emulator.journal({ testId: 'b' })).toEqual([])
    expect(emulator.journal({ after: session?.journal.at(-2)?.seq ?? 0 })).toHaveLength(1)
  })

  test('replaces audio by its length, or keeps it', async () => {
    const audio = encodeBase64(new Uint8Array(4801))
    for (const [mode, expected] of [
      ['lengths', '[4801 bytes of audio]'],
      ['full', audio],
    ] as const) {
      const { emulator, connect } = start({ journal: { audio: mode } })
      const client = await connect()
      await client.send({ type: 'input_audio_buffer.append', audio })
      await client.send({ event_id: 'x', audio: encodeBase64(new Uint8Array(300)), type: 'input_audio_buffer.append' })
      const [first, second] = emulator.sessions[0]?.received ?? []
      expect(first).toEqual({ type: 'input_audio_buffer.append', audio: expected })
      expect(second).toMatchObject({ event_id: 'x', ...(mode === 'lengths' ? { audio: '[300 bytes of audio]' } : {}) })
    }
  })

  test('replaces the audio of responses, also with spaces in the JSON of a client', async () => {
    const { emulator, connect } = start({ voice: 'tone' })
    const client = await connect()
    await client.send({ type: 'response.create' })
    const delta = emulator.sessions[0]?.sent.find(({ type }) => type === 'response.output_audio.delta')
    expect(delta?.delta).toMatch(/^\[\d+ bytes of audio\]$/)
    const transport = emulator.connect({ model, testId: 'python' })
    await transport.open()
    transport.send(`{"type": "input_audio_buffer.append", "audio": "${encodeBase64(new Uint8Array(900))}"}`)
    await Promise.resolve()
    await Promise.resolve()
    expect(emulator.journal({ testId: 'python', from: 'client' })[0]?.event.audio).toBe('[900 bytes of audio]')
  })

  test('is bounded: audio is removed before other events', async () => {
    const { emulator, connect } = start({ journal: { maxEntries: 3 } })
    const client = await connect()
    const append = { type: 'input_audio_buffer.append', audio: 'AAAA' }
    await client.send(append, append, append, { type: 'input_audio_buffer.clear' })
    const [session] = emulator.sessions
    expect(session?.journal.map(({ event }) => event.type)).toEqual([
      'session.created',
      'input_audio_buffer.clear',
      'input_audio_buffer.cleared',
    ])
    expect(session?.removedEntries).toBe(3)
  })

  test('frames that are no events: are recorded as invalid', async () => {
    const { emulator } = start()
    const transport = emulator.connect({ model })
    await transport.open()
    transport.send('nonsense')
    await Promise.resolve()
    await Promise.resolve()
    expect(emulator.sessions[0]?.received).toEqual([{ type: 'invalid_frame', text: 'nonsense' }])
  })

  test('of a call: has the events of clients that joined, which receive emitted events', async () => {
    const { clock, emulator } = start()
    const call = emulator.answerCall({ model, testId: 'a' })
    if ('refusal' in call) throw new Error(call.refusal.message)
    const [caller, far] = memoryPair({ audio: 'media' })
    await Promise.all([call.attach(far, () => {}), caller.open()])
    const sideband = emulator.connect({ callId: call.callId })
    const received: string[] = []
    sideband.on('message', (frame) => received.push(JSON.parse(frame).type))
    await sideband.open()
    sideband.send('{"type":"input_audio_buffer.clear"}')
    await clock.advance(0)
    emulator.emit({ type: 'pushed' }, { testId: 'a' })
    await clock.advance(0)
    expect(emulator.sessions).toMatchObject([
      { callId: call.callId, testId: 'a', received: [{ type: 'input_audio_buffer.clear' }] },
    ])
    expect(received).toEqual(['input_audio_buffer.cleared', 'pushed'])
    await caller.close()
  })

  test('stays readable after the session has closed', async () => {
    const { clock, emulator, connect } = start()
    const client = await connect()
    await client.close()
    await clock.advance(0)
    expect(emulator.sessions).toMatchObject([{ state: 'closed', closed: { code: 1000, reason: '' } }])
    expect(emulator.sessionCount).toBe(0)
    expect(() => emulator.sessions[0]?.emit({ type: 'x' })).toThrow('SESSION_CLOSED')
  })
})

test('sessions: keeps the open ones and the last 100 closed ones', async () => {
  const { clock, emulator, connect } = start()
  await connect({ model, testId: 'open' })
  for (let count = 0; count < 102; count++) {
    const client = await connect({ model, testId: `closed-${count}` })
    await client.close()
    await clock.advance(0)
  }
  const ids = emulator.sessions.map(({ testId }) => testId)
  expect([ids.length, ids[0], ids[1], ids.at(-1)]).toEqual([101, 'open', 'closed-2', 'closed-101'])
})

describe('faults', () => {
  test('drop: ends the connection without a close frame, or with a code', async () => {
    const { clock, emulator, connect } = start()
    const first = await connect()
    const second = await connect({ model, testId: 'b' })
    emulator.drop({ testId: 'b' })
    await clock.advance(0)
    expect([first.closes, second.closes]).toMatchObject([[], [{ code: 1006, wasClean: false }]])
    emulator.sessions[0]?.drop({ code: 1012, reason: 'restart' })
    await clock.advance(0)
    expect(first.closes).toMatchObject([{ code: 1012, reason: 'restart' }])
    expect(clock.pending).toBe(0)
  })

  test('drop after an event: no later event of the same tick arrives', async () => {
    const { clock, emulator, connect } = start()
    const client = await connect()
    emulator.inject({ fault: 'drop', afterEvent: 'response.created' })
    await client.send(respondInText)
    await clock.advance(1_000)
    expect(client.types().at(-1)).toBe('response.created')
    expect(client.closes).toMatchObject([{ code: 1006 }])
    expect(clock.pending).toBe(0)
  })

  test('drop: a session over reconnecting() recovers', async () => {
    const { clock, emulator } = start()
    const transport = reconnecting(emulator.connect({ model }), { clock })
    const session = createSession({ transport, clock })
    const connected = session.connect()
    await clock.advance(100)
    await connected
    emulator.drop()
    await clock.advance(30_000)
    expect(session.getState().status).toBe('open')
    expect(emulator.sessions.map(({ state }) => state)).toEqual(['closed', 'open'])
  })

  test('stall: delivers nothing in either direction, and everything in order afterwards', async () => {
    const { clock, emulator, connect } = start()
    const client = await connect()
    emulator.sessions[0]?.stall(1_000)
    await client.send({ type: 'input_audio_buffer.clear' }, { type: 'nonsense' })
    emulator.sessions[0]?.emit({ type: 'pushed' })
    await clock.advance(999)
    expect(client.types()).toEqual(['session.created'])
    expect(emulator.sessions[0]?.state).toBe('stalled')
    await clock.advance(1)
    expect(client.types().slice(1).sort()).toEqual(['error', 'input_audio_buffer.cleared', 'pushed'])
    expect(emulator.sessions[0]?.state).toBe('open')
  })

  test('a stalled emulator: closes nevertheless', async () => {
    const { clock, emulator, connect } = start()
    const client = await connect()
    emulator.sessions[0]?.stall()
    await emulator.close()
    await clock.advance(0)
    expect(client.closes).toMatchObject([{ code: 1001 }])
  })

  test('error, unknown_event, and expire: send what the service sends', async () => {
    const { clock, emulator, connect } = start({ sessionMinutes: 30 })
    const client = await connect()
    emulator.inject({ fault: 'error', code: 'rate_limit_exceeded', message: 'Slow down.', eventId: 'event_1' })
    emulator.inject({ fault: 'unknown_event', type: 'response.video.delta' })
    emulator.inject({ fault: 'expire', afterMs: 500 })
    await clock.advance(500)
    expect(client.events.slice(1)).toMatchObject([
      {
        type: 'error',
        error: { code: 'rate_limit_exceeded', message: 'Slow down.', event_id: 'event_1', param: null },
      },
      { type: 'response.video.delta', event_id: expect.any(String) },
      { type: 'error', error: { code: 'session_expired' } },
    ])
    expect(client.closes).toMatchObject([
      { code: 1001, reason: 'Your session hit the maximum duration of 30 minutes.' },
    ])
  })

  test('refuse: rejects the next handshakes of a test, as over a network', async () => {
    const { emulator, connect } = start()
    emulator.inject({ fault: 'refuse', status: 503, headers: { 'Retry-After': '2' }, testId: 'a', times: 2 })
    await connect({ model, testId: 'b' })
    const refused = { code: 'CONNECT_FAILED', data: { status: 503, retryAfterMs: 2_000 } }
    await expect(connect({ model, testId: 'a' })).rejects.toMatchObject(refused)
    await expect(connect({ model, apiKey: 'a', testId: 'a' })).rejects.toMatchObject(refused)
    await connect({ model, testId: 'a' })
  })

  test('to next, and in the options: apply to sessions that start later, as often as times', async () => {
    const { clock, emulator, connect } = start({ faults: [{ fault: 'unknown_event', times: 2 }] })
    emulator.inject({ fault: 'drop', afterMs: 100 }, { to: 'next' })
    const clients = [await connect(), await connect(), await connect()]
    await clock.advance(100)
    expect(clients.map((client) => client.types())).toEqual([
      ['session.created', 'emulator.unknown_event'],
      ['session.created', 'emulator.unknown_event'],
      ['session.created'],
    ])
    expect(clients.map(({ closes }) => closes.length)).toEqual([1, 0, 0])
  })

  test('an unknown or closed session: throws and changes nothing', async () => {
    const { clock, emulator, connect } = start()
    const client = await connect()
    expect(() => emulator.inject({ fault: 'drop' }, { sessionId: 'sess_x' })).toThrow('UNKNOWN_SESSION')
    expect(() => emulator.inject({ fault: 'drop', code: 1 })).toThrow('INVALID_OPTION')
    expect(() => emulator.emit({} as never)).toThrow('INVALID_OPTION')
    await clock.advance(0)
    expect(client.closes).toEqual([])
  })
})

describe('jitter', () => {
  test('delays events up to the limit, keeps their order, and delivers them before the close', async () => {
    const { clock, emulator, connect } = start({ jitterMs: 200 })
    const client = await connect()
    expect(client.types()).toEqual([])
    await client.send({ type: 'input_audio_buffer.clear' }, { type: 'nonsense' })
    emulator.sessions[0]?.expire()
    await clock.advance(200)
    expect(client.types()).toEqual(['session.created', 'input_audio_buffer.cleared', 'error', 'error'])
    expect(client.closes).toMatchObject([{ code: 1001 }])
    expect(clock.pending).toBe(0)
  })
})

describe('reset', () => {
  test('of a test: leaves the other tests alone', async () => {
    const { clock, emulator, connect } = start()
    const first = await connect({ model, testId: 'a' })
    const second = await connect({ model, testId: 'b' })
    emulator.scripts.set('a', ['for a'])
    emulator.scripts.set('b', ['for b'])
    emulator.inject({ fault: 'refuse', testId: 'a' })
    emulator.inject({ fault: 'refuse', testId: 'b' })
    emulator.reset('a')
    await clock.advance(0)
    expect([first.closes.length, second.closes.length]).toEqual([1, 0])
    expect(emulator.scripts.names).toEqual(['b'])
    expect(emulator.sessions.map(({ testId }) => testId)).toEqual(['b'])
    expect([emulator.takeRefusal({ testId: 'a' }), emulator.takeRefusal({ testId: 'b' })?.fault]).toEqual([
      undefined,
      'refuse',
    ])
  })

  test('of all: restores the scripts and faults of the options', async () => {
    const { emulator, connect } = start({ script: ['original'], faults: [{ fault: 'refuse', status: 500 }] })
    await expect(connect()).rejects.toMatchObject({ data: { status: 500 } })
    emulator.scripts.set('default', ['changed'])
    emulator.reset()
    expect(emulator.sessions).toEqual([])
    await expect(connect()).rejects.toMatchObject({ data: { status: 500 } })
    const client = await connect()
    await client.send(respondInText)
    expect(client.events.find(({ type }) => type === 'response.output_text.done')?.text).toBe('original')
  })
})
