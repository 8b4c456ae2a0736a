import { createSession, type RealtimeSession, runTools, tool } from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../../support/peer.js'

const callItem = (callId: string): Json => ({
  id: `item_${callId}`,
  type: 'function_call',
  status: 'completed',
  call_id: callId,
  name: 'weather',
  arguments: '{"city":"Paris"}',
})
const outputItem = (callId: string): Json => ({
  id: `output_${callId}`,
  type: 'function_call_output',
  call_id: callId,
  output: 'sunny',
})
const messageItem = (text: string): Json => ({
  id: `item_${text}`,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text }],
})
const usage = { total_tokens: 10, input_tokens: 7, output_tokens: 3, input_token_details: { cached_tokens: 2 } }

function response(id: string, status: string, output: readonly Json[] = [], fields: object = {}): object {
  return {
    id,
    object: 'realtime.response',
    status,
    output,
    conversation_id: 'conv_1',
    metadata: null,
    usage,
    ...fields,
  }
}
async function run(peer: Peer, id: string, output: readonly Json[], status = 'completed', fields: object = {}) {
  const request = await peer.expectSent('response.create')
  const { metadata } = request.response as { metadata: object }
  await peer.sendEvents({
    type: 'response.created',
    response: response(id, 'in_progress', [], { metadata, usage: null }),
  })
  await finish(peer, id, output, status, fields)
}
async function finish(peer: Peer, id: string, output: readonly Json[], status = 'completed', fields: object = {}) {
  for (const [output_index, item] of output.entries())
    await peer.sendEvents({ type: 'response.output_item.done', response_id: id, output_index, item })
  await peer.sendEvents({ type: 'response.done', response: response(id, status, output, fields) })
}
const added = (item: Json): Json => ({ type: 'conversation.item.added', previous_item_id: null, item })

async function connected(): Promise<Peer> {
  const peer = createPeer({ responseTimeoutMs: 60_000 })
  await peer.connect()
  return peer
}

/** Returns whether a promise has resolved. */
async function isResolved(promise: Promise<unknown>): Promise<boolean> {
  let resolved = false
  promise.then(() => {
    resolved = true
  })
  await settle()
  return resolved
}

describe('settled without tools', () => {
  it('resolves with text, usage, and the outcome when the response is done', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [messageItem('Hello.'), messageItem('How are you?')])
    expect(await settled).toMatchObject({
      outcome: { status: 'completed' },
      isInterrupted: false,
      responseIds: ['resp_1'],
      text: 'Hello.\nHow are you?',
      audioMs: 0,
      toolCalls: [],
      usage,
    })
    expect(peer.clock.pending).toBe(0)
  })

  it.each([
    ['fails', 'failed', { type: 'failed', error: { code: 'server_error' } }, 'failed', false],
    ['is incomplete', 'incomplete', { type: 'incomplete', reason: 'max_output_tokens' }, 'incomplete', false],
    ['is interrupted', 'cancelled', { type: 'cancelled', reason: 'turn_detected' }, 'cancelled', true],
    ['is cancelled', 'cancelled', { type: 'cancelled', reason: 'client_cancelled' }, 'cancelled', false],
  ])('resolves when the response %s', async (_, status, status_details, outcome, isInterrupted) => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [], status, { status_details })
    expect(await settled).toMatchObject({ outcome: { status: outcome }, isInterrupted })
  })

  it('resolves when the request is refused, cancelled, or the session is closed', async () => {
    const peer = await connected()
    const refused = peer.session.respond()
    const { event_id } = await peer.expectSent('response.create')
    await peer.sendEvents({ type: 'error', error: { type: 'x', code: 'x', message: 'no', event_id } })
    expect(await refused.settled).toMatchObject({ outcome: { status: 'rejected' }, responseIds: [] })
    const cancelled = peer.session.respond()
    cancelled.cancel()
    await peer.clock.advance(20_000)
    expect(await cancelled.settled).toMatchObject({ outcome: { status: 'cancelled' } })
    const { settled } = peer.session.respond()
    await peer.session.close()
    expect(await settled).toMatchObject({ outcome: { status: 'cancelled', reason: 'session_closed' } })
    expect(await peer.session.respond().settled).toMatchObject({ outcome: { reason: 'session_closed' } })
  })
})

describe('settled with tool calls', () => {
  it('waits for the result and for the response to it, and adds up usage', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.sendEvents(added(callItem('a')))
    await peer.clock.advance(30_000)
    expect(await isResolved(settled)).toBe(false)
    await peer.sendEvents(added(outputItem('a')))
    peer.session.respond()
    await peer.clock.advance(1_500)
    await run(peer, 'resp_2', [messageItem('It is sunny.')])
    expect(await settled).toMatchObject({
      responseIds: ['resp_1', 'resp_2'],
      text: 'It is sunny.',
      toolCalls: [{ callId: 'a', name: 'weather', arguments: '{"city":"Paris"}', output: 'sunny' }],
      usage: { total_tokens: 20, input_token_details: { cached_tokens: 4 } },
    })
    expect(peer.clock.pending).toBe(0)
  })

  it('is also known to a caller that reads it later', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    peer.session.respond()
    await run(peer, 'resp_2', [messageItem('It is sunny.')])
    expect((await handle.settled).responseIds).toEqual(['resp_1', 'resp_2'])
  })

  it('does not take a response that was created before the result for the response to it', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    const other = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await run(peer, 'resp_2', [messageItem('Other')])
    expect((await other.settled).text).toBe('Other')
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    peer.session.respond()
    await run(peer, 'resp_3', [messageItem('Sunny')])
    expect(await settled).toMatchObject({ responseIds: ['resp_1', 'resp_3'], text: 'Sunny' })
  })

  it('keeps the calls and the usage of a response that later ones have removed from the state', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.sendEvents(added(callItem('a')))
    for (let index = 0; index < 33; index++) {
      const fields = { conversation_id: null, usage: null }
      const id = `other_${index}`
      await peer.sendEvents(
        { type: 'response.created', response: response(id, 'in_progress', [], fields) },
        { type: 'response.done', response: response(id, 'completed', [], fields) },
      )
    }
    expect(peer.session.getState().responses.byId.resp_1).toBeUndefined()
    expect(await isResolved(settled)).toBe(false)
    await peer.sendEvents(added(outputItem('a')))
    peer.session.respond()
    await run(peer, 'resp_2', [messageItem('It is sunny.')])
    expect(await settled).toMatchObject({
      responseIds: ['resp_1', 'resp_2'],
      toolCalls: [{ callId: 'a', output: 'sunny' }],
      usage: { total_tokens: 20 },
    })
  })

  it('resolves one second after the result when no response is requested', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    await peer.clock.advance(999)
    expect(await isResolved(settled)).toBe(false)
    await peer.clock.advance(1)
    expect(await settled).toMatchObject({ outcome: { status: 'completed' }, responseIds: ['resp_1'] })
  })

  it('waits for an announced response', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    const withdraw = peer.session.announceResponse()
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    await peer.clock.advance(30_000)
    expect(await isResolved(settled)).toBe(false)
    peer.session.respond()
    withdraw()
    await settle()
    await run(peer, 'resp_2', [messageItem('Sunny')])
    expect(await settled).toMatchObject({ responseIds: ['resp_1', 'resp_2'], text: 'Sunny' })
    expect(peer.clock.pending).toBe(0)
  })

  it('resolves after an announced response is withdrawn', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    const withdraw = peer.session.announceResponse()
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    await peer.clock.advance(30_000)
    withdraw()
    await peer.clock.advance(1_000)
    expect((await settled).responseIds).toEqual(['resp_1'])
  })

  it('resolves after the requested response is refused', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    peer.session.respond()
    await settle()
    const { event_id } = await peer.expectSent('response.create')
    await peer.clock.advance(5_000)
    await peer.sendEvents({ type: 'error', error: { type: 'x', code: 'x', message: 'no', event_id } })
    await peer.clock.advance(1_000)
    expect((await settled).responseIds).toEqual(['resp_1'])
    expect(peer.clock.pending).toBe(0)
  })

  it('waits while the user speaks, and for the response of the server to that turn', async () => {
    const peer = await connected()
    await peer.sendEvents({
      type: 'session.updated',
      session: {
        ...sessionResource,
        audio: { input: { turn_detection: { type: 'server_vad', create_response: true } } },
      },
    })
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.sendEvents(added(callItem('a')), added(outputItem('a')))
    await peer.sendEvents({ type: 'input_audio_buffer.speech_started', item_id: 'item_u', audio_start_ms: 0 })
    await peer.clock.advance(5_000)
    await peer.sendEvents({ type: 'input_audio_buffer.speech_stopped', item_id: 'item_u', audio_end_ms: 900 })
    await peer.clock.advance(5_000)
    expect(await isResolved(settled)).toBe(false)
    await peer.sendEvents({
      type: 'response.created',
      response: response('resp_2', 'in_progress', [], { usage: null }),
    })
    await finish(peer, 'resp_2', [messageItem('Sunny')])
    expect(await settled).toMatchObject({ responseIds: ['resp_1', 'resp_2'], text: 'Sunny' })
  })

  it('resolves after responseTimeoutMs when a call gets no result', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.clock.advance(60_000)
    expect((await settled).toolCalls).toMatchObject([{ callId: 'a', output: undefined }])
    expect(peer.clock.pending).toBe(0)
  })

  it('resolves as cancelled when the session closes while a tool runs', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await run(peer, 'resp_1', [callItem('a')])
    await peer.session.close()
    expect(await settled).toMatchObject({ outcome: { status: 'cancelled', reason: 'session_closed' } })
  })

  it('follows runTools in the emulator to the reply', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({
      clock,
      script: ({ index }) => (index > 0 ? [reply('It is sunny.')] : [call('weather')]),
    })
    const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime' }), clock })
    const execute = () => new Promise<string>((resolve) => void clock.after(3_000, () => resolve('sunny')))
    runTools(session, [tool({ name: 'weather', parameters: { type: 'object' }, execute })])
    const connecting = session.connect()
    await clock.advance(1)
    await connecting
    const { settled } = session.sendMessage('How is the weather?', { response: { output_modalities: ['text'] } })
    await clock.advance(20_000)
    expect(await settled).toMatchObject({ text: 'It is sunny.', toolCalls: [{ name: 'weather', output: 'sunny' }] })
    await session.close()
  })
})

describe('settled with audio', () => {
  const delta = Buffer.alloc(48_000).toString('base64')
  const part = { itemId: 'item_1', contentIndex: 0 }

  async function speak(session: RealtimeSession, peer: Peer): Promise<void> {
    const request = await peer.expectSent('response.create')
    const { metadata } = request.response as { metadata: object }
    await peer.sendEvents(
      { type: 'response.created', response: response('resp_1', 'in_progress', [], { metadata }) },
      added({ id: 'item_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }),
      {
        type: 'response.output_audio.delta',
        response_id: 'resp_1',
        item_id: 'item_1',
        output_index: 0,
        content_index: 0,
        delta,
      },
    )
    if (session.getState().status !== 'open') throw new Error('the session is not open')
  }
  const done: Json = { type: 'response.done', response: response('resp_1', 'completed') }

  it('resolves with the duration of the audio when no player reports', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await speak(peer.session, peer)
    await peer.sendEvents(done)
    expect(await settled).toMatchObject({ audioMs: 1_000, isInterrupted: false })
  })

  it('waits until a player has played the audio', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await speak(peer.session, peer)
    peer.session.playback.enqueued(part)
    await peer.sendEvents(done)
    await peer.clock.advance(500)
    peer.session.playback.played(part, 500)
    expect(await isResolved(settled)).toBe(false)
    peer.session.playback.played(part, 500)
    expect(await settled).toMatchObject({ audioMs: 1_000, isInterrupted: false })
    expect(peer.clock.pending).toBe(0)
  })

  it('resolves as interrupted when the playback is interrupted', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await speak(peer.session, peer)
    peer.session.playback.played(part, 400)
    await peer.sendEvents(done)
    peer.session.interrupt()
    expect(await settled).toMatchObject({ outcome: { status: 'completed' }, isInterrupted: true, audioMs: 1_000 })
  })

  it('resolves five seconds after the end of the audio when a player reports no more', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await speak(peer.session, peer)
    peer.session.playback.enqueued(part)
    await peer.sendEvents(done)
    await peer.clock.advance(5_999)
    expect(await isResolved(settled)).toBe(false)
    await peer.clock.advance(1)
    expect((await settled).outcome.status).toBe('completed')
  })

  it('resolves when the session closes while audio is played', async () => {
    const peer = await connected()
    const { settled } = peer.session.respond()
    await speak(peer.session, peer)
    peer.session.playback.enqueued(part)
    await peer.sendEvents(done)
    await peer.session.close()
    expect((await settled).outcome.status).toBe('completed')
  })
})

describe('settled with audio on a media track', () => {
  const spoken = (id: string): Json => ({
    id: `item_${id}`,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_audio', transcript: id }],
  })
  const plays = (name: 'started' | 'stopped', response_id: string): Json => ({
    type: `output_audio_buffer.${name}`,
    response_id,
  })

  async function connectedTrack(): Promise<Peer> {
    const peer = createPeer({}, { audio: 'media' })
    await peer.connect()
    return peer
  }

  it('waits while the server plays earlier responses, and then until the playback stops', async () => {
    const peer = await connectedTrack()
    const first = peer.session.respond().settled
    await run(peer, 'resp_1', [spoken('resp_1')])
    await peer.sendEvents(plays('started', 'resp_1'))
    const second = peer.session.respond().settled
    await settle()
    await run(peer, 'resp_2', [spoken('resp_2')])
    await peer.clock.advance(5_000)
    await peer.sendEvents(plays('stopped', 'resp_1'))
    expect(await isResolved(first)).toBe(true)
    expect(await isResolved(second)).toBe(false)
    await peer.sendEvents(plays('started', 'resp_2'))
    await peer.clock.advance(5_000)
    expect(await isResolved(second)).toBe(false)
    await peer.sendEvents(plays('stopped', 'resp_2'))
    expect(await second).toMatchObject({ outcome: { status: 'completed' }, isInterrupted: false })
  })

  it('resolves one second after the earlier playback when the server starts no other', async () => {
    const peer = await connectedTrack()
    void peer.session.respond()
    await run(peer, 'resp_1', [spoken('resp_1')])
    await peer.sendEvents(plays('started', 'resp_1'))
    const second = peer.session.respond().settled
    await settle()
    await run(peer, 'resp_2', [spoken('resp_2')])
    await peer.clock.advance(5_000)
    await peer.sendEvents(plays('stopped', 'resp_1'))
    await peer.clock.advance(999)
    expect(await isResolved(second)).toBe(false)
    await peer.clock.advance(1)
    expect(await isResolved(second)).toBe(true)
  })
})
