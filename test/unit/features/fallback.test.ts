import { createSession, type FallbackEvent, type FallbackOptions, runFallback } from 'realtime-primitives'
import { createEmulator, createManualClock, fail, reply } from 'realtime-primitives/testing'
import { describe, expect, it, vi } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../support/peer.js'

const message = { text: 'One moment, please.', audio: new Uint8Array(48_000) }
const retry = { instructions: 'Reply in one sentence.' }
const speechStarted: Json = { type: 'input_audio_buffer.speech_started', item_id: 'item_u', audio_start_ms: 0 }
const speechStopped: Json = { type: 'input_audio_buffer.speech_stopped', item_id: 'item_u', audio_end_ms: 900 }

interface FallbackPeer extends Peer {
  readonly events: FallbackEvent[]
  /** Texts of the messages that listeners received. */
  readonly said: string[]
  actions(): string[]
  requests(): Json[]
}

async function start(options: FallbackOptions = {}): Promise<FallbackPeer> {
  const peer = createPeer({ requestTimeoutMs: 60_000 })
  await peer.connect()
  const events: FallbackEvent[] = []
  const said: string[] = []
  runFallback(peer.session, { message, onFallback: (event) => events.push(event), ...options })
  peer.session.on('response.output_audio_transcript.done', ({ transcript }) => said.push(transcript))
  peer.session.on('response.output_text.done', ({ text }) => said.push(text))
  return Object.assign(Object.create(peer) as Peer, {
    session: peer.session,
    clock: peer.clock,
    sentEvents: peer.sentEvents,
    events,
    said,
    actions: () => events.map(({ cause, action }) => `${cause}: ${action}`),
    requests: () => peer.sentEvents.filter(({ type }) => type === 'response.create'),
  })
}

function resource(id: string, status: string, request: Json | undefined): object {
  const { metadata = null } = (request?.response ?? {}) as { metadata?: object }
  const status_details = status === 'incomplete' ? { type: status, reason: 'max_output_tokens' } : null
  return { id, object: 'realtime.response', status, status_details, output: [], conversation_id: 'conv_1', metadata }
}
const created = (id: string, request?: Json): Json => ({
  type: 'response.created',
  response: resource(id, 'in_progress', request),
})
const done = (id: string, status: string): Json => ({
  type: 'response.done',
  response: resource(id, status, undefined),
})
const output = (id: string): Json => ({
  type: 'response.output_item.added',
  response_id: id,
  output_index: 0,
  item: { id: `item_${id}`, type: 'message', role: 'assistant', status: 'in_progress', content: [] },
})

/** A connected session on a server that can be dropped. */
async function startDroppable() {
  const server = droppable()
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock })
  const greet = async () => {
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
  }
  const connecting = session.connect()
  await greet()
  await connecting
  return { server, clock, session, greet }
}

async function fails(peer: FallbackPeer, id: string, status = 'failed'): Promise<void> {
  await peer.sendEvents(created(id, peer.requests().at(-1)), done(id, status))
}

describe('runFallback', () => {
  it.each(['failed', 'incomplete'])(
    'requests a response that is %s once more, with other parameters',
    async (status) => {
      const peer = await start({ retry })
      peer.session.respond()
      await fails(peer, 'resp_1', status)
      expect(peer.actions()).toEqual([`${status}: retry`])
      expect(peer.events[0]).toMatchObject({ responseId: 'resp_1', outcome: { status } })
      expect(peer.requests()[1]).toMatchObject({ response: retry })
      await peer.sendEvents(created('resp_2', peer.requests()[1]), output('resp_2'), done('resp_2', 'completed'))
      await peer.clock.advance(60_000)
      expect(peer.said).toEqual([])
      expect(peer.requests()).toHaveLength(2)
    },
  )

  it('plays the message once when the retry fails too', async () => {
    const peer = await start({ retry })
    peer.session.respond()
    await fails(peer, 'resp_1')
    await fails(peer, 'resp_2')
    expect(peer.actions()).toEqual(['failed: retry', 'failed: message'])
    expect(peer.said).toEqual(['One moment, please.'])
    await peer.clock.advance(60_000)
    expect(peer.requests()).toHaveLength(2)
    expect(peer.said).toHaveLength(1)
  })

  it('plays the message through the players of the session, and adds it to the conversation', async () => {
    const peer = await start()
    const deltas: number[] = []
    peer.session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
      const part = { itemId: item_id, contentIndex: content_index }
      if (peer.session.playback.enqueued(part)) deltas.push(Buffer.from(delta, 'base64').length)
    })
    peer.session.respond()
    await fails(peer, 'resp_1')
    expect(deltas).toEqual([48_000])
    expect(peer.sentEvents.at(-1)).toMatchObject({
      type: 'conversation.item.create',
      item: { role: 'assistant', content: [{ type: 'output_text', text: 'One moment, please.' }] },
    })
  })

  it('calls the app when neither a retry nor a message is configured', async () => {
    const peer = await start({ message: undefined })
    peer.session.respond()
    await fails(peer, 'resp_1')
    expect(peer.actions()).toEqual(['failed: none'])
  })

  it('plays text without audio as written text, and passes the message to play()', async () => {
    const written = await start({ message: { text: 'Sorry.' } })
    written.session.respond()
    await fails(written, 'resp_1')
    expect(written.said).toEqual(['Sorry.'])
    const play = vi.fn()
    const played = await start({ play })
    played.session.respond()
    await fails(played, 'resp_1')
    expect(play).toHaveBeenCalledWith(message)
    expect(played.said).toEqual([])
  })

  it('acts on a response that the server created by itself', async () => {
    const peer = await start()
    await peer.sendEvents(speechStarted, speechStopped, created('resp_1'), done('resp_1', 'failed'))
    expect(peer.actions()).toEqual(['failed: message'])
  })

  it('does nothing for responses that are cancelled, interrupted, or out of band', async () => {
    const peer = await start()
    peer.session.respond()
    await peer.sendEvents(created('resp_1', peer.requests().at(-1)), done('resp_1', 'cancelled'))
    peer.session.respond({ conversation: 'none' })
    const response = { ...resource('resp_2', 'failed', peer.requests().at(-1)), conversation_id: null }
    await peer.sendEvents({ type: 'response.created', response }, { type: 'response.done', response })
    await peer.clock.advance(60_000)
    expect(peer.actions()).toEqual([])
  })

  it.each([
    ['was requested', async (peer: FallbackPeer) => void peer.session.respond()],
    ['follows a turn of the user', async (peer: FallbackPeer) => peer.sendEvents(speechStarted, speechStopped)],
  ])('plays the message when a response that %s has no output after startTimeoutMs', async (_, request) => {
    const peer = await start({ startTimeoutMs: 3_000 })
    await request(peer)
    await peer.clock.advance(2_999)
    expect(peer.actions()).toEqual([])
    await peer.clock.advance(1)
    expect(peer.actions()).toEqual(['slow: message'])
    await peer.sendEvents(created('resp_1', peer.requests().at(-1)), output('resp_1'), done('resp_1', 'completed'))
    expect(peer.said).toHaveLength(1)
  })

  it('does not take a response that waits for another one for a slow one', async () => {
    const peer = await start({ startTimeoutMs: 3_000 })
    peer.session.respond()
    await peer.sendEvents(created('resp_1', peer.requests()[0]), output('resp_1'))
    peer.session.respond()
    await peer.clock.advance(20_000)
    expect(peer.actions()).toEqual([])
  })

  it('cancels a slow response when it requests another one', async () => {
    const peer = await start({ retry, startTimeoutMs: 3_000 })
    peer.session.respond()
    await peer.sendEvents(created('resp_1', peer.requests()[0]))
    await peer.clock.advance(3_000)
    expect(peer.actions()).toEqual(['slow: retry'])
    expect(peer.sentEvents.at(-1)).toMatchObject({ type: 'response.cancel', response_id: 'resp_1' })
    await peer.sendEvents(done('resp_1', 'cancelled'))
    expect(peer.requests()[1]).toMatchObject({ response: retry })
  })

  it('gives up its retry when the server responds to the turn after all', async () => {
    const peer = await start({ retry, startTimeoutMs: 3_000 })
    await peer.sendEvents(speechStarted, speechStopped)
    await peer.clock.advance(3_000)
    await peer.sendEvents(created('resp_1'))
    await peer.sendEvents(created('resp_2', peer.requests()[0]))
    expect(peer.sentEvents.at(-1)).toMatchObject({ type: 'response.cancel', response_id: 'resp_2' })
  })

  it('waits until the user has finished speaking', async () => {
    let isUserSpeaking = true
    const peer = await start({ isUserSpeaking: () => isUserSpeaking })
    peer.session.respond()
    await fails(peer, 'resp_1')
    await peer.clock.advance(2_000)
    expect(peer.said).toEqual([])
    isUserSpeaking = false
    await peer.clock.advance(100)
    expect(peer.said).toHaveLength(1)
  })

  it('is dropped when the user speaks and the server responds to that turn', async () => {
    const peer = await start()
    peer.session.respond()
    await peer.sendEvents(created('resp_1', peer.requests()[0]), speechStarted, done('resp_1', 'failed'))
    await peer.sendEvents(speechStopped, created('resp_2'), output('resp_2'), done('resp_2', 'completed'))
    await peer.clock.advance(60_000)
    expect(peer.actions()).toEqual([])
  })

  it('stops the message when the user speaks, even where speech does not interrupt', async () => {
    const peer = await start()
    const turn_detection = { type: 'server_vad', create_response: true, interrupt_response: false }
    await peer.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, audio: { input: { turn_detection } } },
    })
    const interrupted = vi.fn()
    peer.session.on('interrupted', interrupted)
    peer.session.on(
      'response.output_audio.delta',
      ({ item_id }) => void peer.session.playback.enqueued({ itemId: item_id }),
    )
    peer.session.respond()
    await fails(peer, 'resp_1')
    await peer.sendEvents(speechStarted)
    expect(interrupted).toHaveBeenCalledTimes(1)
    expect(peer.session.playback.isPlaying).toBe(false)
    expect(peer.sentEvents.filter(({ type }) => String(type).startsWith('conversation.item.truncate'))).toEqual([])
  })

  it('plays the message when the retry cannot be sent, because it is invalid', async () => {
    const peer = await start({ retry: { output_modalities: ['smell'] } as never })
    peer.session.respond()
    await fails(peer, 'resp_1')
    expect(peer.actions()).toEqual(['failed: retry', 'failed: message'])
    expect(peer.said).toHaveLength(1)
  })

  it('plays the message in an outage in which it was started', async () => {
    const { server, clock, session } = await startDroppable()
    server.drop()
    const actions: string[] = []
    runFallback(session, { message, onFallback: ({ cause, action }) => actions.push(`${cause}: ${action}`) })
    await clock.advance(5_000)
    expect(actions).toEqual(['offline: message'])
    await session.close()
  })

  it('plays no message when the outage ends before the user stops speaking', async () => {
    const { server, clock, session, greet } = await startDroppable()
    const actions: string[] = []
    let isSpeaking = true
    runFallback(session, {
      message,
      isUserSpeaking: () => isSpeaking,
      onFallback: ({ cause, action }) => actions.push(`${cause}: ${action}`),
    })
    server.drop()
    await clock.advance(5_000)
    server.restore()
    await greet()
    expect(session.getState().status).toBe('open')
    isSpeaking = false
    await clock.advance(10_000)
    expect(actions).toEqual([])
    await session.close()
  })

  it('plays the message once per outage that is longer than offlineTimeoutMs', async () => {
    const { server, clock, session, greet } = await startDroppable()
    const actions: string[] = []
    const said: string[] = []
    runFallback(session, {
      message,
      offlineTimeoutMs: 2_000,
      onFallback: ({ cause, action }) => actions.push(`${cause}: ${action}`),
    })
    session.on('response.output_audio_transcript.done', ({ transcript }) => said.push(transcript))
    for (const outageMs of [1_999, 10_000, 10_000]) {
      server.drop()
      await clock.advance(outageMs)
      server.restore()
      await greet()
    }
    expect(actions).toEqual(['offline: message', 'offline: message'])
    expect(said).toHaveLength(2)
    await session.close()
  })

  it.each(['message', 'play', 'onFallback', 'isUserSpeaking'])('reports what %s throws to the host', async (option) => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const peer = await start({
      startTimeoutMs: 1_000,
      [option]() {
        throw new Error('a mistake of the app')
      },
    })
    peer.session.respond()
    await peer.clock.advance(1_000)
    expect(report).toHaveBeenCalledTimes(1)
    vi.unstubAllGlobals()
  })

  it('does nothing for causes that are not listed, and after stop()', async () => {
    const peer = await start({ causes: ['slow'] })
    peer.session.respond()
    await fails(peer, 'resp_1')
    expect(peer.actions()).toEqual([])
    const stopped = await start()
    const fallback = runFallback(stopped.session, { onFallback: () => expect.unreachable() })
    fallback.stop()
    stopped.session.respond()
    await fails(stopped, 'resp_1')
    expect(stopped.actions()).toEqual(['failed: message'])
  })

  it('refuses limits that are not positive, and names the option', () => {
    const { session } = createPeer()
    expect(() => runFallback(session, { startTimeoutMs: 0 })).toThrow(/"?startTimeoutMs"? .*more than 0 ms/)
    expect(() => runFallback(session, { offlineTimeoutMs: Number.NaN })).toThrow(/offlineTimeoutMs/)
  })

  it('retries a response that fails in the emulator', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, script: ({ index }) => (index === 0 ? [fail()] : [reply('Here I am.')]) })
    const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime' }), clock })
    const actions: string[] = []
    runFallback(session, { retry: { output_modalities: ['text'] }, onFallback: ({ action }) => actions.push(action) })
    const connecting = session.connect()
    await clock.advance(1)
    await connecting
    const texts: string[] = []
    session.on('response.output_text.done', ({ text }) => texts.push(text))
    session.sendMessage('Are you there?')
    await clock.advance(10_000)
    expect(actions).toEqual(['retry'])
    expect(texts).toEqual(['Here I am.'])
    await session.close()
  })
})
