import { createSession, type RestoredEvent, type SessionOptions, selectItems } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { droppable } from '../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../support/peer.js'

const updated: Json = { type: 'session.updated', session: sessionResource }
const item = (id: string, text: string): Json => ({
  id,
  type: 'message',
  role: 'user',
  status: 'completed',
  content: [{ type: 'input_text', text }],
})

/** A session on a call that runs already: the server does not greet it. */
async function joined(options: Partial<SessionOptions> = {}) {
  const server = droppable('media', 'joined')
  const session = createSession({ transport: server.transport, clock: createManualClock(), ...options })
  const connecting = session.connect()
  await settle()
  server.sendEvents(updated)
  await connecting
  return { ...server, session, last: () => server.connections.at(-1) ?? [] }
}

describe('a session that joins a call', () => {
  it('connects without session.created, and reads the active configuration', async () => {
    const { session, last } = await joined()
    expect(last()).toMatchObject([{ type: 'session.update', session: { type: 'realtime' } }])
    expect(Object.keys(last()[0]?.session as object)).toEqual(['type'])
    expect(session.getState().status).toBe('open')
    expect(session.getState().session).toMatchObject({ id: 'sess_1', model: 'gpt-realtime' })
  })

  it('sends its configuration', async () => {
    const { last } = await joined({ config: { instructions: 'Listen.' } })
    expect(last()).toMatchObject([{ type: 'session.update', session: { instructions: 'Listen.' } }])
  })

  it('places items whose predecessors it never saw', async () => {
    const { session, sendEvents } = await joined()
    sendEvents({ type: 'conversation.item.added', previous_item_id: 'before', item: item('b', 'second') })
    sendEvents({ type: 'conversation.item.added', previous_item_id: 'b', item: item('c', 'third') })
    expect(selectItems(session.getState()).map(({ id }) => id)).toEqual(['b', 'c'])
  })

  it('takes over the end of a response that it lost with its connection', async () => {
    const { session, sendEvents, drop, restore } = await joined()
    const response = { id: 'r', object: 'realtime.response', output: [], conversation_id: 'conv' }
    sendEvents({ type: 'response.created', response: { ...response, status: 'in_progress' } })
    drop()
    restore()
    sendEvents(updated)
    await settle()
    sendEvents({ type: 'response.done', response: { ...response, status: 'completed' } })
    expect(session.getState().responses.byId.r).toMatchObject({ isDone: true, response: { status: 'completed' } })
  })

  it('learns at its end that a response whose start it missed is out-of-band', async () => {
    const { session, sendEvents } = await joined()
    const part = { response_id: 'r', item_id: 'm', output_index: 0, content_index: 0 }
    sendEvents({ type: 'response.output_audio_transcript.delta', ...part, delta: 'Aside.' })
    await settle()
    const response = { id: 'r', object: 'realtime.response', output: [], conversation_id: null, status: 'completed' }
    sendEvents({ type: 'response.done', response })
    await settle()
    const { activeId, byId } = session.getState().responses
    expect(activeId).toBeUndefined()
    expect(byId.r).toMatchObject({ isDone: true, isInBand: false })
  })

  it('sends nothing again after a reconnect', async () => {
    const server = await joined({ config: { instructions: 'Listen.' } })
    const restored: RestoredEvent[] = []
    server.session.on('restored', (event) => restored.push(event))
    server.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: item('a', 'first') })
    server.drop()
    const created = server.session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'x' }],
    })
    created.catch(() => {})
    server.restore()
    await settle()
    server.sendEvents(updated)
    await settle()
    expect(server.last().map(({ type }) => type)).toEqual(['session.update', 'conversation.item.create'])
    expect(Object.keys(server.last()[0]?.session as object)).toEqual(['type'])
    expect(restored).toEqual([{ itemIds: ['a'], lost: [], droppedAppends: 0 }])
    await server.session.close()
  })

  it('closes cleanly when the caller hangs up', async () => {
    const { session, giveUp } = await joined()
    giveUp({ code: 1000, reason: '', wasClean: true })
    expect(await session.closed).toEqual({ code: 1000, reason: '', wasClean: true, initiator: 'server' })
  })

  it('stops the playback of the server on an interruption', async () => {
    const { session, sendEvents, last } = await joined()
    sendEvents({
      type: 'response.created',
      response: { id: 'r', object: 'realtime.response', status: 'in_progress', output: [] },
    })
    sendEvents({ type: 'output_audio_buffer.started', response_id: 'r' })
    session.interrupt()
    expect(last().map(({ type }) => type)).toEqual(['session.update', 'response.cancel', 'output_audio_buffer.clear'])
  })
})
