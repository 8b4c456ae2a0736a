import type { ResponseHandle } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createPeer, type Json, type Peer, settle } from '../../../support/peer.js'

const creates = (peer: Peer) => peer.sentEvents.filter(({ type }) => type === 'response.create')
const place = (id: string) => ({ response_id: id, item_id: `item_of_${id}`, content_index: 0 })
const delta = (id: string, text: string): Json => ({ type: 'response.output_text.delta', ...place(id), delta: text })
const added = (id: string): Json => ({
  type: 'response.output_item.added',
  response_id: id,
  item: { type: 'message', role: 'assistant', id: `item_of_${id}` },
})
const done = (id: string, fields: object = {}): Json => ({
  type: 'response.done',
  response: { id, status: 'completed', output: [], ...fields },
})
const metadataOf = (request: Json | undefined) => (request?.response as { metadata?: object })?.metadata

async function connected(): Promise<Peer> {
  const peer = createPeer()
  await peer.connect()
  return peer
}

async function text(words: AsyncIterable<string>): Promise<string> {
  let all = ''
  for await (const word of words) all += word
  return all
}

describe('a response without a readable response.created', () => {
  it.each<[string, (id: string) => readonly Json[]]>([
    ['is missing', () => []],
    ['has output: null', (id) => [{ type: 'response.created', response: { id, output: null } }]],
    ['has an id only', (id) => [{ type: 'response.created', response: { id } }]],
  ])('is followed by the id of its deltas, with words, audio, and outcome: it %s', async (_name, start) => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    const audio = { type: 'response.output_audio.delta', ...place('r1'), delta: 'AAAA' }
    await peer.sendEvents(...start('r1'), added('r1'), delta('r1', 'Hel'), delta('r1', 'lo'), audio)
    expect(handle.id).toBe('r1')
    expect(peer.session.getState().responses.activeId).toBe('r1')
    await peer.sendEvents(done('r1'))
    expect(await handle.done).toMatchObject({ status: 'completed', response: { id: 'r1' } })
    expect(await text(handle.text())).toBe('Hello')
    let bytes = 0
    for await (const chunk of handle.audio()) bytes += chunk.length
    expect(bytes).toBe(3)
    expect(peer.clock.pending).toBe(0)
  })

  it('is a response of the server when no request waits', async () => {
    const peer = await connected()
    const handles: ResponseHandle[] = []
    peer.session.on('response', (handle) => handles.push(handle))
    await peer.sendEvents(added('r1'), delta('r1', 'Hi'), done('r1'), delta('r1', 'late'))
    expect(handles.map(({ id }) => id)).toEqual(['r1'])
    expect(await text(handles[0]?.text() ?? (async function* () {})())).toBe('Hi')
  })

  it('keeps the audio that arrives before other events', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    const audio = { type: 'response.output_audio.delta', ...place('r1'), delta: 'AAAA' }
    const words = { type: 'response.output_audio_transcript.delta', ...place('r1'), delta: 'Hi' }
    await peer.sendEvents(audio, audio, words, audio, done('r1'))
    expect(await handle.done).toMatchObject({ status: 'completed', response: { id: 'r1' } })
    expect(await text(handle.transcript())).toBe('Hi')
    let bytes = 0
    for await (const chunk of handle.audio()) bytes += chunk.length
    expect(bytes).toBe(9)
  })

  it('is not started by dispatched events', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    peer.session.dispatch({ type: 'response.output_audio.delta', ...place('resp_clip'), delta: 'AAAA' })
    expect(handle.id).toBeUndefined()
    await peer.sendEvents(delta('r1', 'x'), done('r1'))
    expect(await handle.done).toMatchObject({ response: { id: 'r1' } })
  })
})

describe('a conflict that arrives before the response.created that it names', () => {
  const conflict = (id: string, eventId?: unknown): Json => ({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      code: 'conversation_already_has_active_response',
      message: `Conversation already has an active response in progress: ${id}. Wait until it is finished.`,
      ...(eventId !== undefined && { event_id: eventId }),
    },
  })
  const created = (id: string, metadata?: object): Json => ({
    type: 'response.created',
    response: { id, status: 'in_progress', output: [], ...(metadata && { metadata }) },
  })

  it.each([
    ['named by its metadata', true, 'resp_1'],
    ['in the order of requests', false, 'resp_1'],
    ['with an id of another server', true, '7b0e-uuid'],
  ])('does not make the model respond twice: the response is %s', async (_name, returnsMetadata, id) => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    const metadata = returnsMetadata ? metadataOf(creates(peer)[0]) : undefined
    await peer.sendEvents(conflict(id), created(id, metadata), delta(id, 'Once.'), done(id, { metadata }))
    expect(await handle.done).toMatchObject({ status: 'completed', response: { id } })
    expect(await text(handle.text())).toBe('Once.')
    await peer.clock.advance(60_000)
    expect(creates(peer)).toHaveLength(1)
    expect(peer.clock.pending).toBe(0)
  })

  it('does not make the model respond twice when only response.done names the request', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(conflict('resp_1'), done('resp_1', { metadata: metadataOf(creates(peer)[0]) }))
    expect(await handle.done).toMatchObject({ status: 'completed' })
    await peer.clock.advance(60_000)
    expect(creates(peer)).toHaveLength(1)
  })

  it('emits the response as one of the server when another request caused it, and then repeats the request', async () => {
    const peer = await connected()
    const handles: ResponseHandle[] = []
    peer.session.on('response', (handle) => handles.push(handle))
    const first = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_0', metadataOf(creates(peer)[0])), done('resp_0'))
    await first.done
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(conflict('resp_1', creates(peer)[1]?.event_id), created('resp_1'), delta('resp_1', 'x'))
    expect(handles.map(({ id }) => id)).toEqual(['resp_1'])
    await peer.sendEvents(done('resp_1'))
    expect(creates(peer)).toHaveLength(3)
    await peer.sendEvents(created('resp_2', metadataOf(creates(peer)[2])), done('resp_2'))
    expect(await handle.done).toMatchObject({ status: 'completed', response: { id: 'resp_2' } })
  })

  it('settles a request as cancelled that was cancelled while it waits', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(conflict('resp_1'))
    handle.cancel()
    expect((await handle.done).status).toBe('cancelled')
    await peer.sendEvents(created('resp_1'), done('resp_1'))
    expect(creates(peer)).toHaveLength(1)
  })
})
