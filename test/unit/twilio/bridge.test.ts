import type { SessionOptions } from 'realtime-primitives'
import { socketPair } from 'realtime-primitives/testing'
import {
  bridgeTwilio,
  type TwilioBridgeOptions,
  type TwilioSocket,
  type TwilioStop,
  telnyx,
} from 'realtime-primitives/twilio'
import { describe, expect, it, vi } from 'vitest'
import type { WebSocket as NodeSocket } from 'ws'
import { createPeer, type Json, sessionResource, settle as settleOnce } from '../../support/peer.js'

/** Waits until a message has passed the socket, the bridge, and the session. */
const settle = () => settleOnce().then(settleOnce)
const muLaw = { type: 'audio/pcmu' }
const pcm = { type: 'audio/pcm', rate: 24_000 }
const resource = (
  input: unknown = muLaw,
  output: unknown = muLaw,
  turn_detection: unknown = { type: 'server_vad' },
) => ({
  ...sessionResource,
  audio: { input: { turn_detection, format: input }, output: { format: output } },
})
const updated = (...formats: unknown[]): Json => ({ type: 'session.updated', session: resource(...formats) })
const start = {
  event: 'start',
  streamSid: 'MZ1',
  start: {
    callSid: 'CA1',
    customParameters: { tier: 'gold' },
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000 },
  },
}
const speech = (byte: number) => Buffer.alloc(160, byte).toString('base64')
const media = (payload: string, track = 'inbound') => ({ event: 'media', streamSid: 'MZ1', media: { track, payload } })
const place = (item_id: string) => ({ response_id: 'resp_1', item_id, output_index: 0, content_index: 0 })
const delta = (ms: number, item = 'a'): Json => ({
  type: 'response.output_audio.delta',
  ...place(item),
  delta: Buffer.alloc(ms * 8, 1).toString('base64'),
})
const soundDone = (item = 'a'): Json => ({ type: 'response.output_audio.done', ...place(item) })
const responseCreated = (more: object = {}): Json => ({
  type: 'response.created',
  response: {
    id: 'resp_1',
    object: 'realtime.response',
    status: 'in_progress',
    output: [],
    conversation_id: 'c',
    ...more,
  },
})
const added = (id: string): Json => ({
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] },
})

/** Creates a bridge between a socket and a server that the test controls. */
function setUp(options: TwilioBridgeOptions = {}, session: Partial<SessionOptions> = {}) {
  const peer = createPeer(session)
  const [near, far] = socketPair()
  const got: Json[] = []
  let isClosed = false
  far.addEventListener('message', ({ data }) => got.push(JSON.parse(String(data))))
  far.addEventListener('close', () => {
    isClosed = true
  })
  const bridge = bridgeTwilio(near, peer.session, options)
  const told: [string, unknown][] = []
  for (const type of ['start', 'ready', 'dtmf', 'dropped', 'stalled', 'unknown', 'invalid', 'stop'] as const)
    bridge.on(type, (event) => told.push([type, event]))
  return {
    ...peer,
    bridge,
    near,
    got,
    told,
    of: (type: string) => told.filter(([name]) => name === type).map(([, event]) => event),
    stop: () => told.find(([name]) => name === 'stop')?.[1] as TwilioStop | undefined,
    isClosed: () => isClosed,
    appended: () =>
      peer.sentEvents.filter(({ type }) => type === 'input_audio_buffer.append').map(({ audio }) => audio),
    commands: (event: string) => got.filter((command) => command.event === event),
    /** Frames of 20 ms in all media messages. */
    frames: () =>
      got.reduce((sum, { event, media }) => {
        const { payload = '' } = (media ?? {}) as { payload?: string }
        return event === 'media' ? sum + Buffer.from(payload, 'base64').length / 160 : sum
      }, 0),
    async provider(...messages: object[]) {
      for (const message of messages) far.send(JSON.stringify(message))
      await settle()
    },
    raw: async (data: string) => {
      far.send(data)
      await settle()
    },
    hangUpSocket: async () => {
      far.close()
      await settle()
    },
    /** Sends `session.created`, and `session.updated` with the given formats. */
    async greet(...formats: unknown[]) {
      await settle()
      await peer.sendEvents({ type: 'session.created', session: resource(pcm, pcm) })
      await settle()
      await peer.sendEvents(updated(...formats))
      await settle()
    },
  }
}

async function talking(options: TwilioBridgeOptions = {}) {
  const line = setUp(options)
  await line.provider(start)
  await line.greet()
  return line
}

/** Creates a bridge that has received a response of the given duration. */
async function answering(ms = 500, options: TwilioBridgeOptions = {}) {
  const line = await talking({ sendAheadMs: 100, ...options })
  await line.sendEvents(responseCreated(), added('a'), delta(ms), soundDone())
  return line
}

const mark = (name: string) => ({ event: 'mark', streamSid: 'MZ1', mark: { name } })

describe('bridgeTwilio, audio formats', () => {
  it('sets mu-law in both directions before audio passes', async () => {
    const line = await talking()
    expect(line.sentEvents).toMatchObject([
      { type: 'session.update', session: { audio: { input: { format: muLaw }, output: { format: muLaw } } } },
    ])
    expect(line.of('ready')).toHaveLength(1)
  })

  it('sends no update when the server uses mu-law already', async () => {
    const line = setUp({}, { config: { audio: { input: { format: { type: 'audio/pcmu' } } } } })
    await line.provider(start)
    await line.greet()
    expect(line.sentEvents.map(({ type }) => type)).toEqual(['session.update'])
    expect(line.of('ready')).toHaveLength(1)
  })

  it.each([
    ['output', 'audio/pcm', [muLaw, pcm]],
    ['input', 'audio/pcm', [pcm, muLaw]],
    ['output', undefined, [muLaw, null]],
  ] as const)(
    'ends with FORMAT_MISMATCH when the server reports another %s format after the update',
    async (direction, reported, formats) => {
      const line = setUp({ onStop: 'keep' })
      await line.provider(start, media(speech(1)))
      await line.greet(...formats)
      await line.sendEvents(responseCreated(), added('a'), delta(200))
      expect(line.stop()).toMatchObject({
        reason: 'error',
        error: { code: 'FORMAT_MISMATCH', data: { direction, reported } },
      })
      expect(line.commands('media')).toEqual([])
      expect(line.appended()).toEqual([])
      expect(line.isClosed()).toBe(true)
      expect(line.session.getState().status).toBe('open')
    },
  )

  it('ends with FORMAT_MISMATCH when the format changes during the call', async () => {
    const line = await talking()
    await line.sendEvents(updated(muLaw, pcm))
    expect(line.stop()).toMatchObject({ reason: 'error', error: { code: 'FORMAT_MISMATCH' } })
    expect(line.session.getState().status).toBe('closed')
  })

  it('drops model audio that arrives before the format is verified', async () => {
    const line = setUp()
    await line.provider(start)
    await line.sendEvents({ type: 'session.created', session: resource(pcm, pcm) })
    await line.sendEvents(responseCreated(), added('a'), delta(200))
    expect(line.commands('media')).toEqual([])
  })

  it('drops the audio of a response that was requested in another format', async () => {
    const line = await talking()
    await line.sendEvents(responseCreated({ audio: { output: { format: pcm } } }), added('a'), delta(200))
    expect(line.got).toEqual([])
  })

  describe('A-law', () => {
    const aLaw = { type: 'audio/pcma' }
    const pcmaStart = {
      event: 'start',
      stream_id: 'st1',
      start: { call_control_id: 'v3:1', media_format: { encoding: 'PCMA', sample_rate: 8000, channels: 1 } },
    }
    const requested = (line: ReturnType<typeof setUp>) =>
      line.sentEvents.flatMap(({ type, session }) =>
        type === 'session.update'
          ? [(session as { audio: { output: { format: Json } } }).audio.output.format.type]
          : [],
      )

    it('sets A-law and pads with A-law silence', async () => {
      const line = setUp({ dialect: telnyx, sendAheadMs: 1000 })
      await line.provider(pcmaStart)
      await line.greet(aLaw, aLaw)
      expect(requested(line)).toEqual(['audio/pcma'])
      expect(line.of('ready')).toHaveLength(1)
      await line.provider({ ...media(speech(1)), stream_id: 'st1' })
      await line.clock.advance(400)
      expect(line.appended()).toEqual([speech(1), Buffer.alloc(3200, 0xd5).toString('base64')])
      await line.sendEvents(responseCreated(), added('a'), delta(10), soundDone())
      const [frame] = line.commands('media') as unknown as { media: { payload: string } }[]
      expect(Buffer.from(frame?.media.payload ?? '', 'base64')).toEqual(
        Buffer.concat([Buffer.alloc(80, 1), Buffer.alloc(80, 0xd5)]),
      )
    })

    it('updates the session when start arrives after the session opened', async () => {
      const line = setUp({ dialect: telnyx })
      await line.greet()
      expect(requested(line)).toEqual(['audio/pcmu'])
      await line.provider(pcmaStart)
      expect(line.of('ready')).toEqual([])
      await line.sendEvents(updated(aLaw, aLaw))
      await settle()
      expect(requested(line)).toEqual(['audio/pcmu', 'audio/pcma'])
      expect(line.of('ready')).toHaveLength(1)
    })

    it('updates the session again when start arrives while an update is pending', async () => {
      const line = setUp({ dialect: telnyx })
      await settle()
      await line.sendEvents({ type: 'session.created', session: resource(pcm, pcm) })
      await settle()
      await line.provider(pcmaStart)
      await line.sendEvents(updated())
      await settle()
      expect(line.of('ready')).toEqual([])
      await line.sendEvents(updated(aLaw, aLaw))
      await settle()
      expect(requested(line)).toEqual(['audio/pcmu', 'audio/pcma'])
      expect([line.of('ready').length, line.stop()]).toEqual([1, undefined])
    })

    it('ends with FORMAT_MISMATCH when the server does not use A-law', async () => {
      const line = setUp({ dialect: telnyx })
      await line.provider(pcmaStart)
      await line.greet(muLaw, muLaw)
      expect(line.stop()).toMatchObject({
        error: { code: 'FORMAT_MISMATCH', data: { direction: 'input', reported: 'audio/pcmu', line: 'audio/pcma' } },
      })
    })
  })

  it.each([
    ['PCMA', 16_000],
    ['G722', 8_000],
  ])('of a line that carries %s at %d Hz are refused', async (encoding, sampleRate) => {
    const line = setUp()
    await line.provider({ ...start, start: { ...start.start, mediaFormat: { encoding, sampleRate } } })
    expect(line.stop()).toMatchObject({ error: { code: 'UNSUPPORTED_LINE', data: { encoding, sampleRate } } })
  })

  it('ends with UNSUPPORTED_LINE when start specifies another encoding', async () => {
    const line = setUp()
    await line.provider({
      ...start,
      start: { ...start.start, mediaFormat: { encoding: 'audio/x-l16', sampleRate: 16_000 } },
    })
    expect(line.stop()).toMatchObject({ error: { code: 'UNSUPPORTED_LINE', data: { sampleRate: 16_000 } } })
  })
})

describe('bridgeTwilio, caller audio', () => {
  it('is buffered until the session is ready, and sent first and in order', async () => {
    const line = setUp()
    line.bridge.on('ready', () => line.session.send({ type: 'input_audio_buffer.clear' }))
    await line.provider(start, media(speech(1)), media(speech(2)))
    await line.greet()
    await line.provider(media(speech(3)))
    expect(line.appended()).toEqual([speech(1), speech(2), speech(3)])
    expect(line.sentEvents.map(({ type }) => type).slice(1, 3)).toEqual([
      'input_audio_buffer.clear',
      'input_audio_buffer.append',
    ])
    expect(line.of('dropped')).toEqual([])
  })

  it('is buffered up to maxPrebufferMs, and dropped is emitted for the rest', async () => {
    const line = setUp({ maxPrebufferMs: 40 })
    await line.provider(start, ...[1, 2, 3, 4].map((byte) => media(speech(byte))))
    await line.greet()
    expect(line.appended()).toEqual([speech(3), speech(4)])
    expect(line.of('dropped')).toEqual([
      { speaker: 'caller', ms: 20 },
      { speaker: 'caller', ms: 20 },
    ])
  })

  it('is not buffered when the payload is empty', async () => {
    const line = setUp({ maxPrebufferMs: 40 })
    await line.provider(start, media(''), media('='), media(speech(1)), media(''))
    await line.greet()
    expect(line.appended()).toEqual([speech(1)])
    expect(line.of('dropped')).toEqual([])
  })

  it('is separated from the outbound track', async () => {
    const line = await talking()
    await line.provider(media(speech(1), 'outbound'), media(speech(2)))
    expect(line.appended()).toEqual([speech(2)])
  })
})

describe('bridgeTwilio, messages', () => {
  it('emits start with the parameters, and dtmf', async () => {
    const line = setUp()
    await line.provider({ event: 'connected', protocol: 'Call', version: '1.0.0' })
    expect(line.bridge.call).toBeUndefined()
    await line.provider(start, { event: 'dtmf', streamSid: 'MZ1', dtmf: { digit: '#' } })
    const call = { streamSid: 'MZ1', callSid: 'CA1', customParameters: { tier: 'gold' }, message: start }
    expect(line.bridge.call).toEqual(call)
    expect(line.told).toMatchObject([
      ['start', call],
      ['dtmf', { digit: '#' }],
    ])
  })

  it('continues after invalid and unknown messages', async () => {
    const line = await talking()
    await line.raw('{"event":')
    await line.provider({ event: 'media', streamSid: 'MZ1' }, { event: 'news', streamSid: 'MZ1' }, media(speech(1)))
    expect(line.of('invalid')).toMatchObject([
      { error: { code: 'INVALID_MESSAGE' }, data: '{"event":' },
      { error: { data: { path: 'media' } } },
    ])
    expect(line.of('unknown')).toEqual([{ event: 'news', streamSid: 'MZ1' }])
    expect(line.appended()).toEqual([speech(1)])
  })

  it('reports a second start as invalid and keeps the first call', async () => {
    const line = await talking()
    await line.provider({ ...start, streamSid: 'MZ2' }, media(speech(1)))
    await line.sendEvents(responseCreated(), added('a'), delta(100))
    expect(line.of('start')).toHaveLength(1)
    expect(line.bridge.call?.streamSid).toBe('MZ1')
    expect(new Set(line.got.map(({ streamSid }) => streamSid))).toEqual(new Set(['MZ1']))
    expect(line.of('invalid')).toMatchObject([
      { error: { code: 'INVALID_MESSAGE', data: { event: 'start', expected: 'the only "start" of its socket' } } },
    ])
    expect(line.appended()).toEqual([speech(1)])
  })

  it('continues after a listener throws', async () => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const line = setUp()
    line.bridge.on('start', () => {
      throw new Error('mine')
    })
    await line.provider(start)
    await line.greet()
    expect(line.of('ready')).toHaveLength(1)
    expect(report).toHaveBeenCalledTimes(1)
    vi.unstubAllGlobals()
  })

  it('throws INVALID_OPTION for invalid options', () => {
    for (const options of [
      { sendAheadMs: 19 },
      { sendAheadMs: Number.NaN },
      { sendAheadMs: '200' as never },
      { markEveryMs: 0 },
      { maxPrebufferMs: -1 },
    ])
      expect(() => setUp(options)).toThrow(
        `The option "${Object.keys(options)[0]}" must be a number of at least ${'maxPrebufferMs' in options ? 0 : 20}`,
      )
    for (const dialect of ['telnyx', null, {}])
      expect(() => setUp({ dialect: dialect as never })).toThrow(
        'The option "dialect" must be a dialect object such as twilio, telnyx, or plivo, not its name.',
      )
    expect(() => setUp({ onStop: 'closed' as never })).toThrow('The option "onStop" must be "close" or "keep".')
  })
})

describe('bridgeTwilio, model audio', () => {
  it('has the streamSid in every message', async () => {
    const line = await answering()
    await line.clock.advance(1000)
    await line.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'u' })
    expect(new Set(line.got.map(({ event }) => event))).toEqual(new Set(['media', 'mark', 'clear']))
    expect(new Set(line.got.map(({ streamSid }) => streamSid))).toEqual(new Set(['MZ1']))
  })

  it('waits for start', async () => {
    const line = setUp()
    await line.greet()
    await line.sendEvents(responseCreated(), added('a'), delta(100), soundDone())
    expect(line.got).toEqual([])
    await line.provider(start)
    expect(line.frames()).toBe(5)
  })

  it('is cleared when the caller interrupts, and truncated at the last mark', async () => {
    const line = await answering(1000)
    await line.clock.advance(300)
    await line.provider(mark('1'), mark('2'))
    await line.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'u' })
    expect(line.sentEvents.at(-1)).toMatchObject({
      type: 'conversation.item.truncate',
      item_id: 'a',
      audio_end_ms: 200,
    })
    expect(line.commands('clear')).toEqual([{ event: 'clear', streamSid: 'MZ1' }])
    const sent = line.got.length
    await line.provider(mark('3'), mark('4'))
    await line.sendEvents(delta(500))
    await line.clock.advance(5000)
    expect(line.got).toHaveLength(sent)
    expect(line.session.playback.progress('a')).toMatchObject([{ playedMs: 200 }])
  })

  it('is not cleared when interrupt_response is false', async () => {
    const line = await talking()
    await line.sendEvents(updated(muLaw, muLaw, { type: 'server_vad', interrupt_response: false }))
    await line.sendEvents(responseCreated(), added('a'), delta(500))
    await line.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'u' })
    expect(line.commands('clear')).toEqual([])
  })

  it('is not cleared when all of it was played', async () => {
    const line = await answering(200)
    const drained = line.bridge.drained()
    await line.clock.advance(300)
    await line.provider(mark('1'), mark('2'))
    await drained
    expect(line.session.playback.isPlaying).toBe(false)
    await line.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'u' })
    expect(line.commands('clear')).toEqual([])
  })

  it('is dropped and reported when it is invalid or exceeds maxWaitingMs', async () => {
    const line = await talking({ maxWaitingMs: 300 })
    await line.sendEvents(responseCreated(), added('a'), { ...delta(20), delta: '%%%' })
    await line.sendEvents(delta(600), delta(80))
    expect(line.of('dropped')).toEqual([
      { speaker: 'model', ms: 0.25 },
      { speaker: 'model', ms: 80 },
    ])
  })

  it('ends with what has arrived when the connection is lost, and the next response follows', async () => {
    const line = await talking()
    await line.sendEvents(responseCreated(), added('a'), delta(110))
    await line.clock.advance(1000)
    expect(line.frames()).toBe(5)
    await line.sendEvents({
      type: 'response.done',
      response: { id: 'resp_1', object: 'realtime.response', status: 'cancelled', output: [] },
    })
    await line.clock.advance(1000)
    expect(line.frames()).toBe(6)
  })

  it('drained: resolves when all of it was played', async () => {
    const line = await answering(500)
    const drained = vi.fn()
    void line.bridge.drained().then(drained)
    for (const name of ['1', '2', '3', '4', '5']) {
      await line.clock.advance(100)
      expect(drained).not.toHaveBeenCalled()
      await line.provider(mark(name))
    }
    expect(drained).toHaveBeenCalledTimes(1)
    await line.bridge()
  })

  it('drained: resolves a second late when the provider returns no marks', async () => {
    const line = await answering(500)
    const drained = vi.fn()
    void line.bridge.drained().then(drained)
    await line.clock.advance(1_499)
    expect(drained).not.toHaveBeenCalled()
    await line.clock.advance(1_000)
    expect(drained).toHaveBeenCalledTimes(1)
    await line.bridge()
    expect(line.clock.pending).toBe(0)
  })

  it('waits while the socket is full, and stalled is emitted once', async () => {
    const line = await talking()
    Object.assign(line.near, { bufferedAmount: 70_000 })
    await line.sendEvents(responseCreated(), added('a'), delta(100), soundDone())
    await line.clock.advance(1000)
    expect(line.commands('media')).toEqual([])
    expect(line.of('stalled')).toEqual([{ bufferedAmount: 70_000 }])
    Object.assign(line.near, { bufferedAmount: 0 })
    await line.clock.advance(20)
    expect(line.frames()).toBe(5)
  })
})

describe('bridgeTwilio, end', () => {
  async function expectNothingLeft(line: ReturnType<typeof setUp>) {
    await settle()
    expect(line.near.listenerCount).toBe(0)
    expect(line.clock.pending).toBe(0)
    expect(line.of('stop')).toHaveLength(1)
    const told = line.told.length
    await line.sendEvents({ type: 'session.updated', session: resource() }).catch(() => {})
    await line.bridge()
    expect(line.told).toHaveLength(told)
  }

  it('ends with hangup when the provider sends stop', async () => {
    const line = await answering()
    await line.provider({ event: 'stop', streamSid: 'MZ1', stop: { callSid: 'CA1' } })
    expect(line.stop()).toEqual({ reason: 'hangup' })
    expect(line.session.getState().status).toBe('closed')
    await expectNothingLeft(line)
  })

  it('ends with dropped when the socket closes', async () => {
    const line = await answering()
    await line.hangUpSocket()
    expect(line.stop()).toEqual({ reason: 'dropped' })
    await expectNothingLeft(line)
  })

  it('ends with client when the bridge is called, once for several calls', async () => {
    const line = await answering()
    await Promise.all([line.bridge(), line.bridge()])
    expect(line.stop()).toEqual({ reason: 'client' })
    expect(line.isClosed()).toBe(true)
    await expectNothingLeft(line)
  })

  it('releases everything when it ends while the session connects', async () => {
    const line = setUp()
    await line.provider(start, media(speech(1)))
    await line.hangUpSocket()
    expect(line.stop()).toEqual({ reason: 'dropped' })
    expect(line.session.getState().status).toBe('closed')
    await expectNothingLeft(line)
  })

  it('ends with error and its reason when the session cannot connect', async () => {
    const line = setUp()
    await line.provider(start)
    await line.sendEvents({ type: 'session.created', session: resource(pcm, pcm) })
    await settle()
    await line.sendEvents({
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'nope',
        message: 'No.',
        param: null,
        event_id: line.sentEvents[0]?.event_id,
      },
    })
    await settle()
    expect(line.stop()).toMatchObject({ reason: 'error', error: { name: 'SessionError', code: 'SERVER_ERROR' } })
    await expectNothingLeft(line)
  })

  it('ends with error when start is invalid', async () => {
    const line = setUp()
    await line.provider({ event: 'start', stream_id: 'S1', start: { call_control_id: 'v3:1' } }, media(speech(1)))
    expect(line.of('invalid')).toHaveLength(1)
    expect(line.stop()).toMatchObject({ reason: 'error', error: { code: 'INVALID_MESSAGE', data: { event: 'start' } } })
    expect(line.isClosed()).toBe(true)
    await expectNothingLeft(line)
  })

  it.each([2, 3])('was before the beginning when the socket has closed already (%j)', async (readyState) => {
    const peer = createPeer()
    const [near] = socketPair()
    const stops: TwilioStop[] = []
    bridgeTwilio(Object.assign(near, { readyState }), peer.session).on('stop', (stop) => stops.push(stop))
    await settle()
    expect(stops).toEqual([{ reason: 'dropped' }])
    expect(peer.session.getState().status).not.toBe('connecting')
    expect(peer.clock.pending).toBe(0)
  })

  it('plays the rest of the audio when the session closes, then ends with session', async () => {
    const line = await answering(200)
    await line.hangUp(1001, 'over')
    expect(line.stop()).toBeUndefined()
    await line.clock.advance(200)
    await line.provider(media(speech(1)), mark('1'))
    expect(line.stop()).toBeUndefined()
    await line.provider(mark('2'))
    expect(line.frames()).toBe(10)
    expect(line.stop()).toEqual({ reason: 'session' })
    expect(line.of('dropped')).toEqual([])
    await expectNothingLeft(line)
  })

  it('ends a second late after the session closed when the provider returns no marks', async () => {
    const line = await answering(200)
    await line.hangUp(1001, 'over')
    await line.clock.advance(5000)
    expect(line.stop()).toEqual({ reason: 'session' })
    await expectNothingLeft(line)
  })

  it('ends with SOCKET_FAILED and its cause when the socket fails', async () => {
    const listeners = new Map<string, (event: object) => void>()
    const socket: TwilioSocket = {
      addEventListener: (type: string, listener: (event: never) => void) => listeners.set(type, listener as never),
      removeEventListener: (type: string) => listeners.delete(type),
      send() {
        throw new Error('not open')
      },
      close() {
        throw new Error('not open')
      },
    }
    const peer = createPeer()
    const stops: TwilioStop[] = []
    bridgeTwilio(socket, peer.session).on('stop', (stop) => stops.push(stop))
    const cause = new Error('reset')
    listeners.get('error')?.({ error: cause })
    await settle()
    expect(stops).toMatchObject([{ reason: 'dropped', error: { code: 'SOCKET_FAILED', cause } }])
    // Until it has closed it may fail again, and in Node.js nobody listening would end the process.
    expect([...listeners.keys()]).toEqual(['error', 'close'])
    listeners.get('error')?.({})
    listeners.get('close')?.({})
    expect(listeners.size).toBe(0)
  })

  it('ends with INACTIVE when the provider sends nothing for inactivityTimeoutMs', async () => {
    const line = await talking({ inactivityTimeoutMs: 5_000 })
    await line.clock.advance(4_000)
    await line.provider(media(speech(1)))
    await line.clock.advance(4_999)
    expect(line.stop()).toBeUndefined()
    await line.clock.advance(1)
    expect(line.stop()).toMatchObject({
      reason: 'dropped',
      error: { code: 'INACTIVE', data: { inactivityTimeoutMs: 5_000 } },
    })
    await expectNothingLeft(line)
  })

  it('does not end for inactivity when inactivityTimeoutMs is Infinity', async () => {
    const line = await talking({ inactivityTimeoutMs: Number.POSITIVE_INFINITY })
    expect(line.clock.pending).toBe(0)
    await line.bridge()
  })

  it('ends with START_TIMEOUT when no start arrives within 10 s', async () => {
    const line = setUp()
    await line.greet()
    await line.clock.advance(9_000)
    await line.provider({ event: 'connected', protocol: 'Call' }, media(speech(1)))
    await line.clock.advance(999)
    expect(line.stop()).toBeUndefined()
    await line.clock.advance(1)
    expect(line.stop()).toMatchObject({
      reason: 'error',
      error: { name: 'TwilioError', code: 'START_TIMEOUT', data: { startTimeoutMs: 10_000 } },
    })
    expect(line.session.getState().status).toBe('closed')
    await expectNothingLeft(line)
  })

  it('does not end with START_TIMEOUT after start, or when startTimeoutMs is Infinity', async () => {
    const begun = await talking({ startTimeoutMs: 500, inactivityTimeoutMs: Number.POSITIVE_INFINITY })
    expect(begun.clock.pending).toBe(0)
    await begun.clock.advance(500)
    const patient = setUp({ startTimeoutMs: Number.POSITIVE_INFINITY, inactivityTimeoutMs: Number.POSITIVE_INFINITY })
    await patient.greet()
    await patient.clock.advance(1e9)
    expect([begun.stop(), patient.stop()]).toEqual([undefined, undefined])
    await Promise.all([begun.bridge(), patient.bridge()])
  })

  it.each<[keyof TwilioBridgeOptions, number, string]>([
    ['startTimeoutMs', Number.NaN, 'must be a number of at least 20'],
    ['startTimeoutMs', 0, 'must be a number of at least 20'],
    ['sendAheadMs', Number.POSITIVE_INFINITY, 'must be finite'],
  ])('is not waited for when %s is %d, which is refused', (option, value, problem) => {
    expect(() => setUp({ [option]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: { option, problem } }),
    )
  })

  it('ends with SOCKET_FAILED when send throws', async () => {
    const line = await talking()
    line.near.send = () => {
      throw new Error('closing')
    }
    await line.sendEvents(responseCreated(), added('a'), delta(100))
    expect(line.stop()).toMatchObject({ reason: 'dropped', error: { code: 'SOCKET_FAILED' } })
    await expectNothingLeft(line)
  })
})

describe('bridgeTwilio, onStop: keep', () => {
  it('truncates at what was played, and the session continues over another stream', async () => {
    const line = await answering(1000, { onStop: 'keep' })
    await line.clock.advance(200)
    await line.provider(mark('1'))
    await line.hangUpSocket()
    expect(line.stop()).toEqual({ reason: 'dropped' })
    expect(line.session.getState().status).toBe('open')
    expect(line.sentEvents.at(-1)).toMatchObject({ type: 'conversation.item.truncate', audio_end_ms: 100 })

    const [near, far] = socketPair()
    const got: Json[] = []
    far.addEventListener('message', ({ data }) => got.push(JSON.parse(String(data))))
    const sent = line.sentEvents.length
    const second = bridgeTwilio(near, line.session)
    const ready = vi.fn()
    second.on('ready', ready)
    far.send(JSON.stringify({ ...start, streamSid: 'MZ2' }))
    far.send(JSON.stringify(media(speech(9))))
    await settle()
    expect(ready).toHaveBeenCalledTimes(1)
    expect(line.sentEvents.slice(sent)).toMatchObject([{ type: 'input_audio_buffer.append', audio: speech(9) }])
    await line.sendEvents(responseCreated(), added('b'), delta(100, 'b'), soundDone('b'))
    expect(new Set(got.map(({ streamSid }) => streamSid))).toEqual(new Set(['MZ2']))
    far.send(JSON.stringify(mark('1')))
    await settle()
    expect(line.session.playback.progress('b')).toMatchObject([{ playedMs: 100 }])
    await second()
    expect(line.session.getState().status).toBe('closed')
  })
})

describe('bridgeTwilio, sockets', () => {
  it('accepts the types of ws, standard, and Worker sockets', () => {
    interface WorkerSocket {
      accept(): void
      send(message: ArrayBuffer | ArrayBufferView | string): void
      close(code?: number, reason?: string): void
      addEventListener<Type extends 'close' | 'error' | 'message' | 'open'>(
        type: Type,
        handler: (event: { close: CloseEvent; error: ErrorEvent; message: MessageEvent; open: Event }[Type]) => void,
      ): void
      removeEventListener<Type extends 'close' | 'error' | 'message' | 'open'>(
        type: Type,
        handler: (event: { close: CloseEvent; error: ErrorEvent; message: MessageEvent; open: Event }[Type]) => void,
      ): void
    }
    const take = (socket: NodeSocket | WebSocket | WorkerSocket): TwilioSocket => socket
    expect(take).toBeTypeOf('function')
  })
})

describe('bridgeTwilio, gaps in caller audio', () => {
  const silent = (ms: number) => Buffer.alloc(ms * 8, 0xff).toString('base64')
  const at = (timestamp: string, track?: string) => {
    const message = media(speech(1), track)
    return { ...message, media: { ...message.media, timestamp } }
  }

  it('are filled with silence when timestamps jump', async () => {
    const line = await talking()
    await line.provider(at('0'), at('20'), at('1540'))
    expect(line.appended()).toEqual([speech(1), speech(1), silent(1000), silent(500), speech(1)])
  })

  it('are filled with silence while no media arrive, up to maxPaddingMs', async () => {
    const line = await talking({ maxPaddingMs: 2_000 })
    await line.provider(at('0'))
    await line.clock.advance(30_000)
    const bytes = line.appended().map((audio) => Buffer.from(String(audio), 'base64').length)
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBe(160 + 2_000 * 8)
  })

  it('are buffered in order while the session connects', async () => {
    const line = setUp()
    await line.provider(start, at('0'), at('520'))
    await line.greet()
    expect(line.appended()).toEqual([speech(1), silent(500), speech(1)])
  })

  it('are not filled for the outbound track, or after the end', async () => {
    const line = await talking()
    await line.provider(at('0', 'outbound'), at('2000', 'outbound'), at('0'))
    await line.bridge()
    await line.clock.advance(10_000)
    expect(line.appended()).toEqual([speech(1)])
    expect(line.clock.pending).toBe(0)
  })

  it.each([
    ['padAfterMs', 0],
    ['maxPaddingMs', -1],
    ['maxPaddingMs', Number.POSITIVE_INFINITY],
  ])('cannot be filled with %s %d', (option, value) => {
    expect(() => setUp({ [option]: value })).toThrow(`The option "${option}" must be`)
  })
})
