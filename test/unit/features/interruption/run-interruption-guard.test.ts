import { type InterruptionGuardOptions, runInterruptionGuard, snapshot } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../../support/peer.js'
import { vowel } from '../../../support/speech.js'

const detection = { type: 'server_vad', silence_duration_ms: 500, create_response: true, interrupt_response: true }
const resource = (turn_detection: unknown) => ({
  ...sessionResource,
  audio: { input: { turn_detection, transcription: { model: 'gpt-transcribe' } } },
})
const taken = { ...detection, create_response: false, interrupt_response: false }
const started = (item_id = 'item_u'): Json => ({
  type: 'input_audio_buffer.speech_started',
  item_id,
  audio_start_ms: 0,
})
const stopped = (item_id = 'item_u'): Json => ({
  type: 'input_audio_buffer.speech_stopped',
  item_id,
  audio_end_ms: 900,
})
const committed = (item_id = 'item_u'): Json[] => [
  { type: 'input_audio_buffer.committed', item_id, previous_item_id: null },
  {
    type: 'conversation.item.added',
    previous_item_id: null,
    item: { id: item_id, type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] },
  },
]
const transcript = (text: string): Json => ({
  type: 'conversation.item.input_audio_transcription.completed',
  item_id: 'item_u',
  content_index: 0,
  transcript: text,
  usage: { type: 'duration', seconds: 1 },
})

/** A session in which the model plays `audioMs` of a vowel, with a guard that knows no level of the microphone. */
async function start(options: InterruptionGuardOptions = {}, audioMs = 5_000) {
  const peer = createPeer()
  await peer.connect()
  await peer.sendEvents({ type: 'session.updated', session: resource(detection) })
  const guard = runInterruptionGuard(peer.session, options)
  await peer.expectSent('session.update')
  await peer.sendEvents({ type: 'session.updated', session: resource(taken) })
  await guard.ready
  const interrupted = vi.fn()
  peer.session.on('interrupted', interrupted)
  await speak(peer, audioMs)
  return {
    ...peer,
    session: peer.session,
    guard,
    interrupted,
    count: (type: string) => countOf(peer, type),
    deleted: () => deletedIn(peer),
  }
}

/** Items of the user that were deleted. The interrupted item of the model is deleted too, because nothing of it was played. */
const deletedIn = (peer: Peer) =>
  peer.sentEvents
    .filter(({ type, item_id }) => type === 'conversation.item.delete' && item_id !== 'item_a')
    .map(({ item_id }) => item_id)

const countOf = (peer: Peer, type: string) => peer.sentEvents.filter((event) => event.type === type).length

async function speak(peer: Peer, audioMs: number, suffix = '1'): Promise<void> {
  const id = `resp_${suffix}`
  const itemId = suffix === '1' ? 'item_a' : `item_${suffix}`
  const response = { id, object: 'realtime.response', output: [], conversation_id: 'conv_1', metadata: null }
  const place = { response_id: id, item_id: itemId, output_index: 0, content_index: 0 }
  const item = { id: itemId, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  await peer.sendEvents(
    { type: 'response.created', response: { ...response, status: 'in_progress' } },
    { type: 'conversation.item.added', previous_item_id: null, item },
    { type: 'response.output_audio.delta', ...place, delta: Buffer.from(vowel(audioMs).buffer).toString('base64') },
    { type: 'response.done', response: { ...response, status: 'completed' } },
  )
  peer.session.playback.enqueued({ itemId: 'item_a' })
}

describe('runInterruptionGuard', () => {
  it('takes over interruptions and responses, and keeps the other fields of the turn detection', async () => {
    const { sentEvents } = await start()
    expect(sentEvents.findLast(({ type }) => type === 'session.update')).toMatchObject({
      session: { audio: { input: { turn_detection: taken } } },
    })
  })

  it('responds to turns also in a session that continues from a snapshot', async () => {
    const first = createPeer({ config: { audio: { input: { turn_detection: { type: 'server_vad' } } } } })
    await first.connect()
    const guard = runInterruptionGuard(first.session)
    await settle()
    await first.sendEvents({ type: 'session.updated', session: resource(taken) })
    await guard.ready
    const config = { audio: { input: { turn_detection: { type: 'server_vad' } } } }
    expect(snapshot(first.session).config).toEqual(config)

    const next = createPeer({ snapshot: snapshot(first.session) })
    const connecting = next.session.connect()
    await settle()
    await next.sendEvents({ type: 'session.created', session: sessionResource })
    expect(await next.expectSent('session.update')).toMatchObject({ session: config })
    await next.sendEvents({ type: 'session.updated', session: resource(detection) })
    await connecting
    const nextGuard = runInterruptionGuard(next.session)
    await settle()
    await next.sendEvents({ type: 'session.updated', session: resource(taken) })
    await nextGuard.ready
    await next.sendEvents(started(), stopped(), ...committed())
    expect(countOf(next, 'response.create')).toBe(1)
  })

  it('responds to turns after another feature has given the responses back to the server', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource({ ...detection, create_response: false }) })
    const guard = runInterruptionGuard(peer.session)
    await settle()
    await peer.sendEvents({ type: 'session.updated', session: resource(taken) })
    await guard.ready
    await peer.sendEvents(started('item_1'), stopped('item_1'), ...committed('item_1'))
    expect(countOf(peer, 'response.create')).toBe(0)
    await peer.sendEvents({ type: 'session.updated', session: resource({ ...taken, create_response: true }) })
    await peer.sendEvents({ type: 'session.updated', session: resource(taken) })
    await peer.sendEvents(started(), stopped(), ...committed())
    expect(countOf(peer, 'response.create')).toBe(1)
  })

  it('takes over again when the turn detection was changed, and gives back at stop()', async () => {
    const peer = await start()
    await peer.sendEvents({ type: 'session.updated', session: resource({ ...detection, silence_duration_ms: 900 }) })
    expect(peer.count('session.update')).toBe(2)
    await peer.sendEvents({ type: 'session.updated', session: resource({ ...taken, silence_duration_ms: 900 }) })
    expect(peer.count('session.update')).toBe(2)
    const stopping = peer.guard.stop()
    await settle()
    expect(peer.sentEvents.at(-1)).toMatchObject({
      session: { audio: { input: { turn_detection: { ...detection, silence_duration_ms: 900 } } } },
    })
    await peer.sendEvents({ type: 'session.updated', session: resource(detection) })
    await stopping
    await peer.sendEvents(started())
    await peer.clock.advance(2_000)
    expect(peer.clock.pending).toBe(0)
  })

  it.each([
    ['does not report it', { type: 'server_vad' }],
    ['does not make it', detection],
  ])('asks once when the server acknowledges the change and %s', async (_, reported) => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource({ type: 'server_vad' }) })
    const guard = runInterruptionGuard(peer.session)
    await peer.expectSent('session.update')
    await peer.sendEvents({ type: 'session.updated', session: resource(reported) })
    await guard.ready
    await peer.sendEvents({ type: 'session.updated', session: resource(reported) })
    expect(countOf(peer, 'session.update')).toBe(1)
  })

  it('does nothing without turn detection', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource(null) })
    const guard = runInterruptionGuard(peer.session)
    await guard.ready
    expect(countOf(peer, 'session.update')).toBe(0)
  })

  it('leaves the responses to the server when the server refuses the change', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource(detection) })
    const guard = runInterruptionGuard(peer.session)
    const { event_id } = await peer.expectSent('session.update')
    await peer.sendEvents({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'x', message: 'no', event_id },
    })
    await expect(guard.ready).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    await peer.sendEvents(started(), stopped(), ...committed())
    expect(countOf(peer, 'response.create')).toBe(0)
    await guard.stop()
    expect(countOf(peer, 'session.update')).toBe(1)
  })

  it('rejects ready when it is stopped before the session opens', async () => {
    const peer = createPeer()
    const guard = runInterruptionGuard(peer.session)
    await guard.stop()
    await expect(guard.ready).rejects.toMatchObject({ code: 'CLOSED' })
    await peer.connect()
    expect(countOf(peer, 'session.update')).toBe(0)
  })

  it('interrupts after minSpeechMs of speech, on behalf of the caller', async () => {
    const peer = await start({ minSpeechMs: 400 })
    await peer.sendEvents(started())
    await peer.clock.advance(399)
    expect(peer.interrupted).not.toHaveBeenCalled()
    await peer.clock.advance(1)
    expect(peer.interrupted).toHaveBeenCalledTimes(1)
    expect(peer.interrupted.mock.calls[0]?.[0]).toMatchObject({ by: 'caller' })
  })

  it('ignores shorter speech over the model: no interruption, no response, and the item is deleted', async () => {
    const peer = await start({ minSpeechMs: 900 })
    const ignored = vi.fn()
    peer.guard.on('ignored', ignored)
    await peer.sendEvents(started())
    await peer.clock.advance(800)
    await peer.sendEvents(stopped(), ...committed())
    expect(peer.interrupted).not.toHaveBeenCalled()
    expect(ignored).toHaveBeenCalledWith({ itemId: 'item_u' })
    expect(peer.count('response.create')).toBe(0)
    expect(peer.sentEvents.at(-1)).toMatchObject({ type: 'conversation.item.delete', item_id: 'item_u' })
  })

  it('responds to short speech while the model is silent', async () => {
    const peer = await start({ minSpeechMs: 900 }, 1_000)
    peer.session.playback.played({ itemId: 'item_a' }, 1_000)
    await peer.clock.advance(3_000)
    await peer.sendEvents(started())
    await peer.clock.advance(300)
    await peer.sendEvents(stopped(), ...committed())
    expect(peer.count('response.create')).toBe(1)
    expect(peer.deleted()).toEqual([])
  })

  it('responds to speech that starts at the end of the model and lasts', async () => {
    const peer = await start({ minSpeechMs: 900 }, 1_000)
    await peer.clock.advance(900)
    await peer.sendEvents(started())
    peer.session.playback.played({ itemId: 'item_a' }, 1_000)
    await peer.clock.advance(2_000)
    await peer.sendEvents(stopped(), ...committed())
    expect(peer.count('response.create')).toBe(1)
  })

  it('does not interrupt during ignoreDuringFirstMs, and does at its end when the user still speaks', async () => {
    const peer = await start({ minSpeechMs: 100, ignoreDuringFirstMs: 1_000 })
    await peer.sendEvents(started())
    await peer.clock.advance(999)
    expect(peer.interrupted).not.toHaveBeenCalled()
    await peer.clock.advance(1)
    expect(peer.interrupted).toHaveBeenCalledTimes(1)
  })

  it('interrupts audio while that of the next response waits behind it', async () => {
    const peer = await start({ minSpeechMs: 300 })
    await speak(peer, 5_000, '2')
    await peer.sendEvents(started())
    await peer.clock.advance(299)
    expect(peer.interrupted).not.toHaveBeenCalled()
    await peer.clock.advance(1)
    expect(peer.interrupted).toHaveBeenCalledTimes(1)
  })

  it('requests the response to an interruption at once when no words are awaited', async () => {
    const peer = await start()
    await peer.sendEvents(started())
    await peer.clock.advance(1_000)
    await peer.sendEvents(stopped(), ...committed())
    expect(peer.count('response.create')).toBe(1)
  })

  it('requests the response when the words of an interruption arrive in time', async () => {
    const peer = await start({ resumeAfterFalseMs: 1_500 })
    await peer.sendEvents(started())
    await peer.clock.advance(1_000)
    await peer.sendEvents(stopped(), ...committed())
    expect(peer.count('response.create')).toBe(0)
    await peer.sendEvents(transcript('Wait!'))
    expect(peer.count('response.create')).toBe(1)
    await peer.clock.advance(5_000)
    expect(peer.count('response.create')).toBe(1)
    expect(peer.deleted()).toEqual([])
  })

  it.each([
    ['its transcript has no words', async (peer: Peer) => peer.sendEvents(transcript(' … '))],
    ['no words arrive in time', async (peer: Peer) => peer.clock.advance(1_500)],
  ])('lets the model continue when an interruption was false: %s', async (_, wait) => {
    const peer = await start({ resumeAfterFalseMs: 1_500 })
    const resumed = vi.fn()
    peer.guard.on('resumed', resumed)
    await peer.sendEvents(started())
    await peer.clock.advance(1_000)
    await peer.sendEvents(stopped(), ...committed())
    await wait(peer)
    expect(resumed).toHaveBeenCalledWith({ itemId: 'item_u' })
    expect(peer.sentEvents.findLast(({ type }) => type === 'response.create')).toMatchObject({
      response: { instructions: expect.stringContaining('Continue') },
    })
    expect(peer.deleted()).toEqual(['item_u'])
    await peer.clock.advance(5_000)
    expect(peer.count('response.create')).toBe(1)
  })

  it('interrupts no response after turn detection was switched off while the user spoke', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents({ type: 'session.updated', session: resource(detection) })
    runInterruptionGuard(peer.session)
    await peer.expectSent('session.update')
    await peer.sendEvents({ type: 'session.updated', session: resource(taken) }, started())
    await peer.sendEvents({ type: 'session.updated', session: resource(null) })
    await peer.clock.advance(2_000)
    await speak(peer, 5_000)
    await peer.clock.advance(2_000)
    expect(countOf(peer, 'response.cancel')).toBe(0)
  })

  it('waits with the response while the user continues to speak', async () => {
    const peer = await start()
    await peer.sendEvents(started())
    await peer.clock.advance(1_000)
    await peer.sendEvents(stopped(), started('item_v'), ...committed())
    expect(peer.count('response.create')).toBe(0)
    await peer.clock.advance(1_000)
    await peer.sendEvents(stopped('item_v'), ...committed('item_v'))
    expect(peer.count('response.create')).toBe(1)
  })

  it.each(['minSpeechMs', 'ignoreDuringFirstMs', 'resumeAfterFalseMs', 'echoLossDb'])(
    'refuses a negative %s',
    (option) => {
      const { session } = createPeer()
      expect(() => runInterruptionGuard(session, { [option]: -1 })).toThrow(option)
    },
  )
})
