import type { ResponseHandle } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createPeer, type Json, type Peer, settle } from '../../../support/peer.js'

const requestTimeoutMs = 1_000

async function connected(): Promise<Peer> {
  const peer = createPeer({ requestTimeoutMs })
  await peer.connect()
  return peer
}

const creates = (peer: Peer) => peer.sentEvents.filter(({ type }) => type === 'response.create')
const cancelledIds = (peer: Peer) =>
  peer.sentEvents.filter(({ type }) => type === 'response.cancel').map(({ response_id }) => response_id)

function responseOf(id: string, request: Json | undefined, more: object = {}): object {
  const { metadata = null } = (request?.response ?? {}) as { metadata?: object }
  return {
    id,
    object: 'realtime.response',
    status: 'in_progress',
    output: [],
    conversation_id: 'conv_1',
    metadata,
    ...more,
  }
}
const created = (id: string, request?: Json, more?: object): Json => ({
  type: 'response.created',
  response: responseOf(id, request, more),
})
const done = (id: string, status = 'cancelled'): Json => ({
  type: 'response.done',
  response: responseOf(id, undefined, { status }),
})

type GiveUp = (peer: Peer) => Promise<ResponseHandle>

const waysToGiveUp: [string, string, GiveUp][] = [
  [
    'cancel()',
    'cancelled',
    async ({ session }) => {
      const handle = session.respond()
      handle.cancel()
      return handle
    },
  ],
  [
    'its signal',
    'cancelled',
    async ({ session }) => {
      const controller = new AbortController()
      const handle = session.respond({}, { signal: controller.signal })
      await settle()
      controller.abort()
      return handle
    },
  ],
  [
    'interrupt()',
    'cancelled',
    async ({ session }) => {
      const handle = session.respond()
      await settle()
      session.interrupt()
      return handle
    },
  ],
  ['the deadline', 'rejected', async ({ session }) => session.respond()],
]

describe.each(waysToGiveUp)('a response that is created after %s', (_, status, giveUp) => {
  it.each([
    ['returns metadata', true],
    ['drops metadata', false],
  ])('is cancelled by id when the server %s', async (_server, isEchoing) => {
    const peer = await connected()
    const own = vi.fn()
    peer.session.on('response', own)
    const handle = await giveUp(peer)
    await peer.clock.advance(requestTimeoutMs)
    expect((await handle.done).status).toBe(status)
    await peer.sendEvents(created('resp_late', isEchoing ? creates(peer)[0] : undefined))
    expect(cancelledIds(peer)).toEqual(['resp_late'])
    expect(own).not.toHaveBeenCalled()
    await peer.sendEvents(done('resp_late'))
    expect(peer.clock.pending).toBe(0)
  })

  it('delays the next response until it has ended', async () => {
    const peer = await connected()
    await giveUp(peer)
    await peer.clock.advance(requestTimeoutMs)
    await peer.sendEvents(created('resp_late', creates(peer)[0]))
    const next = peer.session.respond()
    await settle()
    expect(creates(peer)).toHaveLength(1)
    await peer.sendEvents(done('resp_late'))
    expect(creates(peer)).toHaveLength(2)
    await peer.sendEvents(created('resp_2', creates(peer)[1]), done('resp_2', 'completed'))
    expect((await next.done).status).toBe('completed')
    expect(cancelledIds(peer)).toEqual(['resp_late'])
  })
})

describe('an abandoned response request', () => {
  it('settles as cancelled when the server refuses it after cancel()', async () => {
    const peer = await connected()
    const errors = vi.fn()
    peer.session.on('error', errors)
    const handle = peer.session.respond()
    handle.cancel()
    await settle()
    const error = { type: 'invalid_request_error', code: 'x', message: 'x', event_id: creates(peer)[0]?.event_id }
    await peer.sendEvents({ type: 'error', error })
    expect(await handle.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })
    expect(errors).toHaveBeenCalledOnce()
  })

  it('is dropped when the server refuses it after its deadline', async () => {
    const peer = await connected()
    peer.session.respond()
    await peer.clock.advance(requestTimeoutMs)
    const error = { type: 'invalid_request_error', code: 'x', message: 'x', event_id: creates(peer)[0]?.event_id }
    await peer.sendEvents({ type: 'error', error }, created('resp_own'))
    expect(cancelledIds(peer)).toEqual([])
  })

  it('does not claim a response that the server creates for a turn', async () => {
    const peer = await connected()
    const own = vi.fn()
    peer.session.on('response', own)
    peer.session.respond()
    await peer.clock.advance(requestTimeoutMs)
    await peer.sendEvents(
      { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 1, item_id: 'i1' },
      created('resp_own'),
    )
    expect(own).toHaveBeenCalledOnce()
    expect(cancelledIds(peer)).toEqual([])
  })

  it('does not claim the response of a later request', async () => {
    const peer = await connected()
    peer.session.respond()
    await peer.clock.advance(requestTimeoutMs)
    const second = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_2'), done('resp_2', 'completed'))
    expect((await second.done).status).toBe('completed')
    expect(cancelledIds(peer)).toEqual([])
  })

  it('sends no cancel when its response arrives as already done', async () => {
    const peer = await connected()
    peer.session.respond()
    await peer.clock.advance(requestTimeoutMs)
    const response = responseOf('resp_late', creates(peer)[0], { status: 'completed' })
    await peer.sendEvents({ type: 'response.done', response })
    expect(cancelledIds(peer)).toEqual([])
    expect(peer.clock.pending).toBe(0)
  })

  it('is cancelled without delaying the conversation when it is out of band', async () => {
    const peer = await connected()
    peer.session.respond({ conversation: 'none' }).cancel()
    await peer.clock.advance(requestTimeoutMs)
    await peer.sendEvents(created('resp_late', creates(peer)[0], { conversation_id: null }))
    expect(cancelledIds(peer)).toEqual(['resp_late'])
    peer.session.respond()
    await settle()
    expect(creates(peer)).toHaveLength(2)
  })

  it('keeps its own deadline when timeoutMs is given', async () => {
    const peer = await connected()
    const handle = peer.session.respond({}, { timeoutMs: 5_000 })
    await peer.clock.advance(4_999)
    await peer.sendEvents(created('resp_1', creates(peer)[0]), done('resp_1', 'completed'))
    expect((await handle.done).status).toBe('completed')
    const late = peer.session.respond({}, { timeoutMs: 5_000 })
    await peer.clock.advance(5_000)
    expect(await late.done).toMatchObject({
      status: 'rejected',
      error: { code: 'TIMEOUT', data: { timeoutMs: 5_000 } },
    })
  })

  it('settles within requestTimeoutMs of cancel() with a longer timeoutMs', async () => {
    const peer = await connected()
    const handle = peer.session.respond({}, { timeoutMs: Number.POSITIVE_INFINITY })
    await settle()
    handle.cancel()
    await peer.clock.advance(requestTimeoutMs)
    expect((await handle.done).status).toBe('cancelled')
    expect(peer.clock.pending).toBe(0)
  })
})
