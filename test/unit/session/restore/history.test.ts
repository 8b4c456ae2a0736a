import {
  createSession,
  type RestoredEvent,
  type SessionOptions,
  selectItems,
  TransportError,
} from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const greeting: Json = { type: 'session.created', session: sessionResource }
const updated: Json = { type: 'session.updated', session: sessionResource }

async function connected(options: Partial<SessionOptions> = {}) {
  const server = droppable()
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock, ...options })
  const restored: RestoredEvent[] = []
  session.on('restored', (event) => restored.push(event))
  const connecting = session.connect()
  await settle()
  server.sendEvents(greeting)
  await settle()
  if (options.config) server.sendEvents(updated)
  await connecting
  const last = () => server.connections.at(-1) ?? []
  return {
    ...server,
    session,
    clock,
    restored,
    last,
    /** Comes back, greets, and acknowledges whatever is asked, as a lawful server does. */
    async comeBack(refuse: (event: Json) => boolean = () => false) {
      server.restore()
      server.sendEvents(greeting)
      const replied = new Set<Json>()
      for (let round = 0; round < 20; round++) {
        await settle()
        for (const event of [...last()].filter((candidate) => !replied.has(candidate))) {
          replied.add(event)
          if (refuse(event))
            server.sendEvents({
              type: 'error',
              error: {
                type: 'invalid_request_error',
                code: 'no',
                message: 'no',
                param: null,
                event_id: event.event_id,
              },
            })
          else if (event.type === 'session.update') server.sendEvents(updated)
          else if (event.type === 'conversation.item.create')
            server.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item })
        }
      }
    },
  }
}

const added = (item: Json): Json => ({ type: 'conversation.item.added', previous_item_id: null, item })
const spokenUser = (id: string, transcript: string | null): Json =>
  added({ id, type: 'message', role: 'user', status: 'completed', content: [{ type: 'input_audio', transcript }] })
const spokenAnswer = (id: string, transcript: string): Json =>
  added({
    id,
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_audio', transcript }],
  })
const types = (events: readonly Json[]) => events.map(({ type }) => type)

describe('after a lost connection', () => {
  it('sends the configuration, the history, and queued events, in that order', async () => {
    const peer = await connected({ config: { instructions: 'Be brief.' } })
    peer.sendEvents(spokenUser('u', 'What is the time?'), spokenAnswer('a', 'Noon.'))
    peer.drop()
    expect(peer.session.getState().status).toBe('reconnecting')
    peer.session.send({ type: 'input_audio_buffer.append', audio: 'AAAA' })
    const created = peer.session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'And now?' }],
    })
    await peer.comeBack()
    expect(types(peer.last())).toEqual([
      'session.update',
      'conversation.item.create',
      'conversation.item.create',
      'input_audio_buffer.append',
      'conversation.item.create',
    ])
    expect(peer.last().slice(1, 3)).toMatchObject([
      { item: { id: 'u', role: 'user', content: [{ type: 'input_text', text: 'What is the time?' }] } },
      { item: { id: 'a', role: 'assistant', content: [{ type: 'output_text', text: 'Noon.' }] } },
    ])
    await created
    expect(peer.session.getState().status).toBe('open')
    expect(peer.restored).toEqual([{ itemIds: ['u', 'a'], lost: [], droppedAppends: 0 }])
    expect(
      selectItems(peer.session.getState())
        .map(({ id }) => id)
        .slice(0, 2),
    ).toEqual(['u', 'a'])
    expect(peer.clock.pending).toBe(0)
  })

  it('sends a change in flight again, and does not apply it on the acknowledgement of the old configuration', async () => {
    const peer = await connected({ config: { instructions: 'Old.' } })
    let isTaken = false
    const change = peer.session.update({ instructions: 'New.' }).then(() => {
      isTaken = true
    })
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    peer.sendEvents(updated)
    await settle()
    expect(isTaken).toBe(false)
    expect(peer.session.getState().status).toBe('open')
    expect(peer.last()).toMatchObject([{ session: { instructions: 'Old.' } }, { session: { instructions: 'New.' } }])
    peer.sendEvents(updated)
    await change
    expect(peer.clock.pending).toBe(0)
    await peer.session.close()
  })

  it('sends events on the next connection when the peer is closing this one', async () => {
    const peer = await connected()
    const send = vi.spyOn(peer.transport, 'send').mockImplementation(() => {
      throw new TransportError('NOT_OPEN', { state: 'closed' })
    })
    peer.session.audio.append('AAAA')
    const created = peer.session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'Hi' }],
    })
    send.mockRestore()
    peer.drop()
    await peer.comeBack()
    await created
    expect(types(peer.last())).toEqual(['input_audio_buffer.append', 'conversation.item.create'])
    await peer.session.close()
  })

  it('sends a commit after the audio that is sent again', async () => {
    const peer = await connected()
    peer.session.audio.append('AAAA')
    peer.drop()
    const committed = peer.session.audio.commit()
    await peer.comeBack()
    expect(types(peer.last())).toEqual(['input_audio_buffer.append', 'input_audio_buffer.commit'])
    peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'c', previous_item_id: null })
    expect(await committed).toMatchObject({ item_id: 'c' })
    await peer.session.close()
  })

  it('queues events that are sent before the session notices the lost connection', async () => {
    const peer = await connected()
    Object.defineProperty(peer.transport, 'state', { configurable: true, get: () => 'opening' })
    const asked = peer.session.respond()
    peer.session.audio.append('AAAA')
    Object.defineProperty(peer.transport, 'state', { configurable: true, get: () => 'open' })
    peer.drop()
    await peer.comeBack()
    expect(types(peer.last())).toEqual(['input_audio_buffer.append', 'response.create'])
    await peer.session.close()
    expect((await asked.done).status).toBe('cancelled')
  })

  it('does not send a request that was aborted while it waited', async () => {
    const peer = await connected()
    peer.drop()
    const giveUp = new AbortController()
    const item = {
      type: 'message' as const,
      role: 'user' as const,
      content: [{ type: 'input_text' as const, text: 'x' }],
    }
    const created = peer.session.items.create(item, { signal: giveUp.signal })
    giveUp.abort('no more')
    await expect(created).rejects.toBe('no more')
    await peer.comeBack()
    expect(peer.last()).toEqual([])
    await peer.session.close()
  })

  it('sends a long history without a listener per item', async () => {
    const warned = vi.fn()
    process.on('warning', warned)
    const peer = await connected()
    peer.sendEvents(...Array.from({ length: 40 }, (_, index) => spokenUser(`u${index}`, 'Hello')))
    peer.drop()
    await peer.comeBack()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', warned)
    expect(peer.restored[0]?.itemIds).toHaveLength(40)
    expect(warned).not.toHaveBeenCalled()
    await peer.session.close()
  })

  it('sends the acknowledged changes of the configuration', async () => {
    const peer = await connected({ config: { instructions: 'Old.', audio: { output: { voice: 'marin' } } } })
    const change = peer.session.update({ instructions: 'New.', audio: { output: { speed: 1.2 } } })
    await settle()
    peer.sendEvents(updated)
    await change
    peer.drop()
    await peer.comeBack()
    expect(peer.last()[0]).toMatchObject({
      session: { instructions: 'New.', audio: { output: { voice: 'marin', speed: 1.2 } } },
    })
  })

  it('reports the items that could not be restored', async () => {
    const peer = await connected()
    const call = (id: string, call_id: string) =>
      added({ id, type: 'function_call', call_id, name: 'f', arguments: '{}' })
    const output = (id: string, call_id: string) => added({ id, type: 'function_call_output', call_id, output: '1' })
    peer.sendEvents(
      spokenUser('silent', null),
      call('f1', 'c1'),
      output('o1', 'c1'),
      call('f2', 'c2'),
      output('o3', 'c3'),
    )
    peer.sendEvents(
      added({ id: 'm', type: 'mcp_list_tools', server_label: 's', tools: [] }),
      spokenAnswer('refused', 'No.'),
    )
    peer.drop()
    await peer.comeBack(({ item }) => (item as Json | undefined)?.id === 'refused')
    expect(peer.restored[0]).toEqual({
      itemIds: ['f1', 'o1'],
      lost: [
        { itemId: 'silent', reason: 'no transcript' },
        { itemId: 'f2', reason: 'no output' },
        { itemId: 'o3', reason: 'no call' },
        { itemId: 'm', reason: 'not supported' },
        { itemId: 'refused', reason: 'refused' },
      ],
      droppedAppends: 0,
    })
    expect(selectItems(peer.session.getState())).toHaveLength(7)
  })

  it('restores only the played part of an interrupted message', async () => {
    const peer = await connected()
    peer.sendEvents(spokenAnswer('a', 'One two three four'))
    const audioDelta = {
      type: 'response.output_audio.delta',
      response_id: 'r',
      item_id: 'a',
      output_index: 0,
      content_index: 0,
    }
    peer.sendEvents({ ...audioDelta, delta: Buffer.alloc(48_000).toString('base64') })
    peer.session.playback.played({ itemId: 'a' }, 450)
    peer.session.interrupt()
    peer.drop()
    await peer.comeBack()
    expect(peer.last()[0]).toMatchObject({ item: { content: [{ type: 'output_text', text: 'One two' }] } })
  })

  it('sends unacknowledged requests again, and rejects those of the old server session', async () => {
    const peer = await connected()
    const pending = peer.session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'Hi' }],
    })
    const commit = peer.session.audio.commit().catch((error) => error)
    peer.drop()
    expect(await commit).toMatchObject({ code: 'CONNECTION_LOST', data: { eventType: 'input_audio_buffer.commit' } })
    await peer.comeBack()
    await pending
    expect(peer.connections.map(types)).toEqual([
      ['conversation.item.create', 'input_audio_buffer.commit'],
      ['conversation.item.create'],
    ])
  })

  it('cancels a running response, and sends a queued request', async () => {
    const peer = await connected()
    const running = peer.session.respond()
    const waiting = peer.session.respond({ instructions: 'later' })
    await settle()
    peer.sendEvents({
      type: 'response.created',
      response: {
        id: 'r',
        object: 'realtime.response',
        status: 'in_progress',
        output: [],
        conversation_id: 'c',
        metadata: null,
      },
    })
    peer.drop()
    const during = peer.session.respond({ instructions: 'meanwhile' })
    expect(await running.done).toEqual({ status: 'cancelled', reason: 'connection_lost', response: undefined })
    expect(peer.session.getState().responses.activeId).toBeUndefined()
    await peer.comeBack()
    expect(peer.last()).toMatchObject([{ type: 'response.create', response: { instructions: 'later' } }])
    await peer.session.close()
    expect((await waiting.done).status).toBe('cancelled')
    expect((await during.done).status).toBe('cancelled')
  })

  it('drops and counts the oldest audio beyond maxWaitingAudioMs, and nothing else', async () => {
    const peer = await connected({ maxWaitingAudioMs: 40 })
    const chunk = () => peer.session.audio.append(new Int16Array(480))
    peer.drop()
    for (let index = 0; index < 5; index++) chunk()
    peer.session.send({ type: 'input_audio_buffer.clear' })
    await peer.comeBack()
    expect(types(peer.last())).toEqual(['input_audio_buffer.append', 'input_audio_buffer.clear'])
    expect(peer.restored[0]?.droppedAppends).toBe(4)
  })

  it('restarts the restore when the connection is lost again, and sends nothing twice', async () => {
    const peer = await connected({ config: { instructions: 'x' } })
    peer.sendEvents(spokenUser('u', 'Hello'))
    peer.drop()
    peer.session.send({ type: 'input_audio_buffer.append', audio: 'AAAA' })
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    expect(types(peer.last())).toEqual(['session.update'])
    peer.drop()
    await peer.comeBack()
    expect(types(peer.last())).toEqual(['session.update', 'conversation.item.create', 'input_audio_buffer.append'])
    expect(peer.restored).toHaveLength(1)
    expect(peer.clock.pending).toBe(0)
  })

  it('closes the session when the server refuses the configuration', async () => {
    const peer = await connected({ config: { instructions: 'x' } })
    peer.drop()
    await peer.comeBack(({ type }) => type === 'session.update')
    expect(await peer.session.closed).toMatchObject({ initiator: 'server', error: { code: 'SERVER_ERROR' } })
    expect(peer.clock.pending).toBe(0)
  })

  it('closes the session at the deadline without session.created', async () => {
    const peer = await connected({ connectTimeoutMs: 1000 })
    peer.drop()
    peer.restore()
    await peer.clock.advance(1000)
    expect(await peer.session.closed).toMatchObject({ initiator: 'server', error: { code: 'TIMEOUT' } })
    expect(peer.clock.pending).toBe(0)
  })

  it('closes the session and settles every promise when the transport gives up', async () => {
    const peer = await connected()
    const pending = peer.session.items.retrieve('x').catch((error) => error)
    peer.drop()
    const waiting = peer.session.respond()
    peer.giveUp({ code: 1006, reason: '', wasClean: false })
    expect(await pending).toMatchObject({ code: 'CLOSED' })
    expect((await waiting.done).status).toBe('cancelled')
    expect(await peer.session.closed).toMatchObject({ code: 1006, initiator: 'server' })
    expect(peer.clock.pending).toBe(0)
  })

  it('closes the session on close()', async () => {
    const peer = await connected()
    peer.drop()
    await peer.session.close()
    peer.restore()
    await settle()
    expect(peer.session.getState().status).toBe('closed')
    expect(peer.last()).toEqual([])
  })
})

describe('a connection that is lost during connect()', () => {
  it('restarts the handshake', async () => {
    const server = droppable()
    const session = createSession({
      transport: server.transport,
      clock: createManualClock(),
      config: { instructions: 'x' },
    })
    const restored: RestoredEvent[] = []
    session.on('restored', (event) => restored.push(event))
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await settle()
    server.drop()
    server.restore()
    server.sendEvents(greeting)
    await settle()
    server.sendEvents(updated)
    await connecting
    expect(server.connections.map(types)).toEqual([['session.update'], ['session.update']])
    expect(session.getState().status).toBe('open')
    expect(restored).toEqual([])
  })
})
