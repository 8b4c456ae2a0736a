import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { realtimeCodec } from '../../../../src/protocol/codec.js'
import type { ServerEvent } from '../../../../src/protocol/server-events.js'
import { at, type Chunks, findLast, flatten, insert, remove, replace } from '../../../../src/session/state/chunks.js'
import { reduce } from '../../../../src/session/state/reduce.js'
import { selectActiveResponse, selectItems } from '../../../../src/session/state/select.js'
import { initialState, type SessionState } from '../../../../src/session/state/state.js'
import type { Json } from '../../../support/peer.js'

let count = 0
function event(json: Json): ServerEvent {
  const decoded = realtimeCodec.decode(JSON.stringify({ event_id: `event_${++count}`, ...json }))
  if (decoded.kind !== 'event') throw new Error(`${json.type} is no valid event: ${JSON.stringify(decoded.event)}`)
  return decoded.event
}

const run = (state: SessionState, ...events: Json[]) => events.reduce((now, json) => reduce(now, event(json)), state)
const from = (...events: Json[]) => run(initialState, ...events)
const ids = (state: SessionState) => selectItems(state).map(({ id }) => id)
const itemOf = (state: SessionState, id: string) => selectItems(state).find((item) => item.id === id)

const user = (id: string, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.added',
  previous_item_id,
  item: {
    id,
    type: 'message',
    role: 'user',
    status: 'completed',
    content: [{ type: 'input_audio', transcript: null }],
  },
})
const assistant = (id: string, content: unknown[] = [], status = 'in_progress') => ({
  id,
  type: 'message',
  role: 'assistant',
  status,
  content,
})
const added = (id: string, previous_item_id: string | null = null): Json => ({
  type: 'conversation.item.added',
  previous_item_id,
  item: assistant(id),
})
const created = (id: string, conversation_id: string | null = 'conv_1'): Json => ({
  type: 'response.created',
  response: { id, object: 'realtime.response', status: 'in_progress', output: [], conversation_id },
})
const ended = (id: string, status = 'completed', conversation_id: string | null = 'conv_1'): Json => ({
  type: 'response.done',
  response: { id, object: 'realtime.response', status, output: [], conversation_id },
})
const outputAdded = (response_id: string, id: string): Json => ({
  type: 'response.output_item.added',
  response_id,
  output_index: 0,
  item: assistant(id),
})
const place = (response_id: string, item_id: string, content_index = 0) => ({
  response_id,
  item_id,
  output_index: 0,
  content_index,
})
const spoken = (response: string, item: string, delta: string): Json => ({
  type: 'response.output_audio_transcript.delta',
  ...place(response, item),
  delta,
})

describe('the order of the conversation', () => {
  it('keeps an item that cannot be restored behind a restored one that moves', () => {
    const before = from(user('a'), user('b', 'a'), user('c', 'b'), user('lost', 'c'))
    const greeting = { type: 'session.created', session: { type: 'realtime', id: 'sess_2' } }
    const state = run(before, greeting, user('a'), user('c', 'a'), user('b', 'c'))
    expect(ids(state)).toEqual(['a', 'c', 'b', 'lost'])
  })

  it('follows previous_item_id', () => {
    expect(ids(from(user('a'), user('c', 'a'), user('b', 'a'), user('z', 'root')))).toEqual(['z', 'a', 'b', 'c'])
  })

  it('puts an item without a known predecessor at the end', () => {
    expect(ids(from(user('a'), user('b'), user('c', 'never seen')))).toEqual(['a', 'b', 'c'])
  })

  it('is not changed by conversation.item.done, whose previous_item_id is often null', () => {
    const state = from(user('a'), user('b', 'a'), { ...user('a'), type: 'conversation.item.done' })
    expect(ids(state)).toEqual(['a', 'b'])
  })

  it('adds items of older servers, and retrieved items', () => {
    expect(ids(from({ ...user('a'), type: 'conversation.item.created' }))).toEqual(['a'])
    expect(ids(from({ type: 'conversation.item.retrieved', item: assistant('x') }))).toEqual(['x'])
  })

  it('keeps no audio of retrieved items', () => {
    const content = [{ type: 'input_audio', transcript: 'Hello.', audio: 'AAAA' }]
    const item = { id: 'x', type: 'message', role: 'user', status: 'completed', content }
    const [state] = selectItems(from({ type: 'conversation.item.retrieved', item }))
    expect(state?.item).toEqual({ ...item, content: [{ type: 'input_audio', transcript: 'Hello.' }] })
    expect(JSON.stringify(state)).not.toContain('AAAA')
  })

  it('does not add a deleted item again on late events', () => {
    const state = from(user('a'), user('b', 'a'), { type: 'conversation.item.deleted', item_id: 'a' })
    expect(ids(state)).toEqual(['b'])
    const later = run(
      state,
      { ...user('a'), type: 'conversation.item.done' },
      {
        type: 'conversation.item.input_audio_transcription.completed',
        item_id: 'a',
        content_index: 0,
        transcript: 'late',
        usage: { type: 'duration', seconds: 1 },
      },
    )
    expect(ids(later)).toEqual(['b'])
    expect(later.conversation.early).toEqual({})
  })

  it('keeps the order of a lost item when a new server lists the tools of an MCP server first', () => {
    const listing: Json = {
      type: 'conversation.item.added',
      previous_item_id: null,
      item: { id: 'listing', type: 'mcp_list_tools', server_label: 'docs', tools: [] },
    }
    const created = { type: 'session.created', session: { type: 'realtime', id: 'sess_2' } }
    const state = run(from(user('a'), user('lost', 'a')), created, listing, user('a', 'listing'))
    expect(ids(state)).toEqual(['listing', 'a', 'lost'])
  })
})

describe('streamed content', () => {
  const begun = from(created('r'), outputAdded('r', 'm'), added('m'), {
    type: 'response.content_part.added',
    ...place('r', 'm'),
    part: { type: 'audio', transcript: '' },
  })

  it('is added in the conversation and in the response', () => {
    const state = run(begun, spoken('r', 'm', 'Hel'), spoken('r', 'm', 'lo'))
    const expected = [{ type: 'output_audio', transcript: 'Hello' }]
    expect(itemOf(state, 'm')?.item).toMatchObject({ content: expected })
    expect(selectActiveResponse(state)?.output[0]?.item).toMatchObject({ content: expected })
    expect(itemOf(state, 'm')?.responseId).toBe('r')
  })

  it('keeps text that arrives after the item is done', () => {
    const state = run(
      begun,
      spoken('r', 'm', 'One '),
      {
        type: 'response.output_item.done',
        response_id: 'r',
        output_index: 0,
        item: assistant('m', [{ type: 'output_audio', transcript: null }], 'completed'),
      },
      spoken('r', 'm', 'two'),
    )
    expect(itemOf(state, 'm')).toMatchObject({ status: 'completed', item: { content: [{ transcript: 'One two' }] } })
  })

  it('is replaced by the full text of the done event', () => {
    const state = run(begun, spoken('r', 'm', 'Helo'), {
      type: 'response.output_audio_transcript.done',
      ...place('r', 'm'),
      transcript: 'Hello.',
    })
    expect(itemOf(state, 'm')?.item).toMatchObject({ content: [{ type: 'output_audio', transcript: 'Hello.' }] })
  })

  it('keeps several parts and several items of a response apart', () => {
    const state = run(
      begun,
      outputAdded('r', 'n'),
      added('n', 'm'),
      spoken('r', 'n', 'other'),
      { type: 'response.output_text.delta', ...place('r', 'm', 1), delta: 'text' },
      spoken('r', 'm', 'mine'),
    )
    expect(itemOf(state, 'm')?.item).toMatchObject({
      content: [
        { type: 'output_audio', transcript: 'mine' },
        { type: 'output_text', text: 'text' },
      ],
    })
    expect(itemOf(state, 'n')?.item).toMatchObject({ content: [{ type: 'output_audio', transcript: 'other' }] })
  })

  it('collects the arguments of calls', () => {
    const call = { id: 'f', type: 'function_call', status: 'in_progress', name: 'weather', call_id: 'c', arguments: '' }
    const state = run(
      from(created('r')),
      { type: 'response.output_item.added', response_id: 'r', output_index: 0, item: call },
      { type: 'conversation.item.added', previous_item_id: null, item: call },
      {
        type: 'response.function_call_arguments.delta',
        response_id: 'r',
        item_id: 'f',
        output_index: 0,
        call_id: 'c',
        delta: '{"a"',
      },
      {
        type: 'response.function_call_arguments.delta',
        response_id: 'r',
        item_id: 'f',
        output_index: 0,
        call_id: 'c',
        delta: ':1}',
      },
    )
    expect(itemOf(state, 'f')?.item).toMatchObject({ arguments: '{"a":1}' })
  })

  it('of an out-of-band response is not in the conversation', () => {
    const state = run(from(created('side', null)), outputAdded('side', 's'), spoken('side', 's', 'aside'))
    expect(ids(state)).toEqual([])
    expect(state.responses.activeId).toBeUndefined()
    expect(state.responses.byId.side?.output[0]?.item).toMatchObject({ content: [{ transcript: 'aside' }] })
  })

  it('is ignored without a known response and item', () => {
    expect(run(initialState, spoken('r', 'm', 'x')).conversation).toEqual(initialState.conversation)
  })
})

describe('the transcript of the user', () => {
  const delta = (item_id: string, text: string): Json => ({
    type: 'conversation.item.input_audio_transcription.delta',
    item_id,
    content_index: 0,
    delta: text,
  })
  const completed = (item_id: string, transcript: string): Json => ({
    type: 'conversation.item.input_audio_transcription.completed',
    item_id,
    content_index: 0,
    transcript,
    usage: { type: 'duration', seconds: 1 },
  })

  it('grows and is completed late, in any order between items', () => {
    const state = from(
      user('a'),
      user('b', 'a'),
      delta('b', 'Sec'),
      delta('a', 'Fir'),
      completed('b', 'Second'),
      completed('a', 'First'),
    )
    expect(selectItems(state).map(({ item, transcription }) => [item, transcription])).toMatchObject([
      [{ content: [{ type: 'input_audio', transcript: 'First' }] }, 'completed'],
      [{ content: [{ type: 'input_audio', transcript: 'Second' }] }, 'completed'],
    ])
  })

  it('is kept for its item when it arrives first', () => {
    const state = from(delta('a', 'Ear'), delta('a', 'ly'), user('a'))
    expect(itemOf(state, 'a')).toMatchObject({
      transcription: 'in_progress',
      item: { content: [{ transcript: 'Early' }] },
    })
    expect(state.conversation.early).toEqual({})
  })

  it('is kept when the server sends the item without it', () => {
    const state = from(user('a'), completed('a', 'Kept'), { ...user('a'), type: 'conversation.item.done' })
    expect(itemOf(state, 'a')?.item).toMatchObject({ content: [{ transcript: 'Kept' }] })
  })

  it('may fail', () => {
    const state = from(user('a'), {
      type: 'conversation.item.input_audio_transcription.failed',
      item_id: 'a',
      content_index: 0,
      error: { type: 'server_error', code: null, message: 'x', param: null },
    })
    expect(itemOf(state, 'a')?.transcription).toBe('failed')
  })
})

describe('truncation', () => {
  it('never moves to a later position, and keeps the transcript', () => {
    const cut = (audio_end_ms: number): Json => ({
      type: 'conversation.item.truncated',
      item_id: 'm',
      content_index: 0,
      audio_end_ms,
    })
    const state = from(created('r'), outputAdded('r', 'm'), added('m'), spoken('r', 'm', 'Hello'), cut(500), cut(900))
    expect(itemOf(state, 'm')).toMatchObject({ truncatedAtMs: 500, item: { content: [{ transcript: 'Hello' }] } })
  })
})

describe('responses', () => {
  it('contain the active one until it is done', () => {
    const state = from(created('a'), created('b'), ended('a'))
    expect(state.responses.activeId).toBe('b')
    expect(run(state, ended('b')).responses.activeId).toBeUndefined()
  })

  it('are done once, even without response.created', () => {
    const state = from(ended('a'), ended('a', 'failed'))
    expect(state.responses.byId.a).toMatchObject({ isDone: true, response: { status: 'completed' } })
  })

  it('keep the last 32 completed ones, and every running one', () => {
    const events = Array.from({ length: 100 }, (_, index) => [created(`r${index}`), ended(`r${index}`)]).flat()
    const state = run(from(created('running', null)), ...events)
    expect(state.responses.order).toHaveLength(33)
    expect(state.responses.order[0]).toBe('running')
    expect(Object.keys(state.responses.byId)).toHaveLength(33)
  })
})

describe('other parts of the state', () => {
  it('follow the speech of the user', () => {
    const started = from({ type: 'input_audio_buffer.speech_started', audio_start_ms: 100, item_id: 'a' })
    expect(started.inputAudio).toEqual({ isSpeaking: true, itemId: 'a', speechStartMs: 100, speechEndMs: undefined })
    const stopped = run(started, { type: 'input_audio_buffer.speech_stopped', audio_end_ms: 900, item_id: 'a' })
    expect(stopped.inputAudio).toEqual({ isSpeaking: false, itemId: 'a', speechStartMs: 100, speechEndMs: 900 })
  })

  it.each(['session.updated', 'session.created'])('ends speech when %s switches turn detection off', (type) => {
    const started = from({ type: 'input_audio_buffer.speech_started', audio_start_ms: 100, item_id: 'a' })
    const session = (turn_detection: unknown) => ({
      type,
      session: { type: 'realtime', id: 'sess_1', audio: { input: { turn_detection } } },
    })
    expect(run(started, session(null)).inputAudio).toMatchObject({ isSpeaking: false, itemId: 'a' })
    expect(run(started, session({ type: 'server_vad' })).inputAudio).toBe(started.inputAudio)
  })

  it('keep the rate limits', () => {
    const limits = [{ name: 'tokens', limit: 10, remaining: 9, reset_seconds: 1 }]
    expect(from({ type: 'rate_limits.updated', rate_limits: limits }).rateLimits).toEqual(limits)
  })
})

describe('structural sharing', () => {
  it('keeps the identity of every other item', () => {
    const many = Array.from({ length: 200 }, (_, index) => user(`u${index}`, index === 0 ? null : `u${index - 1}`))
    const before = run(from(...many), created('r'), outputAdded('r', 'm'), added('m', 'u199'))
    const after = run(before, spoken('r', 'm', 'x'))
    const [was, is] = [selectItems(before), selectItems(after)]
    expect(is.filter((item, index) => item !== was[index]).map(({ id }) => id)).toEqual(['m'])
    expect(after.session).toBe(before.session)
    expect(after.inputAudio).toBe(before.inputAudio)
    expect(selectItems(after)).toBe(is)
  })

  it('returns the same state when an event changes nothing', () => {
    const state = from(user('a'))
    expect(run(state, { type: 'response.output_audio.delta', ...place('r', 'm'), delta: 'AAAA' })).toBe(state)
  })
})

describe('chunks', () => {
  it('behave like an array under any inserts, replacements and removals', () => {
    const step = fc.record({ what: fc.constantFrom('end', 'front', 'behind', 'replace', 'remove'), where: fc.nat() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        let chunks: Chunks<number> = []
        const model: number[] = []
        steps.forEach(({ what, where }, value) => {
          const index = model.length === 0 ? -1 : where % model.length
          const found = findLast(chunks, (candidate) => candidate === model[index])
          if (what === 'end') model.push(value)
          else if (what === 'front') model.unshift(value)
          else if (found && what === 'behind') model.splice(index + 1, 0, value)
          else if (found && what === 'replace') model[index] = value
          else if (found) model.splice(index, 1)
          else return
          if (what === 'end' || what === 'front') chunks = insert(chunks, what, value)
          else if (found && what === 'behind') chunks = insert(chunks, found, value)
          else if (found && what === 'replace') chunks = replace(chunks, found, value)
          else if (found) chunks = remove(chunks, found)
        })
        expect(flatten(chunks)).toEqual(model)
        expect(chunks.every((piece) => piece.length > 0 && piece.length <= 64)).toBe(true)
        model.forEach((value) => {
          const found = findLast(chunks, (candidate) => candidate === value)
          expect(found && at(chunks, found)).toBe(value)
        })
      }),
      { numRuns: 100 },
    )
  })
})
