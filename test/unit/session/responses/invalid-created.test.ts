import { isProtocolError } from 'realtime-primitives/protocol'
import { describe, expect, it, vi } from 'vitest'
import { createPeer, type Json, type Peer, settle } from '../../../support/peer.js'

async function connected(): Promise<Peer> {
  const peer = createPeer({ requestTimeoutMs: 1_000 })
  await peer.connect()
  return peer
}

const creates = (peer: Peer) => peer.sentEvents.filter(({ type }) => type === 'response.create')
const cancelledIds = (peer: Peer) =>
  peer.sentEvents.filter(({ type }) => type === 'response.cancel').map(({ response_id }) => response_id)
const metadataOf = (request: Json | undefined) => (request?.response as { metadata?: object })?.metadata ?? null

/** `output` is not an array, which the schema of `response.created` refuses. */
const invalidCreated = (fields: object): Json => ({
  type: 'response.created',
  response: { object: 'realtime.response', status: 'in_progress', output: 7, conversation_id: 'conv_1', ...fields },
})
const response = (id: string, metadata: object | null, status: string): object => ({
  id,
  object: 'realtime.response',
  status,
  output: [],
  conversation_id: 'conv_1',
  metadata,
})

describe('a response.created with an invalid shape', () => {
  it.each([
    ['its metadata', true],
    ['the order of requests', false],
  ])('rejects the request that is found by %s, at once and with the reason', async (_, returnsMetadata) => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    const metadata = returnsMetadata ? metadataOf(creates(peer)[0]) : null
    await peer.sendEvents(invalidCreated({ id: 'resp_1', metadata }))
    const outcome = await handle.done
    expect(outcome).toMatchObject({ status: 'rejected', error: { code: 'INVALID_EVENT' } })
    expect(outcome.status === 'rejected' && isProtocolError(outcome.error)).toBe(true)
    await expect(handle.created).rejects.toMatchObject({ code: 'INVALID_EVENT' })
  })

  it('cancels the response by its id, and delays the next one until it has ended', async () => {
    const peer = await connected()
    peer.session.respond()
    const next = peer.session.respond()
    await settle()
    await peer.sendEvents(invalidCreated({ id: 'resp_1', metadata: metadataOf(creates(peer)[0]) }))
    expect(cancelledIds(peer)).toEqual(['resp_1'])
    expect(creates(peer)).toHaveLength(1)
    await peer.sendEvents({ type: 'response.done', response: response('resp_1', null, 'cancelled') })
    expect(creates(peer)).toHaveLength(2)
    const metadata = metadataOf(creates(peer)[1])
    await peer.sendEvents({ type: 'response.created', response: response('resp_2', metadata, 'in_progress') })
    await peer.sendEvents({ type: 'response.done', response: response('resp_2', metadata, 'completed') })
    expect((await next.done).status).toBe('completed')
    expect(peer.clock.pending).toBe(0)
  })

  it('sends the next request at once when the id cannot be read', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    peer.session.respond()
    await settle()
    await peer.sendEvents(invalidCreated({ id: 7, metadata: metadataOf(creates(peer)[0]) }))
    expect((await handle.done).status).toBe('rejected')
    expect(cancelledIds(peer)).toEqual([])
    expect(creates(peer)).toHaveLength(2)
  })

  it('settles a request as cancelled that was cancelled before', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    handle.cancel()
    await peer.sendEvents(invalidCreated({ id: 'resp_1', metadata: metadataOf(creates(peer)[0]) }))
    expect((await handle.done).status).toBe('cancelled')
    expect(cancelledIds(peer)).toEqual(['resp_1'])
  })

  it('rejects an out-of-band request and leaves the one of the conversation alone', async () => {
    const peer = await connected()
    const main = peer.session.respond()
    const side = peer.session.respond({ conversation: 'none' })
    await settle()
    const metadata = metadataOf(creates(peer)[1])
    await peer.sendEvents(invalidCreated({ id: 'resp_side', conversation_id: null, metadata }))
    expect((await side.done).status).toBe('rejected')
    const mainMetadata = metadataOf(creates(peer)[0])
    await peer.sendEvents({ type: 'response.created', response: response('resp_1', mainMetadata, 'in_progress') })
    await peer.sendEvents({ type: 'response.done', response: response('resp_1', mainMetadata, 'completed') })
    expect((await main.done).status).toBe('completed')
  })

  it('of a response that the server created after a turn rejects no request', async () => {
    const peer = await connected()
    const onResponse = vi.fn()
    peer.session.on('response', onResponse)
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: 10, item_id: 'item_1' })
    await peer.sendEvents(invalidCreated({ id: 'resp_vad', metadata: null }))
    expect(onResponse).not.toHaveBeenCalled()
    expect(cancelledIds(peer)).toEqual([])
    const metadata = metadataOf(creates(peer)[0])
    await peer.sendEvents({ type: 'response.created', response: response('resp_1', metadata, 'in_progress') })
    await peer.sendEvents({ type: 'response.done', response: response('resp_1', metadata, 'completed') })
    expect((await handle.done).status).toBe('completed')
  })
})
