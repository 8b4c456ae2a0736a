import {
  createSession,
  type Guardrail,
  type GuardrailOptions,
  holdBack,
  isGuardrailError,
  type OutputTripped,
  runGuardrails,
  type Verdict,
} from 'realtime-primitives'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createDeferred, type Deferred } from '../../../../src/internal/deferred.js'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../../support/peer.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

const blocksBad: Guardrail<{ at: number }> = {
  name: 'bad',
  check: ({ text }) =>
    text.includes('bad') ? { tripped: true, info: { at: text.indexOf('bad') } } : { tripped: false },
}

const created = (id: string, metadata?: unknown, conversation: string | null = 'conv_1'): Json => ({
  type: 'response.created',
  response: {
    id,
    object: 'realtime.response',
    status: 'in_progress',
    output: [],
    conversation_id: conversation,
    ...(metadata ? { metadata } : {}),
  },
})
const done = (id: string, status = 'completed'): Json => ({
  type: 'response.done',
  response: { id, object: 'realtime.response', status, output: [], conversation_id: 'conv_1' },
})
const place = (response_id: string, item_id: string) => ({ response_id, item_id, output_index: 0, content_index: 0 })
const said = (response: string, delta: string): Json => ({
  type: 'response.output_audio_transcript.delta',
  ...place(response, `item_${response}`),
  delta,
})
const saidAll = (response: string, transcript: string): Json => ({
  type: 'response.output_audio_transcript.done',
  ...place(response, `item_${response}`),
  transcript,
})

async function setUp(
  guardrails: readonly Guardrail<{ at: number }>[] = [blocksBad],
  options: GuardrailOptions<{ at: number }> = {},
) {
  const peer = createPeer({ responseTimeoutMs: Number.POSITIVE_INFINITY })
  await peer.connect()
  const tripped: OutputTripped<{ at: number }>[] = []
  const { stop } = runGuardrails(peer.session, guardrails, {
    onTripped: (event) => tripped.push(event),
    ...options,
  })
  const sent = (type: string) => peer.sentEvents.filter((event) => event.type === type)
  return { ...peer, stop, tripped, sent }
}

/** A guardrail whose verdicts are in the hands of the test, by response. */
function manual() {
  const verdicts = new Map<string, Deferred<Verdict<{ at: number }>>>()
  const guardrail: Guardrail<{ at: number }> = {
    name: 'manual',
    check({ responseId = '' }) {
      const verdict = createDeferred<Verdict<{ at: number }>>()
      verdicts.set(responseId, verdict)
      return verdict.promise
    },
  }
  return { guardrail, trip: (id: string) => verdicts.get(id)?.resolve({ tripped: true }) }
}

describe('runGuardrails', () => {
  it('stops a response at the sentence that trips, and emits the details', async () => {
    const { sendEvents, tripped, sent, session } = await setUp()
    await sendEvents(created('r'), said('r', 'All is well. That is bad'), said('r', ' news. And'))
    expect(sent('response.cancel')).toMatchObject([{ response_id: 'r' }])
    expect(tripped).toMatchObject([
      {
        guardrail: 'bad',
        info: { at: 21 },
        text: 'All is well. That is bad news. ',
        isFinal: false,
        source: 'transcript',
        responseId: 'r',
        itemId: 'item_r',
        action: 'interrupt',
        reason: 'verdict',
      },
    ])
    expect(isGuardrailError(tripped[0]?.error, 'TRIPPED')).toBe(true)
    expect(JSON.stringify(tripped[0]?.error) + tripped[0]?.error.shortMessage).not.toContain('news')
    await sendEvents(said('r', ' bad bad. bad. '), saidAll('r', 'bad'), done('r', 'cancelled'))
    expect(tripped).toHaveLength(1)
    await session.close()
  })

  it('checks text responses', async () => {
    const { sendEvents, tripped } = await setUp()
    const event = { ...place('r', 'i'), delta: 'This is bad. Or' }
    await sendEvents(created('r'), { type: 'response.output_text.delta', ...event })
    expect(tripped).toMatchObject([{ source: 'text', text: 'This is bad. ' }])
    const other = await setUp()
    await other.sendEvents(created('r'), { type: 'response.output_text.done', ...place('r', 'i'), text: 'bad' })
    expect(other.tripped).toMatchObject([{ source: 'text', isFinal: true }])
  })

  it('does not stop a newer response on a late verdict', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, tripped, sent } = await setUp([guardrail], { action: { explain: 'Say sorry.' } })
    await sendEvents(created('old'), saidAll('old', 'bad'), done('old'), created('new'), said('new', 'Fine'))
    trip('old')
    await settle()
    expect(tripped).toMatchObject([{ responseId: 'old', action: 'none' }])
    expect(sent('response.cancel')).toEqual([])
    expect(sent('response.create')).toEqual([])
  })

  it('stops playback of a response that is done on the server', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, tripped, sent, session } = await setUp([guardrail])
    const part = { itemId: 'item_r', contentIndex: 0 }
    const item = { id: 'item_r', type: 'message', role: 'assistant', content: [] }
    await sendEvents(created('r'), { type: 'conversation.item.added', item, previous_item_id: null })
    await sendEvents({ type: 'response.output_audio.delta', ...place('r', 'item_r'), delta: 'A'.repeat(6400) })
    session.playback.enqueued(part)
    session.playback.played(part, 40)
    await sendEvents(saidAll('r', 'bad'), done('r'))
    trip('r')
    await settle()
    expect(tripped).toMatchObject([{ action: 'interrupt' }])
    expect(sent('conversation.item.truncate')).toMatchObject([{ item_id: 'item_r', audio_end_ms: 40 }])
  })

  it('does not stop the playback of an earlier response when a text response trips', async () => {
    const { sendEvents, tripped, sent, session } = await setUp()
    const item = { id: 'item_r', type: 'message', role: 'assistant', content: [] }
    await sendEvents(created('r'), { type: 'conversation.item.added', item, previous_item_id: null })
    await sendEvents({ type: 'response.output_audio.delta', ...place('r', 'item_r'), delta: 'A'.repeat(6400) })
    await sendEvents(saidAll('r', 'All is well.'), done('r'))
    session.playback.enqueued({ itemId: 'item_r' })
    session.playback.played({ itemId: 'item_r' }, 40)
    await sendEvents(created('s'), {
      type: 'response.output_text.delta',
      ...place('s', 'item_s'),
      delta: 'This is bad. Or not.',
    })
    expect(tripped).toMatchObject([{ action: 'interrupt', responseId: 's' }])
    expect(sent('response.cancel')).toMatchObject([{ response_id: 's' }])
    expect(sent('conversation.item.truncate')).toEqual([])
    expect(session.playback.enqueued({ itemId: 'item_r' })).toBe(true)
  })

  it('cancels no requested response when a verdict on the finished one comes late', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, sent, session } = await setUp([guardrail])
    await sendEvents(created('r'), saidAll('r', 'bad'), done('r'))
    const next = session.respond()
    await settle()
    trip('r')
    await settle()
    const asked = sent('response.create').map(({ response }) => response as Json)
    await sendEvents(created('s', asked[0]?.metadata))
    expect(next.id).toBe('s')
    expect(sent('response.cancel')).toEqual([])
  })

  it('does nothing when the caller has already interrupted the response', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, tripped, sent } = await setUp([guardrail], { action: { explain: 'Say sorry.' } })
    await sendEvents(created('r'), saidAll('r', 'bad'), done('r', 'cancelled'))
    trip('r')
    await settle()
    expect(tripped).toMatchObject([{ action: 'none' }])
    expect(sent('response.create')).toEqual([])
  })

  it('requests one explanation with the instructions of the app when the response is done', async () => {
    const { sendEvents, tripped, sent, expectSent } = await setUp([blocksBad], { action: { explain: 'Say sorry.' } })
    await sendEvents(created('r'), saidAll('r', 'bad'))
    expect(sent('response.create')).toEqual([])
    await sendEvents(done('r', 'cancelled'))
    const { response } = (await expectSent('response.create')) as { response?: { metadata?: unknown } }
    expect(response).toMatchObject({ instructions: 'Say sorry.', tool_choice: 'none' })
    await sendEvents(created('e', response?.metadata), saidAll('e', 'Too bad.'))
    await sendEvents(done('e', 'cancelled'))
    expect(tripped.map(({ action }) => action)).toEqual(['explain', 'interrupt'])
    expect(sent('response.create')).toHaveLength(1)
    expect(sent('response.cancel')).toHaveLength(2)
  })

  it('requests no explanation of an explanation', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, tripped, sent, expectSent } = await setUp([guardrail], { action: { explain: () => ({}) } })
    await sendEvents(created('r'), saidAll('r', 'bad'))
    trip('r')
    await settle()
    await sendEvents(done('r', 'cancelled'))
    const { response } = (await expectSent('response.create')) as { response?: { metadata?: unknown } }
    await sendEvents(created('e', response?.metadata), saidAll('e', 'bad'), done('e'))
    trip('e')
    await settle()
    expect(tripped.map(({ action }) => action)).toEqual(['explain', 'interrupt'])
    expect(sent('response.create')).toHaveLength(1)
  })

  it.each([
    ['requests no explanation while the user speaks', true, ['interrupt'], 0],
    ['requests an explanation while the user speaks without interrupting', false, ['explain'], 1],
  ])('%s', async (_what, interrupt_response, actions, requests) => {
    const { guardrail, trip } = manual()
    const { sendEvents, tripped, sent } = await setUp([guardrail], { action: { explain: 'Say sorry.' } })
    const turn_detection = { type: 'server_vad', interrupt_response }
    await sendEvents(
      { type: 'session.updated', session: { ...sessionResource, audio: { input: { turn_detection } } } },
      ...[created('r'), saidAll('r', 'bad'), done('r')],
      { type: 'input_audio_buffer.speech_started', item_id: 'u', audio_start_ms: 0 },
    )
    trip('r')
    await settle()
    expect(tripped.map(({ action }) => action)).toEqual(actions)
    expect(sent('response.create')).toHaveLength(requests)
  })

  it('cancels an explanation that waits when the user speaks', async () => {
    const { sendEvents, tripped, sent } = await setUp([blocksBad], { action: { explain: 'Say sorry.' } })
    await sendEvents(created('r'), saidAll('r', 'bad'))
    await sendEvents({ type: 'input_audio_buffer.speech_started', item_id: 'u', audio_start_ms: 0 })
    await sendEvents(done('r', 'cancelled'))
    expect(tripped.map(({ action }) => action)).toEqual(['explain'])
    expect(sent('response.create')).toEqual([])
  })

  it('calls the app for the explanation request, and handles its exception', async () => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    const { sendEvents, sent } = await setUp([blocksBad], {
      action: { explain: ({ info }) => ({ instructions: `At ${info?.at}.`, output_modalities: ['text'] }) },
      onTripped() {
        throw new Error('the app')
      },
    })
    await sendEvents(created('r'), saidAll('r', 'so bad'))
    await sendEvents(done('r', 'cancelled'))
    expect(sent('response.create')).toMatchObject([
      { response: { instructions: 'At 3.', output_modalities: ['text'] } },
    ])
    const other = await setUp([blocksBad], {
      action: {
        explain() {
          throw new Error('the app')
        },
      },
    })
    await other.sendEvents(created('r'), saidAll('r', 'so bad'))
    expect(other.tripped).toMatchObject([{ action: 'interrupt' }])
    expect(reported).toEqual([new Error('the app'), new Error('the app')])
  })

  it("only reports with the action 'report'", async () => {
    const { sendEvents, tripped, sent } = await setUp([blocksBad], { action: 'report' })
    await sendEvents(created('r'), said('r', 'Too bad. But'), saidAll('r', 'Too bad. But bad.'), done('r'))
    expect(tripped).toMatchObject([{ action: 'report' }])
    expect(sent('response.cancel')).toEqual([])
  })

  it('stops only the out-of-band response that trips', async () => {
    const { sendEvents, tripped, sent } = await setUp([blocksBad], { action: { explain: 'Say sorry.' } })
    await sendEvents(created('r'), created('aside', undefined, null), saidAll('aside', 'bad'))
    expect(sent('response.cancel')).toMatchObject([{ response_id: 'aside' }])
    expect(tripped).toMatchObject([{ action: 'interrupt' }])
    await sendEvents(done('aside', 'cancelled'), done('r'))
    expect(sent('response.create')).toEqual([])
  })

  it("reports errors of a guardrail with onFailure 'open'", async () => {
    const failures: unknown[] = []
    const broken: Guardrail<{ at: number }> = { name: 'broken', onFailure: 'open', check: () => Promise.reject('no') }
    const { sendEvents, tripped } = await setUp([broken], { onFailed: (event) => failures.push(event) })
    await sendEvents(created('r'), saidAll('r', 'bad'), done('r'))
    expect(tripped).toEqual([])
    expect(failures).toEqual([
      { guardrail: 'broken', reason: 'threw', failure: 'no', responseId: 'r', itemId: 'item_r' },
    ])
  })

  it('stop: cancels pending checks, and leaves no timer', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, tripped, stop, clock } = await setUp([guardrail], { debounceMs: 50 })
    await sendEvents(created('r'), saidAll('r', 'bad'))
    await clock.advance(50)
    stop()
    stop()
    trip('r')
    await sendEvents(created('s'), saidAll('s', 'bad'))
    expect(tripped).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('leaves no timer when the session ends', async () => {
    const { guardrail } = manual()
    const { sendEvents, clock, session, hangUp } = await setUp([guardrail])
    await sendEvents(created('r'), saidAll('r', 'bad'))
    expect(clock.pending).toBe(1)
    await hangUp()
    await session.closed
    expect(clock.pending).toBe(0)
  })

  it('cancels checks when the connection is lost', async () => {
    const { guardrail, trip } = manual()
    const server = droppable()
    const session = createSession({ transport: server.transport })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const tripped: unknown[] = []
    runGuardrails(session, [guardrail], { onTripped: (event) => tripped.push(event) })
    server.sendEvents(created('r'), saidAll('r', 'bad'))
    await settle()
    server.drop()
    trip('r')
    await settle()
    expect(tripped).toEqual([])
    await session.close()
  })

  it('rejects invalid options with INVALID_OPTION', async () => {
    await expect(setUp([], { debounceMs: -1 })).rejects.toThrow('The option "debounceMs" must be 0 or more.')
    await expect(setUp([{ ...blocksBad, deadlineMs: Number.POSITIVE_INFINITY }])).rejects.toThrow(
      'The option "deadlineMs of bad" must be more than 0 and finite.',
    )
  })
})

describe('runGuardrails with holdBack', () => {
  /** 24 kHz PCM16: 64 characters of base64 a millisecond. */
  const sound = (response: string, ms: number): Json => ({
    type: 'response.output_audio.delta',
    ...place(response, `item_${response}`),
    delta: 'A'.repeat(64 * ms),
  })
  const soundDone = (response: string): Json => ({
    type: 'response.output_audio.done',
    ...place(response, `item_${response}`),
  })
  const added = (response: string): Json[] => {
    const item = { id: `item_${response}`, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
    return [
      { type: 'response.output_item.added', response_id: response, output_index: 0, item },
      { type: 'conversation.item.added', item, previous_item_id: null },
    ]
  }

  async function setUpHeld(options: GuardrailOptions<{ at: number }> = {}, guardrail = blocksBad) {
    const server = droppable()
    const gate = holdBack({ release: 'sentence' })
    const session = createSession({ transport: server.transport, stages: [gate] })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const tripped: OutputTripped<{ at: number }>[] = []
    const start = () =>
      runGuardrails(session, [guardrail], { holdBack: gate, onTripped: (event) => tripped.push(event), ...options })
    const { stop } = start()
    const delivered: string[] = []
    session.on('response.output_audio.delta', ({ item_id, content_index, delta }) => {
      const part = { itemId: item_id, contentIndex: content_index }
      if (!session.playback.enqueued(part)) return
      delivered.push(item_id)
      session.playback.played(part, delta.length / 64)
    })
    const sendEvents = async (...events: Json[]) => {
      server.sendEvents(...events)
      await settle()
    }
    const sent = (type: string) => server.connections.flat().filter((event) => event.type === type)
    return { ...server, sendEvents, session, tripped, start, stop, delivered, sent }
  }

  it('truncates an item at the played time after it is done', async () => {
    const { sendEvents, tripped, delivered, sent, session } = await setUpHeld()
    await sendEvents(created('r'), ...added('r'), said('r', 'All is well. That'), sound('r', 30))
    await sendEvents(said('r', ' is bad.'), soundDone('r'), saidAll('r', 'All is well. That is bad.'), done('r'))
    expect(delivered).toEqual([])
    expect(tripped).toMatchObject([{ action: 'interrupt' }])
    expect(sent('conversation.item.delete')).toMatchObject([{ item_id: 'item_r' }])

    const other = await setUpHeld()
    await other.sendEvents(created('r'), ...added('r'), said('r', 'All is'), sound('r', 30), said('r', ' well. That'))
    expect(other.delivered).toEqual(['item_r'])
    await other.sendEvents(sound('r', 30), soundDone('r'), saidAll('r', 'All is well. That is bad.'), done('r'))
    expect(other.sent('conversation.item.truncate')).toMatchObject([{ item_id: 'item_r', audio_end_ms: 30 }])
    expect(other.sent('conversation.item.delete')).toEqual([])
    expect(other.delivered).toEqual(['item_r'])
    await session.close()
    await other.session.close()
  })

  it('deletes unplayed items before it requests an explanation', async () => {
    const { sendEvents, connections } = await setUpHeld({ action: { explain: 'Say sorry.' } })
    await sendEvents(created('r'), ...added('r'), sound('r', 30), saidAll('r', 'bad'), done('r'))
    expect(connections[0]?.map(({ type }) => type)).toEqual([
      'response.cancel',
      'conversation.item.delete',
      'response.create',
    ])
  })

  it('deletes held items on the next connection', async () => {
    const { sendEvents, drop, restore, connections, session, delivered } = await setUpHeld()
    await sendEvents(created('r'), ...added('r'), said('r', 'Half a'), sound('r', 30))
    drop()
    await settle()
    restore()
    await sendEvents({ type: 'session.created', session: { ...sessionResource, id: 'sess_2' } })
    for (let turn = 0; turn < 5; turn++) {
      const asked = connections[1]?.filter(({ type }) => type === 'conversation.item.create') ?? []
      await sendEvents(
        ...asked.map(({ item }): Json => ({ type: 'conversation.item.added', item, previous_item_id: null })),
      )
    }
    expect(connections[1]?.at(-1)).toMatchObject({ type: 'conversation.item.delete', item_id: 'item_r' })
    expect(delivered).toEqual([])
    await session.close()
  })

  it("releases audio without text only with onFailure 'open'", async () => {
    const { sendEvents, tripped, delivered } = await setUpHeld()
    await sendEvents(created('r'), ...added('r'), sound('r', 30), done('r'))
    expect(tripped).toMatchObject([{ reason: 'no words' }])
    expect(delivered).toEqual([])
    const open = await setUpHeld({}, { ...blocksBad, onFailure: 'open' })
    await open.sendEvents(created('r'), ...added('r'), sound('r', 30), done('r'))
    expect(open.delivered).toEqual(['item_r'])
  })

  it('drops audio while stopped, and can start again', async () => {
    const { sendEvents, stop, start, delivered } = await setUpHeld()
    expect(start).toThrow('Another runGuardrails() call already uses this holdBack()')
    stop()
    await sendEvents(created('r'), ...added('r'), said('r', 'Fine.'), sound('r', 30), saidAll('r', 'Fine.'), done('r'))
    expect(delivered).toEqual([])
    start()
    await sendEvents(created('s'), ...added('s'), said('s', 'Fine.'), sound('s', 30), saidAll('s', 'Fine.'), done('s'))
    expect(delivered).toEqual(['item_s'])
  })

  it('blocks a response that waits behind another one without other effects', async () => {
    const { guardrail, trip } = manual()
    const { sendEvents, delivered, sent, tripped } = await setUpHeld({}, guardrail)
    await sendEvents(created('r'), ...added('r'), sound('r', 30), saidAll('r', 'slow'), done('r'))
    await sendEvents(created('s'), sound('s', 30), saidAll('s', 'bad'), done('s'))
    trip('s')
    await settle()
    expect(tripped).toMatchObject([{ responseId: 's' }])
    expect(sent('response.cancel')).toEqual([])
    expect(delivered).toEqual([])
  })
})
