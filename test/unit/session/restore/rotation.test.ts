import { createSession, runTools, type SessionOptions, selectItems, type Transport, tool } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const greeting: Json = { type: 'session.created', session: sessionResource }
const committed: Json = { type: 'input_audio_buffer.committed', item_id: 'turn', previous_item_id: null }
const turn: Json = {
  type: 'conversation.item.added',
  previous_item_id: null,
  item: { id: 'turn', type: 'message', role: 'user', content: [{ type: 'input_audio', transcript: null }] },
}

/** A session whose transport takes its time to close, as a socket does. */
async function rotating(options: Partial<SessionOptions> = {}, resource: object = sessionResource) {
  const server = droppable()
  const clock = createManualClock()
  let onClose = () => {}
  const transport: Transport = {
    ...server.transport,
    get state() {
      return server.transport.state
    },
    close: (code, reason) =>
      new Promise((resolve) => {
        onClose = () => server.transport.close(code, reason).then(resolve)
      }),
  }
  const session = createSession({ transport, clock, ...options })
  const connecting = session.connect()
  await settle()
  server.sendEvents({ ...greeting, session: resource })
  await connecting
  return {
    ...server,
    session,
    clock,
    ids: () => selectItems(session.getState()).map(({ id }) => id),
    last: () => (server.connections.at(-1) ?? []).map(({ type }) => type),
    /** Lets the old connection end and greets on the next one. */
    async move() {
      onClose()
      await settle()
      server.sendEvents({ ...greeting, session: resource })
      await settle()
    },
  }
}

describe('rotate', () => {
  it('waits for a commit in flight, and adds its turn once', async () => {
    const peer = await rotating()
    peer.session.audio.append('AAAA')
    const commit = peer.session.audio.commit()
    await settle()
    const rotation = peer.session.rotate()
    expect(peer.session.getState().status).toBe('open')
    peer.sendEvents(committed)
    await peer.clock.advance(20)
    expect(peer.session.getState().status).toBe('open')
    peer.sendEvents(turn)
    await peer.clock.advance(20)
    expect(peer.session.getState().status).toBe('reconnecting')
    await peer.move()
    await rotation
    expect(await commit).toMatchObject({ item_id: 'turn' })
    expect(peer.ids()).toEqual(['turn'])
    expect(peer.last()).toEqual([])
  })

  it('waits for a transcript in flight', async () => {
    const audio = { input: { turn_detection: null, transcription: { model: 'gpt-4o-transcribe' } } }
    const peer = await rotating({}, { ...sessionResource, audio })
    peer.session.send({ type: 'input_audio_buffer.commit' })
    peer.sendEvents(committed, turn)
    const rotation = peer.session.rotate()
    await peer.clock.advance(100)
    expect(peer.session.getState().status).toBe('open')
    peer.sendEvents({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'turn',
      content_index: 0,
      transcript: 'Hello',
    })
    await peer.clock.advance(20)
    await peer.move()
    await rotation
    expect(peer.connections.at(-1)).toMatchObject([{ item: { id: 'turn', content: [{ text: 'Hello' }] } }])
  })

  it('waits at most requestTimeoutMs', async () => {
    const peer = await rotating({ requestTimeoutMs: 1000 })
    peer.session.send({ type: 'input_audio_buffer.commit' })
    const rotation = peer.session.rotate()
    await peer.clock.advance(1020)
    expect(peer.session.getState().status).toBe('reconnecting')
    await peer.move()
    await rotation
  })

  it('stops waiting when the commit is refused', async () => {
    const peer = await rotating()
    const event_id = peer.session.send({ type: 'input_audio_buffer.commit' })
    const rotation = peer.session.rotate()
    peer.sendEvents({ type: 'error', error: { type: 'x', code: 'x', message: 'x', param: null, event_id } })
    await peer.clock.advance(20)
    await peer.move()
    await rotation
    expect(peer.session.getState().status).toBe('open')
  })

  it('leaves no timer when the session is closed meanwhile', async () => {
    const peer = await rotating()
    peer.session.send({ type: 'input_audio_buffer.commit' })
    const rotation = peer.session.rotate()
    const closing = peer.session.close()
    await peer.move()
    await closing
    await rotation
    expect(peer.clock.pending).toBe(0)
  })

  it('ignores a late turn and a late response of the old server, because the audio is sent again', async () => {
    const peer = await rotating()
    peer.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'turn' })
    peer.session.audio.append('AAAA')
    const rotation = peer.session.rotate()
    peer.sendEvents(committed, turn, {
      type: 'response.created',
      response: { id: 'r', object: 'realtime.response', status: 'in_progress', output: [], conversation_id: 'c' },
    })
    peer.sendEvents({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'next' })
    await peer.move()
    await rotation
    expect(peer.ids()).toEqual([])
    expect(peer.session.getState().responses.activeId).toBeUndefined()
    expect(peer.session.getState().inputAudio.isSpeaking).toBe(false)
    expect(peer.last()).toEqual(['input_audio_buffer.append'])
  })

  it('keeps an item that the old server acknowledges late', async () => {
    const peer = await rotating()
    const item = { id: 'm', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] } as const
    peer.session.send({ type: 'conversation.item.create', item: { ...item, content: [...item.content] } })
    const rotation = peer.session.rotate()
    peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
    await peer.move()
    await rotation
    expect(peer.ids()).toEqual(['m'])
    expect(peer.last()).toEqual(['conversation.item.create'])
  })

  it('creates an item once that the old server acknowledges after the request was left to the next one', async () => {
    const peer = await rotating()
    const item = { id: 'm', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] } as const
    const created = peer.session.items.create({ ...item, content: [...item.content] })
    const rotation = peer.session.rotate()
    peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
    await peer.move()
    await rotation
    expect(peer.last()).toEqual(['conversation.item.create'])
    peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
    expect(await created).toMatchObject({ id: 'm' })
    expect(peer.ids()).toEqual(['m'])
  })

  it('deletes an item that the old server deletes late on the next server', async () => {
    const peer = await rotating()
    const item = { id: 'm', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] } as const
    peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
    const deleted = peer.session.items.delete('m')
    const rotation = peer.session.rotate()
    peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'm' })
    await peer.move()
    peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
    await settle()
    await rotation
    expect(peer.last()).toEqual(['conversation.item.create', 'conversation.item.delete'])
    peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'm' })
    await deleted
    expect(peer.ids()).toEqual([])
  })

  it('sends the output of a call once that the old server acknowledges late', async () => {
    const peer = await rotating()
    runTools(peer.session, [tool({ name: 'echo', execute: () => 'found' })])
    await settle()
    peer.sendEvents({ type: 'session.updated', session: sessionResource })
    const call = { id: 'c', type: 'function_call', call_id: 'c1', name: 'echo', arguments: '{}', status: 'completed' }
    const response = { id: 'r', object: 'realtime.response', output: [], conversation_id: 'conv' }
    peer.sendEvents(
      { type: 'response.created', response: { ...response, status: 'in_progress' } },
      { type: 'conversation.item.added', previous_item_id: null, item: call },
      { type: 'response.done', response: { ...response, status: 'completed', output: [call] } },
    )
    const output = await vi.waitFor(
      () => {
        const sent = peer.connections.at(-1)?.find(({ type }) => type === 'conversation.item.create')
        expect(sent?.item).toMatchObject({ call_id: 'c1', output: 'found' })
        return sent?.item as { id: string }
      },
      { timeout: 20_000 },
    )
    const rotation = peer.session.rotate()
    peer.sendEvents({ type: 'conversation.item.added', previous_item_id: 'c', item: output })
    await peer.move()
    for (let count = 0; count < 3; count++) {
      const config = peer.connections.at(-1)?.some(({ type }) => type === 'session.update')
      if (config) peer.sendEvents({ type: 'session.updated', session: sessionResource })
      await settle()
    }
    await rotation
    const created = peer.connections
      .at(-1)
      ?.flatMap(({ type, item }) => (type === 'conversation.item.create' ? [(item as { id: string }).id] : []))
    expect(created).toEqual(['c', output.id])
  })
})
