import { createSession, memoryPair, selectItems } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import type { ServerEvent } from '../../../src/protocol/server-events.js'
import {
  createPlaybackTracker,
  progressOf,
  recordEnqueued,
  recordReceived,
} from '../../../src/session/playback/tracker.js'
import { reduce } from '../../../src/session/state/reduce.js'
import { initialState, type SessionState } from '../../../src/session/state/state.js'
import { createManualClock } from '../../../src/testing/clock.js'
import { createPeer, type Json, settle } from '../../support/peer.js'

const play = (state: SessionState, ...events: Json[]) =>
  events.reduce((before, event) => reduce(before, event as unknown as ServerEvent), state)
const response = (id: string, more: object = {}) => ({
  id,
  object: 'realtime.response',
  status: 'in_progress',
  output: [],
  conversation_id: null,
  ...more,
})
const message = { id: 'i', type: 'message', role: 'assistant', content: [] }
const added: Json = { type: 'conversation.item.added', previous_item_id: null, item: message }
const ids = { response_id: 'r', item_id: 'i', output_index: 0 }
const partsOf = (state: SessionState) => {
  const [first] = selectItems(state)
  return first && 'content' in first.item ? (first.item.content as unknown[]) : []
}

describe('an invalid content_index', () => {
  it.each([256, 1e6, 1e308, 2 ** 32, -1, 0.5])('adds no part, in any event: %d', (content_index) => {
    const state = play(
      initialState,
      added,
      { type: 'response.output_text.delta', ...ids, content_index, delta: 'x' },
      { type: 'response.output_text.done', ...ids, content_index, text: 'x' },
      { type: 'response.output_audio_transcript.delta', ...ids, content_index, delta: 'x' },
      { type: 'response.output_audio_transcript.done', ...ids, content_index, transcript: 'x' },
      { type: 'response.content_part.added', ...ids, content_index, part: { type: 'text', text: 'x' } },
      { type: 'response.content_part.done', ...ids, content_index, part: { type: 'text', text: 'x' } },
      {
        type: 'conversation.item.input_audio_transcription.delta',
        item_id: 'i',
        content_index,
        delta: 'x',
      },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: 'i',
        content_index,
        transcript: 'x',
      },
    )
    expect(partsOf(state)).toEqual([])
    expect(Object.keys(partsOf(state))).toEqual([])
  })

  it('is ignored when the transcript arrives before its item', () => {
    const early = {
      type: 'conversation.item.input_audio_transcription.delta',
      item_id: 'i',
      content_index: 1e308,
      delta: 'x',
    }
    expect(partsOf(play(initialState, early, added))).toEqual([])
  })

  it('is accepted up to the limit', () => {
    const state = play(initialState, added, {
      type: 'response.output_text.delta',
      ...ids,
      content_index: 3,
      delta: 'x',
    })
    expect(partsOf(state)).toHaveLength(4)
  })
})

describe('responses that are never done', () => {
  const many = Array.from({ length: 600 }, (_, index) => `r${index}`)

  it('are dropped, the oldest first, except the active one', () => {
    const state = play(
      initialState,
      { type: 'response.created', response: response('mine', { conversation_id: 'conv' }) },
      ...many.map((id) => ({ type: 'response.created', response: response(id) })),
    )
    expect(state.responses.activeId).toBe('mine')
    expect(state.responses.byId.mine).toBeDefined()
    expect(state.responses.byId.r599).toBeDefined()
    expect(state.responses.order).toHaveLength(96)
    expect(Object.keys(state.responses.byId)).toHaveLength(96)
  })

  it('may be done later', () => {
    const state = play(initialState, ...many.map((id) => ({ type: 'response.created', response: response(id) })), {
      type: 'response.done',
      response: response('r0', { status: 'completed' }),
    })
    expect(state.responses.byId.r0).toMatchObject({ isDone: true })
  })

  it('may all be in band', () => {
    const state = play(
      initialState,
      ...many.map((id) => ({ type: 'response.created', response: response(id, { conversation_id: 'conv' }) })),
    )
    expect(state.responses.activeId).toBe('r599')
    expect(state.responses.order).toHaveLength(96)
  })

  it('settle as failed when there are too many', async () => {
    const peer = createPeer()
    await peer.connect()
    const outcomes: string[] = []
    peer.session.on('response', ({ done }) => void done.then(({ status }) => outcomes.push(status)))
    for (const id of many.slice(0, 300)) await peer.sendEvents({ type: 'response.created', response: response(id) })
    expect(outcomes).toEqual(Array.from({ length: 44 }, () => 'failed'))
    expect(peer.clock.pending).toBe(256)
    await peer.session.close()
    expect(peer.clock.pending).toBe(0)
  })

  it('have a limited number of items', () => {
    const state = play(
      initialState,
      { type: 'response.created', response: response('r') },
      ...many.map((id) => ({ type: 'response.output_item.added', ...ids, item: { ...message, id } })),
    )
    expect(state.responses.byId.r?.output).toHaveLength(256)
  })
})

describe('parts that wait to be played', () => {
  it('are dropped, the oldest first, beyond the limit', () => {
    const tracker = createPlaybackTracker()
    for (let contentIndex = 0; contentIndex < 2_000; contentIndex++) {
      recordReceived(tracker, 'i', contentIndex, 20)
      recordEnqueued(tracker, { itemId: 'i', contentIndex })
    }
    expect(progressOf(tracker, 'i').length).toBeLessThanOrEqual(1_024)
    expect(progressOf(tracker, 'i').at(-1)?.contentIndex).toBe(1_999)
  })
})

describe('a failed response', () => {
  it.each([
    [
      { type: 'failed', error: { type: 'server_error', code: 'rate_limit_exceeded', message: 'words' } },
      ' with rate_limit_exceeded',
    ],
    [{ type: 'failed', error: { type: 'server_error', code: null } }, ' with server_error'],
    [{ type: 'failed', reason: 'quota' }, ' with quota'],
    ['failed_for_some_reason', ' with failed_for_some_reason'],
    ['free text that may repeat what the user said', ''],
    [{ error: { code: 'a code with words of the user in it' } }, ''],
    [null, ''],
  ])('names the code of the server: %j', async (status_details, words) => {
    const [near, far] = memoryPair()
    const session = createSession({ transport: near, clock: createManualClock() })
    const sendEvents = (event: object) => far.send(JSON.stringify({ event_id: 'e', ...event }))
    const connecting = session.connect()
    await far.open()
    sendEvents({ type: 'session.created', session: { type: 'realtime', id: 's' } })
    await connecting
    const handle = session.respond()
    await settle()
    sendEvents({ type: 'response.created', response: response('r', { conversation_id: 'c' }) })
    sendEvents({
      type: 'response.done',
      response: response('r', { conversation_id: 'c', status: 'failed', status_details }),
    })
    const outcome = await handle.done
    expect(outcome.status === 'failed' && outcome.error.message).toContain(
      `The response r failed${words}. Read error.data`,
    )
    await session.close()
  })
})
