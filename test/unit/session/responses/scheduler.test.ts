import type { RespondOptions, ResponseHandle, SessionEvents, Transport } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import type { Clock } from '../../../../src/internal/clock.js'
import type { ClientEvent } from '../../../../src/protocol/client-events.js'
import { realtimeCodec } from '../../../../src/protocol/codec.js'
import type { Sendable } from '../../../../src/protocol/encode-audio.js'
import type { ServerEvent } from '../../../../src/protocol/server-events.js'
import { createConnection } from '../../../../src/session/connection/connection.js'
import {
  loseResponses,
  receiveForResponses,
  resumeResponses,
} from '../../../../src/session/responses/response-events.js'
import { createResponses, respond } from '../../../../src/session/responses/scheduler.js'
import { initialState } from '../../../../src/session/state/state.js'
import { createStateStore } from '../../../../src/session/state/state-store.js'
import { createManualClock } from '../../../../src/testing/clock.js'
import { createPeer, type Json, type Peer, settle } from '../../../support/peer.js'

async function connected(options = {}): Promise<Peer> {
  const peer = createPeer(options)
  await peer.connect()
  return peer
}

const creates = (peer: Peer) => peer.sentEvents.filter(({ type }) => type === 'response.create')
const cancels = (peer: Peer) => peer.sentEvents.filter(({ type }) => type === 'response.cancel')

/** A response as the wire shows it; `of` is the create that asked for it. */
function responseOf(id: string, of?: Json, more: object = {}): Json['response'] {
  const asked = of?.response as { metadata?: object } | undefined
  return {
    id,
    object: 'realtime.response',
    status: 'in_progress',
    output: [],
    conversation_id: 'conv_1',
    metadata: asked?.metadata ?? null,
    ...more,
  }
}

const created = (id: string, of?: Json, more?: object): Json => ({
  type: 'response.created',
  response: responseOf(id, of, more),
})
const done = (id: string, more: object = {}): Json => ({
  type: 'response.done',
  response: responseOf(id, undefined, { status: 'completed', ...more }),
})
const refusal = (code: string, event_id: unknown): Json => ({
  type: 'error',
  error: { type: 'invalid_request_error', code, message: code, param: null, event_id },
})

/** A connection that is open as far as its own phase is concerned. */
function openConnection(clock: Clock, send: (frame: string) => void) {
  const connection = createConnection<Sendable<ClientEvent>, ServerEvent, SessionEvents>({
    transport: { state: 'open', bufferedAmount: 0, send } as unknown as Transport,
    clock,
    connectTimeoutMs: 15_000,
    requestTimeoutMs: 10_000,
    maxWaitingAudioBytes: 0,
    highWaterMark: 0,
    handlers: { getCodec: () => realtimeCodec } as never,
    session: undefined,
  })
  connection.phase = { phase: 'open' }
  return connection
}

describe('respond', () => {
  it('settles with the requested response', async () => {
    const peer = await connected()
    const handle = peer.session.respond({ instructions: 'Greet.' })
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    expect(handle.id).toBe('resp_1')
    expect(await handle.created).toMatchObject({ id: 'resp_1' })
    await peer.sendEvents(done('resp_1'))
    expect(await handle.done).toMatchObject({ status: 'completed', response: { id: 'resp_1' } })
    expect(peer.clock.pending).toBe(0)
  })

  it.each([
    [{ status: 'completed' }, { status: 'completed' }],
    [
      { status: 'cancelled', status_details: { type: 'cancelled', reason: 'turn_detected' } },
      { status: 'cancelled', reason: 'turn_detected' },
    ],
    [
      { status: 'cancelled', status_details: null },
      { status: 'cancelled', reason: 'client_cancelled' },
    ],
    [
      { status: 'incomplete', status_details: { type: 'incomplete', reason: 'max_output_tokens' } },
      { status: 'incomplete', reason: 'max_output_tokens' },
    ],
    [
      { status: 'incomplete', status_details: 'content_filter' },
      { status: 'incomplete', reason: 'content_filter' },
    ],
    [
      { status: 'failed', status_details: { type: 'failed', error: { type: 'server_error', code: 'x' } } },
      { status: 'failed', error: { code: 'RESPONSE_FAILED', data: { responseId: 'resp_1' } } },
    ],
  ])('reads %j as its outcome', async (wire, outcome) => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]), done('resp_1', wire))
    expect(await handle.done).toMatchObject(outcome)
  })

  it('streams text, transcript, audio, and items to separate readers', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    const place = { response_id: 'resp_1', item_id: 'item_1', output_index: 0, content_index: 0 }
    await peer.sendEvents(
      { type: 'response.output_text.delta', ...place, delta: 'Hel' },
      { type: 'response.output_text.delta', ...place, delta: 'lo' },
      { type: 'response.output_audio_transcript.delta', ...place, delta: 'Hi' },
      { type: 'response.output_audio.delta', ...place, delta: 'AAEC' },
      { type: 'response.output_audio.delta', ...place, delta: '!' },
      {
        type: 'response.output_item.done',
        response_id: 'resp_1',
        output_index: 0,
        item: { id: 'item_1', type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      },
    )
    await peer.sendEvents(done('resp_1'))
    // Readers that come late get all from the beginning.
    expect(await collect(handle.text())).toEqual(['Hel', 'lo'])
    expect(await collect(handle.transcript())).toEqual(['Hi'])
    expect(await collect(handle.items())).toMatchObject([{ id: 'item_1' }])
    expect(await collect(handle.audio())).toEqual([new Uint8Array([0, 1, 2])])
    expect(await collect(handle.audio())).toEqual([new Uint8Array([0, 1, 2])])
  })

  it('sends the next request when the response in the conversation is done', async () => {
    const peer = await connected()
    const first = peer.session.respond()
    const second = peer.session.respond()
    await settle()
    expect(creates(peer)).toHaveLength(1)
    await peer.sendEvents(created('resp_1', creates(peer)[0]), done('resp_1'))
    await first.done
    await settle()
    expect(creates(peer)).toHaveLength(2)
    await peer.sendEvents(created('resp_2', creates(peer)[1]), done('resp_2'))
    expect(await second.done).toMatchObject({ status: 'completed' })
  })

  it('rejects or interrupts with whenBusy', async () => {
    const peer = await connected()
    const first = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    const rejected = peer.session.respond({}, { whenBusy: 'reject' })
    expect(await rejected.done).toMatchObject({
      status: 'rejected',
      error: { code: 'RESPONSE_ACTIVE', data: { activeId: 'resp_1' } },
    })
    await expect(rejected.created).rejects.toMatchObject({ code: 'RESPONSE_ACTIVE' })
    const urgent = peer.session.respond({}, { whenBusy: 'interrupt' })
    await settle()
    expect(cancels(peer)).toMatchObject([{ response_id: 'resp_1' }])
    await peer.sendEvents(done('resp_1', { status: 'cancelled' }))
    expect(await first.done).toMatchObject({ status: 'cancelled' })
    await settle()
    await peer.sendEvents(created('resp_2', creates(peer)[1]), done('resp_2'))
    expect(await urgent.done).toMatchObject({ status: 'completed' })
  })

  it('runs out-of-band responses in parallel', async () => {
    const peer = await connected()
    const main = peer.session.respond()
    const side = peer.session.respond({ conversation: 'none', metadata: { purpose: 'summary' } })
    await settle()
    expect(creates(peer)).toHaveLength(2)
    const [first, second] = creates(peer)
    await peer.sendEvents(
      created('resp_side', second, { conversation_id: null }),
      done('resp_side', { conversation_id: null }),
    )
    expect(await side.done).toMatchObject({ status: 'completed', response: { id: 'resp_side' } })
    expect(side.isInBand).toBe(false)
    const waiting = peer.session.respond()
    await settle()
    expect(creates(peer)).toHaveLength(2)
    await peer.sendEvents(created('resp_main', first), done('resp_main'))
    expect((await main.done).status).toBe('completed')
    await settle()
    expect(creates(peer)).toHaveLength(3)
    waiting.cancel()
  })

  it('keeps the metadata of the caller, and adds none when it is full', async () => {
    const peer = await connected()
    peer.session.respond({ conversation: 'none', metadata: { mine: 'yes' } })
    const full = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']))
    peer.session.respond({ conversation: 'none', metadata: full })
    await settle()
    const [first, second] = creates(peer)
    expect(first).toMatchObject({ response: { metadata: { mine: 'yes', client_event_id: first?.event_id } } })
    expect(second?.response).toEqual({ conversation: 'none', metadata: full })
  })

  it('is rejected when the server refuses it, and error listeners receive the error', async () => {
    const peer = await connected()
    const errors = vi.fn()
    peer.session.on('error', errors)
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(refusal('invalid_value', creates(peer)[0]?.event_id))
    expect(await handle.done).toMatchObject({ status: 'rejected', error: { code: 'SERVER_ERROR' } })
    expect(errors).toHaveBeenCalledOnce()
  })

  it('is rejected when its parameters are invalid', async () => {
    const peer = await connected()
    const handle = peer.session.respond({ output_modalities: ['smell'] } as never)
    expect(await handle.done).toMatchObject({ status: 'rejected', error: { code: 'INVALID_EVENT' } })
  })

  it('is rejected when the server never creates it, and the next request is sent', async () => {
    const peer = await connected({ requestTimeoutMs: 1000 })
    const lost = peer.session.respond()
    const next = peer.session.respond()
    await peer.clock.advance(1000)
    expect(await lost.done).toMatchObject({
      status: 'rejected',
      error: { code: 'TIMEOUT', data: { waitingFor: 'response.created' } },
    })
    expect(creates(peer)).toHaveLength(2)
    await peer.sendEvents(created('resp_2', creates(peer)[1]), done('resp_2'))
    expect((await next.done).status).toBe('completed')
  })
})

describe('a conflict with a response of the server', () => {
  const conflict = 'conversation_already_has_active_response'

  it.each([true, false])(
    'is resolved by sending the request again after it (error names its event: %s)',
    async (isNamed) => {
      const peer = await connected()
      const errors = vi.fn()
      peer.session.on('error', errors)
      await peer.sendEvents({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: 10, item_id: 'item_1' })
      const mine = peer.session.respond()
      await settle()
      await peer.sendEvents(created('resp_vad'), refusal(conflict, isNamed ? creates(peer)[0]?.event_id : null))
      expect(creates(peer)).toHaveLength(1)
      await peer.sendEvents(done('resp_vad'))
      await settle()
      expect(creates(peer)).toHaveLength(2)
      await peer.sendEvents(created('resp_mine', creates(peer)[1]), done('resp_mine'))
      expect(await mine.done).toMatchObject({ status: 'completed', response: { id: 'resp_mine' } })
      expect(errors).not.toHaveBeenCalled()
      expect(peer.clock.pending).toBe(0)
    },
  )

  it('sends the request again a limited number of times when the other response is unknown', async () => {
    const peer = await connected()
    const mine = peer.session.respond()
    for (let round = 0; round < 20; round++) {
      await settle()
      const last = creates(peer).at(-1)
      await peer.sendEvents(refusal(conflict, last?.event_id))
      await peer.clock.advance(250)
    }
    expect(await mine.done).toMatchObject({ status: 'rejected', error: { code: 'SERVER_ERROR' } })
    expect(creates(peer)).toHaveLength(9)
  })
})

describe('a conflict that names an unknown response', () => {
  const code = 'conversation_already_has_active_response'
  const conflictWith = (id: string, of: Json | undefined): Json => ({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      code,
      message: `Conversation already has an active response in progress: ${id}. Wait until it is finished.`,
      param: null,
      event_id: of?.event_id,
    },
  })

  it('sends the request again when that response is done', async () => {
    const peer = await connected()
    const shown = vi.fn()
    peer.session.on('response', shown)
    const mine = peer.session.respond()
    const next = peer.session.respond()
    await settle()
    await peer.sendEvents(conflictWith('resp_other', creates(peer)[0]))
    await peer.clock.advance(60_000)
    expect(creates(peer)).toHaveLength(1)
    await peer.sendEvents(done('resp_other'))
    expect(creates(peer)).toHaveLength(2)
    await peer.sendEvents(created('resp_1', creates(peer)[1]), done('resp_1'))
    expect((await mine.done).status).toBe('completed')
    await peer.sendEvents(created('resp_2', creates(peer)[2]), done('resp_2'))
    expect((await next.done).status).toBe('completed')
    // Its start was not received, so it is not emitted.
    expect(shown).not.toHaveBeenCalled()
    expect(peer.clock.pending).toBe(0)
  })

  it('waits for that response again after the connection of a joined session was lost', async () => {
    const clock = createManualClock()
    const sent: Json[] = []
    const responses = createResponses({
      connection: openConnection(clock, (frame) => sent.push(JSON.parse(frame))),
      store: createStateStore(initialState),
      responseTimeoutMs: 120_000,
      whenSettled: () => Promise.reject(new Error('not used')),
    })
    const receive = (event: Json) => receiveForResponses(responses, event as never)
    const mine = respond(responses)
    receive(conflictWith('resp_other', sent.at(-1)))
    loseResponses(responses)
    resumeResponses(responses)
    expect(sent).toHaveLength(2)
    receive(conflictWith('resp_other', sent.at(-1)))
    await clock.advance(30_000)
    expect(sent).toHaveLength(2)
    receive(done('resp_other'))
    expect(sent).toHaveLength(3)
    receive(created('resp_mine', sent.at(-1)))
    receive(done('resp_mine'))
    expect((await mine.done).status).toBe('completed')
  })

  it('rejects the request when that response is never done', async () => {
    const peer = await connected({ responseTimeoutMs: 30_000 })
    const mine = peer.session.respond()
    await settle()
    for (let round = 0; round < 20; round++) {
      await peer.sendEvents(conflictWith('resp_other', creates(peer).at(-1)))
      await peer.clock.advance(round === 0 ? 30_000 : 250)
    }
    expect(await mine.done).toMatchObject({ status: 'rejected', error: { code: 'SERVER_ERROR' } })
    expect(peer.clock.pending).toBe(0)
  })
})

describe('a response without further events', () => {
  it('fails at its deadline, is cancelled, and does not block the queue', async () => {
    const peer = await connected({ responseTimeoutMs: 5_000 })
    const first = peer.session.respond()
    const second = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    await peer.clock.advance(4_000)
    const place = { response_id: 'resp_1', item_id: 'item_1', output_index: 0, content_index: 0 }
    await peer.sendEvents({ type: 'response.output_text.delta', ...place, delta: 'Hel' })
    await peer.clock.advance(4_999)
    expect(cancels(peer)).toEqual([])
    await peer.clock.advance(1)
    const outcome = await first.done
    expect(outcome).toMatchObject({
      status: 'failed',
      response: undefined,
      error: {
        code: 'RESPONSE_FAILED',
        cause: { code: 'TIMEOUT', data: { waitingFor: 'response.done', timeoutMs: 5_000 } },
      },
    })
    expect(outcome.status === 'failed' && outcome.error.message).toContain('error.cause')
    expect(await collect(first.text())).toEqual(['Hel'])
    expect(peer.sentEvents.slice(-2)).toMatchObject([
      { type: 'response.cancel', response_id: 'resp_1' },
      { type: 'response.create' },
    ])
    const errors = vi.fn()
    peer.session.on('error', errors)
    await peer.sendEvents(
      refusal('response_cancel_not_active', cancels(peer)[0]?.event_id),
      created('resp_2', creates(peer)[1]),
      done('resp_1'),
      done('resp_2'),
    )
    expect(errors).not.toHaveBeenCalled()
    expect(await second.done).toMatchObject({ status: 'completed', response: { id: 'resp_2' } })
    expect(peer.clock.pending).toBe(0)
  })

  it('does not block the queue when the server created it by itself', async () => {
    const peer = await connected()
    await peer.sendEvents(created('resp_vad'))
    const mine = peer.session.respond()
    await peer.clock.advance(119_999)
    expect(creates(peer)).toEqual([])
    await peer.clock.advance(1)
    expect(creates(peer)).toHaveLength(1)
    await peer.sendEvents(created('resp_1', creates(peer)[0]), done('resp_1'))
    expect((await mine.done).status).toBe('completed')
    expect(peer.clock.pending).toBe(0)
  })

  it('no longer runs in the state, which a late response.done completes', async () => {
    const peer = await connected({ responseTimeoutMs: 5_000 })
    const handle = peer.session.respond()
    await settle()
    const item = { id: 'item_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
    await peer.sendEvents(
      created('resp_1', creates(peer)[0]),
      { type: 'response.output_item.added', response_id: 'resp_1', output_index: 0, item },
      { type: 'conversation.item.added', previous_item_id: null, item },
    )
    const seen: unknown[] = []
    peer.session.subscribe(() => seen.push(peer.session.getState().responses.activeId))
    await peer.clock.advance(5_000)
    expect((await handle.done).status).toBe('failed')
    expect(seen).toEqual([undefined])
    const { responses, conversation } = peer.session.getState()
    expect(responses.byId.resp_1).toMatchObject({ isDone: true, output: [{ status: 'incomplete' }] })
    expect(conversation.items.flat()).toMatchObject([{ id: 'item_1', status: 'incomplete' }])
    await peer.sendEvents(done('resp_1'))
    expect(peer.session.getState().responses.byId.resp_1?.response.status).toBe('completed')
  })

  it.each([
    ['whose cancellation gets no reply', () => [] as Json[]],
    [
      'whose response.done has an invalid shape',
      () => [{ type: 'response.done', response: { id: 'resp_1', output: 7 } }],
    ],
  ])('no longer runs in the state: %s', async (_name, events) => {
    const peer = await connected({ requestTimeoutMs: 1_000 })
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    handle.cancel()
    await peer.sendEvents(...events())
    if (events().length === 0) await peer.clock.advance(1_000)
    await handle.done
    expect(peer.session.getState().responses).toMatchObject({ activeId: undefined, byId: { resp_1: { isDone: true } } })
  })

  it('never fails with responseTimeoutMs: Infinity', async () => {
    const peer = await connected({ responseTimeoutMs: Number.POSITIVE_INFINITY })
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    await peer.clock.advance(24 * 60 * 60_000)
    await peer.sendEvents(done('resp_1'))
    expect((await handle.done).status).toBe('completed')
  })

  it('settles as cancelled within requestTimeoutMs after cancel()', async () => {
    const peer = await connected({ responseTimeoutMs: 5_000, requestTimeoutMs: 1_000 })
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    await peer.clock.advance(4_500)
    handle.cancel()
    await peer.clock.advance(1_000)
    expect(await handle.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })
    await peer.clock.advance(10_000)
    expect(cancels(peer)).toHaveLength(1)
    expect(peer.clock.pending).toBe(0)
  })
})

describe('cancel', () => {
  it('sends the id of the response, and settles on response.done', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    handle.cancel()
    handle.cancel()
    await settle()
    expect(cancels(peer)).toMatchObject([{ response_id: 'resp_1' }])
    await peer.sendEvents(
      done('resp_1', { status: 'cancelled', status_details: { type: 'cancelled', reason: 'client_cancelled' } }),
    )
    expect(await handle.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })
  })

  it('waits for the id when the response is not created yet', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    handle.cancel()
    await settle()
    expect(cancels(peer)).toEqual([])
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    expect(cancels(peer)).toMatchObject([{ response_id: 'resp_1' }])
  })

  it('sends nothing for a queued response', async () => {
    const peer = await connected()
    peer.session.respond()
    const waiting = peer.session.respond()
    waiting.cancel()
    expect(await waiting.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })
    await settle()
    expect(creates(peer)).toHaveLength(1)
    expect(cancels(peer)).toEqual([])
  })

  it.each([true, false])(
    'hides the error of a cancel without an active response (error names its event: %s)',
    async (isNamed) => {
      const peer = await connected()
      const errors = vi.fn()
      peer.session.on('error', errors)
      const handle = peer.session.respond()
      await settle()
      await peer.sendEvents(created('resp_1', creates(peer)[0]))
      handle.cancel()
      await settle()
      await peer.sendEvents(
        done('resp_1'),
        refusal('response_cancel_not_active', isNamed ? cancels(peer)[0]?.event_id : null),
      )
      expect((await handle.done).status).toBe('completed')
      expect(errors).not.toHaveBeenCalled()
      await peer.sendEvents(refusal('response_cancel_not_active', 'of somebody else'))
      expect(errors).toHaveBeenCalledOnce()
    },
  )

  it('settles at its deadline when the server does not reply', async () => {
    const peer = await connected({ requestTimeoutMs: 1000 })
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    handle.cancel()
    await peer.clock.advance(1000)
    expect(await handle.done).toMatchObject({ status: 'cancelled', reason: 'client_cancelled' })
  })

  it('is called when the signal aborts', async () => {
    const peer = await connected()
    const abort = new AbortController()
    const options: RespondOptions = { signal: abort.signal }
    peer.session.respond()
    const waiting = peer.session.respond({}, options)
    abort.abort()
    expect((await waiting.done).status).toBe('cancelled')
    expect((await peer.session.respond({}, options).done).status).toBe('cancelled')
  })
})

describe('a response that the server creates by itself', () => {
  it('is emitted as a handle before response.created', async () => {
    const peer = await connected()
    const handles: ResponseHandle[] = []
    peer.session.on('response', (handle) => handles.push(handle))
    await peer.sendEvents(
      { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 10, item_id: 'item_1' },
      created('resp_vad'),
    )
    expect(handles.map(({ id }) => id)).toEqual(['resp_vad'])
    await peer.sendEvents(done('resp_vad'))
    expect((await handles[0]?.done)?.status).toBe('completed')
  })

  it('delays requests of the client', async () => {
    const peer = await connected()
    await peer.sendEvents(created('resp_vad'))
    peer.session.respond()
    await settle()
    expect(creates(peer)).toEqual([])
    await peer.sendEvents(done('resp_vad'))
    await settle()
    expect(creates(peer)).toHaveLength(1)
  })

  it('is not matched with a pending request', async () => {
    const peer = await connected()
    await peer.sendEvents({ type: 'input_audio_buffer.speech_stopped', audio_end_ms: 10, item_id: 'item_1' })
    const mine = peer.session.respond()
    await peer.sendEvents(created('resp_vad'))
    expect(mine.id).toBeUndefined()
  })
})

describe('a server that returns metadata', () => {
  it('creates responses without it only by itself', async () => {
    const peer = await connected()
    const first = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]), done('resp_1'))
    await first.done
    const second = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_idle'))
    expect(second.id).toBeUndefined()
    await peer.sendEvents(done('resp_idle'), created('resp_2', creates(peer)[1]), done('resp_2'))
    expect(await second.done).toMatchObject({ status: 'completed', response: { id: 'resp_2' } })
  })
})

describe('a request whose metadata is full', () => {
  it('is matched by the order of requests', async () => {
    const peer = await connected()
    const first = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]), done('resp_1'))
    await first.done
    const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']))
    const handle = peer.session.respond({ metadata })
    await settle()
    await peer.sendEvents(created('resp_2', creates(peer)[1]), done('resp_2'))
    expect(await handle.done).toMatchObject({ response: { id: 'resp_2' } })
  })
})

describe('servers that deviate from the protocol', () => {
  it('that return no metadata complete requests in order', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1'))
    expect(handle.id).toBe('resp_1')
  })

  it('that omit response.created settle the request on response.done', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(done('resp_1'))
    expect(await handle.done).toMatchObject({ status: 'completed' })
    await peer.sendEvents(done('resp_unheard_of'))
  })

  it('that send an invalid response.done fail the response', async () => {
    const peer = await connected()
    const handle = peer.session.respond()
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    await peer.sendEvents({ type: 'response.done', response: { id: 'resp_1', output: 'broken' } })
    const outcome = await handle.done
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'RESPONSE_FAILED', cause: { code: 'INVALID_EVENT' } },
    })
  })

  it('that complete a response after creating the next one settle both', async () => {
    const peer = await connected()
    await peer.sendEvents(created('resp_a'), created('resp_b'), done('resp_a'))
    peer.session.respond()
    await settle()
    expect(creates(peer)).toEqual([])
    expect(peer.session.getState().responses.activeId).toBe('resp_b')
  })
})

describe('closing the session', () => {
  it.each([
    ['session_closed', (peer: Peer) => peer.session.close()],
    ['connection_lost', (peer: Peer) => peer.hangUp()],
  ])('settles every handle as %s', async (reason, end) => {
    const peer = await connected()
    const running = peer.session.respond()
    const waiting = peer.session.respond()
    const side = peer.session.respond({ conversation: 'none' })
    await settle()
    await peer.sendEvents(created('resp_1', creates(peer)[0]))
    const text = collect(running.text())
    await end(peer)
    for (const handle of [running, waiting, side])
      expect(await handle.done).toEqual({ status: 'cancelled', reason, response: undefined })
    expect(await text).toEqual([])
    expect(await peer.session.respond().done).toMatchObject({ status: 'cancelled', reason: 'session_closed' })
    expect(peer.clock.pending).toBe(0)
  })
})

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}
