import { createSession, createTranslationSession, memoryPair } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { createPeer, type Json, sessionResource, settle } from '../../../support/peer.js'

const betaSession = { id: 'sess_1', object: 'realtime.session', modalities: ['text'], input_audio_format: 'pcm16' }
const item = { type: 'message' as const, role: 'user' as const, content: [{ type: 'input_text' as const, text: 'Hi' }] }

describe('a session.created that cannot be used', () => {
  async function connectWith(start: Json) {
    const peer = createPeer()
    const outcome = peer.session.connect().catch((error) => error)
    await settle()
    await peer.sendEvents(start)
    return { ...peer, error: await outcome }
  }

  it.each([
    ['text', 'sess_1', 'session must be an object, but is a string'],
    ['a list', [], 'session'],
    ['null', null, 'session must be an object, but is null'],
    ['missing', undefined, 'session must be an object, but is missing'],
  ])('rejects connect() at once with the path and the reason: session is %s', async (_name, session, reason) => {
    const { error, clock } = await connectWith({ type: 'session.created', session })
    expect(error).toMatchObject({ code: 'INVALID_EVENT', data: { type: 'session.created', direction: 'server' } })
    expect(error.message).toContain(reason)
    expect(error.message).not.toContain('fromBeta')
    expect(clock.pending).toBe(0)
  })

  it('suggests the dialect of the beta when it starts a transcription session of the beta', async () => {
    const { error } = await connectWith({ type: 'transcription_session.created', session: { id: 'sess_1' } })
    expect(error).toMatchObject({ code: 'INVALID_EVENT' })
    expect(error.message).toContain('dialect: beta of realtime-primitives/dialects')
  })

  it('lets connect() be called again', async () => {
    const peer = await connectWith({ type: 'session.created', session: null })
    expect(peer.session.getState().status).toBe('idle')
    expect(peer.session.connect().catch(() => {})).toBeInstanceOf(Promise)
    await peer.session.close()
  })

  it('rejects connect() of a translation session too', async () => {
    const [near, far] = memoryPair()
    const session = createTranslationSession({ transport: near, clock: createManualClock() })
    const outcome = session.connect().catch((error) => error)
    await far.open()
    far.send(JSON.stringify({ type: 'session.created', event_id: 'e', session: 'x' }))
    expect(await outcome).toMatchObject({ code: 'INVALID_EVENT' })
  })
})

describe('a session.created of another server', () => {
  it.each([
    ['empty', {}],
    ['without an id', { type: 'realtime' }],
    ['of another type', { type: 7, id: 'x' }],
    ['in the shape of the beta', betaSession],
    ['of xAI', { id: 'x', voice: 'ara', modalities: ['audio'], turn_detection: { type: null }, tools: [] }],
    ['with unreadable settings', { type: 'realtime', audio: 'none', tools: [7], expires_at: 'soon' }],
  ])('starts the session: %s', async (_name, session) => {
    const peer = createPeer()
    const connecting = peer.session.connect()
    await settle()
    await peer.sendEvents({ type: 'session.created', session })
    await connecting
    expect(peer.session.getState()).toMatchObject({ status: 'open', session: { type: 'realtime' } })
    await peer.session.close()
  })

  it('is followed by one warning when the server sends events of the beta', async () => {
    const peer = createPeer()
    await peer.connect()
    const warnings: unknown[] = []
    peer.session.on('warning', (warning) => warnings.push(warning))
    for (let count = 0; count < 3; count++) await peer.sendEvents({ type: 'response.audio.delta', delta: '' })
    expect(warnings).toMatchObject([{ dialect: 'openai', subject: 'dialect' }])
    await peer.session.close()
  })
})

describe('an invalid frame before session.created', () => {
  it('does not end connect(), and is the cause when nothing else comes', async () => {
    const peer = createPeer()
    const first = peer.session.connect()
    await settle()
    await peer.sendFrame('Welcome!')
    await peer.sendEvents({ type: 'session.created', session: sessionResource })
    await first
    const [near, far] = memoryPair()
    const clock = createManualClock()
    const outcome = createSession({ transport: near, clock })
      .connect()
      .catch((error) => error)
    await far.open()
    far.send('Unauthorized')
    await clock.advance(15_000)
    expect(await outcome).toMatchObject({ code: 'TIMEOUT', cause: { code: 'INVALID_JSON' } })
  })
})

describe('an acknowledgement that cannot be used', () => {
  async function connected() {
    const peer = createPeer()
    await peer.connect()
    return peer
  }
  const reason = (promise: Promise<unknown>) =>
    promise.then(
      () => 'resolved',
      (error) => error,
    )

  it('rejects update() at once', async () => {
    const peer = await connected()
    const update = reason(peer.session.update({ instructions: 'x' }))
    await peer.sendEvents({ type: 'session.updated', session: 'no' })
    expect(await update).toMatchObject({ code: 'INVALID_EVENT', data: { path: 'session' } })
    // The server has applied the change, whatever its acknowledgement looks like.
    expect(peer.session.getState().config).toEqual({ instructions: 'x' })
  })

  it('rejects connect() when it is that of the configuration', async () => {
    const peer = createPeer({ config: { instructions: 'x' } })
    const outcome = reason(peer.session.connect())
    await settle()
    await peer.sendEvents({ type: 'session.created', session: sessionResource })
    await peer.sendEvents({ type: 'session.updated', session: null })
    expect(await outcome).toMatchObject({ code: 'INVALID_EVENT', data: { path: 'session' } })
    expect(peer.clock.pending).toBe(0)
  })

  it('rejects only the request that it acknowledges', async () => {
    const peer = await connected()
    const [first, second] = ['a', 'b'].map((id) => reason(peer.session.items.create({ ...item, id })))
    const deleted = reason(peer.session.items.delete('x'))
    await peer.sendEvents({ type: 'conversation.item.added', item: { id: 'z', type: 'message' } })
    await peer.sendEvents({ type: 'conversation.item.added', item: { id: 'b', type: 'message' } })
    expect(await second).toMatchObject({ code: 'INVALID_EVENT' })
    await peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: { ...item, id: 'a' } })
    expect(await first).toBe('resolved')
    await peer.sendEvents({ type: 'conversation.item.deleted', item_id: 7 })
    expect(await deleted).toMatchObject({ code: 'INVALID_EVENT', data: { path: 'item_id' } })
    expect(peer.clock.pending).toBe(0)
    await peer.session.close()
  })

  it('rejects the oldest of several requests that it may acknowledge', async () => {
    const peer = await connected()
    const [first, second] = [reason(peer.session.audio.commit()), reason(peer.session.audio.commit())]
    await peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: null })
    expect(await first).toMatchObject({ code: 'INVALID_EVENT' })
    await peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'x', previous_item_id: null })
    expect(await second).toBe('resolved')
    await peer.session.close()
  })

  it('rejects a request that an unreadable error names', async () => {
    const peer = await connected()
    const update = reason(peer.session.update({ instructions: 'x' }))
    const { event_id } = await peer.expectSent('session.update')
    await peer.sendEvents({ type: 'error', error: { message: 7, event_id } })
    expect(await update).toMatchObject({ code: 'INVALID_EVENT' })
  })

  it('rejects waitFor() unless it has a condition', async () => {
    const peer = await connected()
    const plain = reason(peer.session.waitFor('input_audio_buffer.committed'))
    const chosen = reason(peer.session.waitFor('input_audio_buffer.committed', { where: () => true }))
    await peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: null })
    expect(await plain).toMatchObject({ code: 'INVALID_EVENT' })
    await peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'x', previous_item_id: null })
    expect(await chosen).toBe('resolved')
  })
})
