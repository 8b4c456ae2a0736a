import { createSession, runLatency, runTranscript, selectItems, selectLines, snapshot } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/testing/clock.js'
import { droppable } from '../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../support/peer.js'

const text = 'One ticket to Oslo'
const message = (id: string, status = 'completed'): Json => ({
  id,
  type: 'message',
  role: 'user',
  status,
  content: [{ type: 'input_text', text }],
})
const done = (item: Json, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.done',
  previous_item_id,
  item,
})
const added = (item: Json, previous_item_id: string | null = null): Json => ({
  ...done(item, previous_item_id),
  type: 'conversation.item.added',
})

async function connected() {
  const server = droppable()
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock })
  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: sessionResource })
  await connecting
  const createdIds = () =>
    (server.connections.at(-1) ?? []).flatMap(({ type, item }) =>
      type === 'conversation.item.create' ? [String((item as Json).id)] : [],
    )
  return {
    ...server,
    clock,
    session,
    createdIds,
    ids: () => selectItems(session.getState()).map(({ id }) => id),
    async comeBack() {
      server.drop()
      server.restore()
      server.sendEvents({ type: 'session.created', session: sessionResource })
      await settle()
    },
  }
}

describe('an item whose conversation.item.added was lost', () => {
  it('is acknowledged by conversation.item.done', async () => {
    const { session, sendEvents } = await connected()
    const creating = session.items.create({
      type: 'message',
      role: 'user',
      id: 'a',
      content: [{ type: 'input_text', text }],
    })
    sendEvents(done(message('a')))
    expect(await creating).toMatchObject({ id: 'a' })
  })

  it('is created once on the next server, by the restore', async () => {
    const { session, sendEvents, comeBack, createdIds, clock } = await connected()
    const creating = session.items.create({
      type: 'message',
      role: 'user',
      id: 'a',
      content: [{ type: 'input_text', text }],
    })
    sendEvents(done(message('a')))
    await creating
    await comeBack()
    sendEvents(added(message('a')), done(message('a')))
    await settle()
    await clock.advance(60_000)
    expect(createdIds()).toEqual(['a'])
    expect(session.getState().status).toBe('open')
  })

  it('is in the conversation and in the snapshot, at its position', async () => {
    const { session, sendEvents, ids } = await connected()
    sendEvents(added(message('a')), added(message('c'), 'a'), done(message('b'), 'a'))
    expect(ids()).toEqual(['a', 'b', 'c'])
    expect(snapshot(session).items.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  it('is present again after a restore whose conversation.item.added was lost', async () => {
    const { session, sendEvents, comeBack, ids } = await connected()
    sendEvents(added(message('a')), added(message('b'), 'a'))
    await comeBack()
    sendEvents(done(message('a')), done(message('b'), 'a'))
    await settle()
    expect(session.getState().status).toBe('open')
    expect(session.getState().conversation.absent.flat()).toEqual([])
    // A new item behind the first one is not placed behind its restored followers.
    sendEvents(added(message('c'), 'a'))
    expect(ids()).toEqual(['a', 'c', 'b'])
  })

  it('is present again when it was retrieved from the new server', async () => {
    const { session, sendEvents, comeBack } = await connected()
    sendEvents(added(message('a')))
    await comeBack()
    sendEvents({ type: 'conversation.item.retrieved', item: message('a') })
    expect(session.getState().conversation.absent.flat()).toEqual([])
  })
})

describe('a turn whose speech_started was lost', () => {
  it('does not have the start of the turn before it', async () => {
    const { session, sendEvents } = await connected()
    sendEvents(
      { type: 'input_audio_buffer.speech_started', item_id: 'a', audio_start_ms: 100 },
      { type: 'input_audio_buffer.speech_stopped', item_id: 'a', audio_end_ms: 900 },
      { type: 'input_audio_buffer.speech_stopped', item_id: 'b', audio_end_ms: 2_000 },
    )
    expect(session.getState().inputAudio).toEqual({
      isSpeaking: false,
      itemId: 'b',
      speechStartMs: undefined,
      speechEndMs: 2_000,
    })
  })
})

describe('audio whose commit has an acknowledgement with an invalid shape', () => {
  it('is not sent again after a lost connection', async () => {
    const { session, sendEvents, connections, comeBack } = await connected()
    session.audio.append('A'.repeat(128))
    const committing = session.audio.commit().catch((error) => error)
    await settle()
    sendEvents({ type: 'input_audio_buffer.committed', item_id: 7 })
    expect(await committing).toMatchObject({ code: 'INVALID_EVENT' })
    await comeBack()
    expect(connections.at(-1)?.map(({ type }) => type)).not.toContain('input_audio_buffer.append')
  })
})

describe('audio on a media track whose output_audio_buffer.started was lost', () => {
  it('lets settled resolve when output_audio_buffer.stopped arrives', async () => {
    const server = droppable('media')
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const { settled } = session.respond()
    await settle()
    const { metadata } = (server.connections[0]?.at(-1)?.response ?? {}) as { metadata?: object }
    const item = { id: 'a', type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: text }] }
    const resource = { id: 'r', object: 'realtime.response', status: 'in_progress', output: [], metadata }
    server.sendEvents(
      { type: 'response.created', response: resource },
      { type: 'response.output_item.done', response_id: 'r', output_index: 0, item },
      { type: 'response.done', response: { ...resource, status: 'completed', output: [item] } },
      { type: 'output_audio_buffer.stopped', response_id: 'r' },
    )
    expect((await settled).outcome.status).toBe('completed')
    expect(clock.now()).toBe(0)
  })
})

describe('an item of a feature that arrives by conversation.item.done alone', () => {
  it('ends the time of its tool', async () => {
    const peer = createPeer()
    await peer.connect()
    const turns: { readonly marks: { readonly tools?: number | undefined } }[] = []
    runLatency(peer.session, { onTurn: (turn) => void turns.push(turn) })
    const resource = { id: 'r', object: 'realtime.response', status: 'in_progress', output: [] }
    const call = { id: 'c', type: 'function_call', status: 'completed', call_id: 'call_c', name: 'f', arguments: '{}' }
    await peer.sendEvents(
      { type: 'response.created', response: resource },
      { type: 'response.output_item.done', response_id: 'r', output_index: 0, item: call },
      { type: 'response.done', response: { ...resource, status: 'completed' } },
    )
    await peer.clock.advance(800)
    await peer.sendEvents(done({ id: 'o', type: 'function_call_output', call_id: 'call_c', output: '{}' }))
    await peer.clock.advance(200)
    await peer.sendEvents(
      { type: 'response.created', response: { ...resource, id: 's' } },
      { type: 'response.done', response: { ...resource, id: 's', status: 'completed' } },
    )
    expect(turns.map(({ marks }) => marks.tools)).toEqual([800])
  })
})

describe('audio on a media track of a joined session that loses its connection', () => {
  async function playing() {
    const server = droppable('media', 'joined')
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.updated', session: sessionResource })
    await connecting
    const transcript = runTranscript(session)
    const { settled } = session.respond()
    await settle()
    const { metadata } = (server.connections[0]?.at(-1)?.response ?? {}) as { metadata?: object }
    const item = { id: 'a', type: 'message', role: 'assistant', content: [{ type: 'output_audio', transcript: text }] }
    const resource = { id: 'r', object: 'realtime.response', status: 'in_progress', output: [], metadata }
    server.sendEvents(
      { type: 'response.created', response: resource },
      { type: 'response.output_item.done', response_id: 'r', output_index: 0, item },
      added(item),
      { type: 'response.done', response: { ...resource, status: 'completed', output: [item] } },
      { type: 'output_audio_buffer.started', response_id: 'r' },
    )
    await clock.advance(300)
    server.drop()
    return { ...server, clock, session, transcript, settled }
  }

  it('does not keep settled and the transcript waiting for its end', async () => {
    const { settled, transcript, clock } = await playing()
    expect((await settled).outcome.status).toBe('completed')
    expect(transcript.getState().speaking.assistant).toBe(false)
    expect(selectLines(transcript.getState())).toMatchObject([{ id: 'a', startMs: 0, endMs: 300 }])
    expect(clock.now()).toBe(300)
  })

  it('is cleared by interrupt() on the next connection', async () => {
    const { session, restore, sendEvents, connections } = await playing()
    restore()
    await settle()
    sendEvents({ type: 'session.updated', session: sessionResource })
    await settle()
    session.interrupt()
    expect(connections.at(-1)?.map(({ type }) => type)).toContain('output_audio_buffer.clear')
  })
})

describe('a line of the transcript whose audio was cancelled before it was played', () => {
  it('does not end before its start', async () => {
    const peer = createPeer()
    await peer.connect()
    const transcript = runTranscript(peer.session)
    const delta = Buffer.alloc(48 * 1_000).toString('base64')
    for (const id of ['a', 'b']) {
      const response = { id: `r${id}`, object: 'realtime.response', status: 'in_progress', output: [] }
      const item = { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
      const place = { response_id: `r${id}`, item_id: id, output_index: 0, content_index: 0 }
      const status = id === 'a' ? 'completed' : 'cancelled'
      await peer.sendEvents(
        { type: 'response.created', response },
        added(item),
        { type: 'response.output_audio.delta', ...place, delta },
        { type: 'response.done', response: { ...response, status } },
      )
    }
    const lines = selectLines(transcript.getState())
    expect(lines.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 1_000],
      [0, 0],
    ])
  })
})
