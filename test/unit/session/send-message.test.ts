import { createSession, isSessionError, reconnecting, selectItems } from 'realtime-primitives'
import { createEmulator, createManualClock, reply } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../support/peer.js'

const createdItems = (events: readonly Json[]) =>
  events.filter(({ type }) => type === 'conversation.item.create').map(({ item }) => item as Json)

const responseOf = (id: string, request: Json | undefined, status: string) => ({
  id,
  object: 'realtime.response',
  status,
  output: [],
  conversation_id: 'conv_1',
  metadata: (request?.response as { metadata?: object } | undefined)?.metadata ?? null,
})

async function startResponse(peer: Peer, id: string): Promise<void> {
  const request = await peer.expectSent('response.create')
  await peer.sendEvents({ type: 'response.created', response: responseOf(id, request, 'in_progress') })
}

async function connected(): Promise<Peer> {
  const peer = createPeer({ requestTimeoutMs: 1_000 })
  await peer.connect()
  return peer
}

describe('sendMessage', () => {
  it('creates a user message, then requests the response', async () => {
    const peer = await connected()
    peer.session.sendMessage('Hello', { itemId: 'item_hello', response: { output_modalities: ['text'] } })
    await settle()
    expect(peer.sentEvents.map(({ type }) => type)).toEqual(['conversation.item.create', 'response.create'])
    expect(createdItems(peer.sentEvents)).toEqual([
      { id: 'item_hello', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
    ])
    expect(peer.sentEvents[1]).toMatchObject({ response: { output_modalities: ['text'] } })
  })

  it.each([
    ['bytes', Uint8Array.of(1, 2, 3, 4), 'AQIDBA=='],
    ['16-bit samples', Int16Array.of(0x0201, 0x0403), 'AQIDBA=='],
    ['samples from -1 to 1', Float32Array.of(0, -1), 'AAAAgA=='],
    ['base64', 'AQID', 'AQID'],
  ])('encodes audio given as %s, beside text and images', async (_, audio, base64) => {
    const peer = await connected()
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==' } as const
    const text = { type: 'input_text', text: 'Listen' } as const
    peer.session.sendMessage([text, image, { type: 'input_audio', audio }])
    await settle()
    expect(createdItems(peer.sentEvents)[0]?.content).toEqual([text, image, { type: 'input_audio', audio: base64 }])
  })

  it('sends the message at once and queues its response while another response runs', async () => {
    const peer = await connected()
    peer.session.respond()
    await startResponse(peer, 'resp_1')
    const handle = peer.session.sendMessage('And tomorrow?')
    await settle()
    expect(createdItems(peer.sentEvents)).toHaveLength(1)
    expect(peer.sentEvents.filter(({ type }) => type === 'response.create')).toHaveLength(1)
    await peer.sendEvents({ type: 'response.done', response: responseOf('resp_1', undefined, 'completed') })
    await startResponse(peer, 'resp_2')
    expect(handle.id).toBe('resp_2')
  })

  it('sends no message when whenBusy is reject and another response runs', async () => {
    const peer = await connected()
    peer.session.respond()
    await startResponse(peer, 'resp_1')
    const outcome = await peer.session.sendMessage('Now', { whenBusy: 'reject' }).done
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'RESPONSE_ACTIVE' } })
    expect(createdItems(peer.sentEvents)).toEqual([])
  })

  it('cancels the running response when whenBusy is interrupt', async () => {
    const peer = await connected()
    peer.session.respond()
    await startResponse(peer, 'resp_1')
    peer.session.sendMessage('Stop', { whenBusy: 'interrupt' })
    await settle()
    expect(peer.sentEvents.at(-1)).toMatchObject({ type: 'response.cancel', response_id: 'resp_1' })
    expect(createdItems(peer.sentEvents)).toHaveLength(1)
  })

  it.each(['before', 'after'])(
    'rejects the handle when the server refuses the message %s the response',
    async (order) => {
      const peer = await connected()
      const handle = peer.session.sendMessage('Hello')
      if (order === 'after') await startResponse(peer, 'resp_1')
      const { event_id } = await peer.expectSent('conversation.item.create')
      await peer.sendEvents({
        type: 'error',
        error: { type: 'invalid_request_error', code: 'invalid_value', message: 'no', param: null, event_id },
      })
      const outcome = await handle.done
      expect(outcome.status === 'rejected' && isSessionError(outcome.error, 'SERVER_ERROR')).toBe(true)
      if (order === 'before') await startResponse(peer, 'resp_1')
      expect(peer.sentEvents.at(-1)).toMatchObject({ type: 'response.cancel', response_id: 'resp_1' })
    },
  )

  it.each([
    ['has an invalid part', [{ type: 'input_text' }]],
    ['has no content', null],
    ['has a part that is null', [null]],
  ])('rejects the handle and requests no response when the message %s', async (_, content) => {
    const peer = await connected()
    const outcome = await peer.session.sendMessage(content as never).done
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'INVALID_EVENT' } })
    expect(peer.sentEvents).toEqual([])
  })

  it('rejects the handle before connect() and cancels it after close()', async () => {
    const peer = createPeer()
    expect(await peer.session.sendMessage('Hello').done).toMatchObject({
      status: 'rejected',
      error: { code: 'NOT_CONNECTED' },
    })
    await peer.connect()
    await peer.session.close()
    expect(await peer.session.sendMessage('Hello').done).toMatchObject({
      status: 'cancelled',
      reason: 'session_closed',
    })
    expect(createdItems(peer.sentEvents)).toEqual([])
  })

  it('waits for the connection while the session reconnects, longer than a request may take', async () => {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock, requestTimeoutMs: 1_000 })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    server.drop()
    const handle = session.sendMessage('Are you there?')
    const withdrawn = session.sendMessage('Never mind')
    withdrawn.cancel()
    await clock.advance(5_000)
    server.restore()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    const sent = server.connections.at(-1) ?? []
    expect(sent.map(({ type }) => type)).toEqual(['conversation.item.create', 'response.create'])
    expect(createdItems(sent)[0]?.content).toEqual([{ type: 'input_text', text: 'Are you there?' }])
    server.sendEvents({ type: 'response.created', response: responseOf('resp_1', sent[1], 'in_progress') })
    expect(handle.id).toBe('resp_1')
    await session.close()
  })

  it('sends a message again that the server had not acknowledged when the connection was lost', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const handle = session.sendMessage('Hello')
    server.drop()
    expect(await handle.done).toMatchObject({ status: 'cancelled', reason: 'connection_lost' })
    server.restore()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    expect(createdItems(server.connections.at(-1) ?? [])).toHaveLength(1)
    await session.close()
  })

  it('gets a reply from the emulator', async () => {
    const clock = createManualClock()
    const emulator = createEmulator({ clock, script: () => [reply('Hi!')] })
    const session = createSession({
      transport: reconnecting(emulator.connect({ model: 'gpt-realtime' }), { clock }),
      clock,
    })
    const connecting = session.connect()
    await clock.advance(1)
    await connecting
    const handle = session.sendMessage('Hello', { response: { output_modalities: ['text'] } })
    await clock.advance(5_000)
    expect((await handle.done).status).toBe('completed')
    expect(selectItems(session.getState()).map(({ item }) => item.type === 'message' && item.role)).toEqual([
      'user',
      'assistant',
    ])
    await session.close()
  })
})
