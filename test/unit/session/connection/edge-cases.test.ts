import {
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  type RestoredEvent,
  type SessionOptions,
  type SessionSnapshot,
  selectItems,
  selectSegments,
  type Transport,
  TransportError,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createDeferred } from '../../../../src/internal/deferred.js'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { fakeTransport } from '../../../support/fake-transport.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const greeting: Json = { type: 'session.created', session: sessionResource }
const updated: Json = { type: 'session.updated', session: sessionResource }
const speechStarted: Json = { type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'u' }
const types = (events: readonly Json[]) => events.map(({ type }) => type)
const response = (id: string, metadata: unknown = null) => ({
  id,
  object: 'realtime.response',
  status: 'in_progress',
  status_details: null,
  output: [],
  conversation_id: 'conv',
  usage: null,
  metadata,
})
const added = (item: Json): Json => ({ type: 'conversation.item.added', previous_item_id: null, item })
const message = (id: string, role: string, content: unknown[]): Json => ({
  id,
  type: 'message',
  role,
  status: 'completed',
  content,
})

/** What a test may change of the transport below the session. */
type Change = (inner: Transport) => Partial<Pick<Transport, 'send' | 'close' | 'bufferedAmount'>>

async function connected(options: Partial<SessionOptions> = {}, change: Change = () => ({}), session?: 'joined') {
  const server = droppable('events', session)
  const changes = change(server.transport)
  const transport: Transport = {
    ...server.transport,
    get state() {
      return server.transport.state
    },
    get bufferedAmount() {
      return changes.bufferedAmount ?? 0
    },
    ...(changes.send && { send: changes.send }),
    ...(changes.close && { close: changes.close }),
  }
  const clock = createManualClock()
  const created = createSession({ transport, clock, ...options })
  const connecting = created.connect()
  await settle()
  server.sendEvents(session === 'joined' ? updated : greeting)
  await settle()
  if (options.config) server.sendEvents(updated)
  await connecting
  return { ...server, session: created, clock, last: () => server.connections.at(-1) ?? [] }
}

/** Plays the start of a response. */
function playSome({ session, sendEvents }: Awaited<ReturnType<typeof connected>>): void {
  sendEvents({ type: 'response.created', response: response('r') }, added(message('a', 'assistant', [])), {
    type: 'response.output_audio.delta',
    response_id: 'r',
    item_id: 'a',
    output_index: 0,
    content_index: 0,
    delta: Buffer.alloc(48_000).toString('base64'),
  })
  session.playback.enqueued({ itemId: 'a' })
  session.playback.played({ itemId: 'a' }, 200)
}

describe('a closing session', () => {
  it('accepts events that the server still sends', async () => {
    const farewell = createDeferred<void>()
    const peer = await connected({}, () => ({ close: () => farewell.promise }))
    playSome(peer)
    const failures: unknown[] = []
    const onError = (error: unknown) => failures.push(error)
    process.on('uncaughtException', onError)
    const closing = peer.session.close()
    peer.sendEvents(speechStarted)
    await settle()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('uncaughtException', onError)
    farewell.resolve()
    await closing
    expect(failures).toEqual([])
  })

  it('has nothing to interrupt after it has closed', async () => {
    const peer = await connected()
    playSome(peer)
    await peer.session.close()
    expect(() => peer.session.interrupt()).not.toThrow()
  })

  it('can be interrupted before it is connected', () => {
    const session = createSession({ transport: droppable().transport })
    session.playback.enqueued({ itemId: 'a' })
    expect(session.interrupt()).toBeUndefined()
  })

  it('is closed by the second call when the first was refused', async () => {
    const peer = await connected({}, (inner) => ({
      async close(code = 1000, reason = '') {
        if (code === 999) throw new TransportError('INVALID_OPTION', { option: 'code', problem: 'is wrong' })
        await inner.close(code, reason)
      },
    }))
    const first = peer.session.close(999)
    const second = peer.session.close()
    await expect(first).rejects.toThrow('code')
    await settle()
    expect(peer.session.getState().status).toBe('closed')
    await second
  })

  it('rejects drained() after it has closed', async () => {
    const peer = await connected({}, () => ({ bufferedAmount: 5_000_000 }))
    await peer.session.close()
    await expect(peer.session.audio.drained()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(peer.clock.pending).toBe(0)
  })

  it('leaves no connection open when it is closed during rotate()', async () => {
    const inner = fakeTransport((attempt) => attempt === 1 && queueMicrotask(() => inner.accept()))
    const farewell = createDeferred<void>()
    let closes = 0
    const transport: Transport = {
      audio: 'events',
      bufferedAmount: 0,
      get state() {
        return inner.state
      },
      open: inner.open,
      send: inner.send,
      on: inner.on,
      async close(code, reason) {
        closes += 1
        await farewell.promise
        await inner.close(code, reason)
      },
    }
    const session = createSession({ transport, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    inner.sendFrame(JSON.stringify({ event_id: 'e', ...greeting }))
    await connecting
    const rotating = session.rotate()
    await settle()
    const closing = session.close()
    farewell.resolve()
    await Promise.all([rotating, closing])
    await settle()
    expect(closes).toBe(2)
    expect(inner.opens).toBe(1)
    expect(await session.closed).toMatchObject({ code: 1000, initiator: 'client' })
  })

  it('reports the client as initiator when it is closed during rotate()', async () => {
    const inner = fakeTransport((attempt) => attempt === 1 && queueMicrotask(() => inner.accept()))
    const session = createSession({ transport: inner, clock: createManualClock() })
    const connecting = session.connect()
    await settle()
    inner.sendFrame(JSON.stringify({ event_id: 'e', ...greeting }))
    await connecting
    const rotating = session.rotate()
    await settle()
    expect(inner.opens).toBe(2)
    await session.close(1000, 'bye')
    await rotating
    expect(await session.closed).toMatchObject({ code: 1000, reason: 'bye', initiator: 'client' })
    expect(inner.state).toBe('closed')
    expect(inner.listeners).toBe(0)
  })
})

describe('the end of a session', () => {
  it('closes the connection when the session could not be restored', async () => {
    const peer = await connected({ config: { instructions: 'x' } })
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    const [update] = peer.last()
    peer.sendEvents({
      type: 'error',
      error: { type: 'invalid_request_error', code: 'no', message: 'no', param: null, event_id: update?.event_id },
    })
    await settle()
    expect(peer.session.getState().status).toBe('closed')
    expect(peer.transport.state).toBe('closed')
  })

  it('does not have an earlier server error as its reason', async () => {
    const peer = await connected()
    peer.sendEvents(
      {
        type: 'error',
        error: { type: 'invalid_request_error', code: 'item_not_found', message: 'no', param: null, event_id: null },
      },
      { type: 'response.created', response: response('r') },
    )
    peer.giveUp({ code: 1006, reason: '', wasClean: false })
    expect((await peer.session.closed).error).toBeUndefined()
  })
})

describe('a response', () => {
  it('that a listener cancels at once is cancelled once, and leaves no timer', async () => {
    const peer = await connected()
    peer.session.on('response', (handle) => handle.cancel())
    peer.sendEvents({ type: 'response.created', response: response('r') })
    expect(types(peer.last()).filter((type) => type === 'response.cancel')).toHaveLength(1)
    await peer.session.close()
    expect(peer.clock.pending).toBe(0)
  })

  it('that was not requested before a drop is requested on the next connection', async () => {
    let bufferedAmount = 0
    const peer = await connected({}, () => ({
      get bufferedAmount() {
        return bufferedAmount
      },
    }))
    bufferedAmount = 5_000_000
    peer.session.audio.append('AAAA')
    const handle = peer.session.respond()
    expect(types(peer.last())).not.toContain('response.create')
    const outcomes: unknown[] = []
    handle.done.then((outcome) => outcomes.push(outcome))
    peer.drop()
    bufferedAmount = 0
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    const creates = peer.last().filter(({ type }) => type === 'response.create')
    expect(creates).toHaveLength(1)
    expect(outcomes).toEqual([])
    const asked = creates[0]?.response as { metadata: unknown }
    peer.sendEvents({ type: 'response.created', response: response('r', asked.metadata) })
    expect(handle.id).toBe('r')
    await peer.session.close()
  })

  it('out of band does not wait for the conversation after a drop', async () => {
    const peer = await connected()
    peer.drop()
    peer.session.respond()
    peer.session.respond({ conversation: 'none' })
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    expect(types(peer.last())).toEqual(['response.create', 'response.create'])
    await peer.session.close()
  })
})

describe('after a drop', () => {
  it('an item that cannot be restored does not prevent others', async () => {
    const server = droppable()
    const stateOf = (id: string, item: object) => ({
      id,
      item: { id, ...item },
      responseId: undefined,
      status: 'completed',
      transcription: 'none',
      truncatedAtMs: undefined,
      playedText: undefined,
    })
    const items = [
      stateOf('c', { type: 'function_call', call_id: 'call', arguments: '{}' }),
      stateOf('o', { type: 'function_call_output', call_id: 'call', output: 'x' }),
      stateOf('u', { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }),
    ]
    const session = createSession({
      transport: server.transport,
      clock: createManualClock(),
      snapshot: { version: 1, items } as unknown as SessionSnapshot,
    })
    const restored: RestoredEvent[] = []
    session.on('restored', (event) => restored.push(event))
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await settle()
    for (const { item } of server.connections[0] ?? []) server.sendEvents(added(item as Json))
    await connecting
    await settle()
    expect(restored).toEqual([{ itemIds: ['o', 'u'], lost: [{ itemId: 'c', reason: 'refused' }], droppedAppends: 0 }])
    await session.close()
  })

  it('text of restored items is not duplicated', async () => {
    const peer = await connected()
    peer.sendEvents(
      added(
        message('u', 'user', [
          { type: 'input_audio', transcript: null },
          { type: 'input_text', text: 'x' },
        ]),
      ),
    )
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    peer.sendEvents(added({ ...(peer.last()[0]?.item as Json), status: 'completed' }))
    await settle()
    const [item] = selectItems(peer.session.getState())
    expect(JSON.stringify(item?.item).match(/"x"/g)).toHaveLength(1)
    await peer.session.close()
  })

  it('leaves no timer when a subscriber closes it at a response.created', async () => {
    const peer = await connected()
    const undo = peer.session.subscribe(() => {
      undo()
      void peer.session.close()
    })
    peer.sendEvents({ type: 'response.created', response: response('r') })
    await settle()
    expect(peer.session.getState().status).toBe('closed')
    expect(peer.clock.pending).toBe(0)
  })

  it('an item is sent once when a subscriber rotates at its acknowledgement', async () => {
    const peer = await connected()
    const created = peer.session.items.create({
      id: 'x',
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'x' }],
    })
    const undo = peer.session.subscribe(() => {
      undo()
      void peer.session.rotate()
    })
    peer.sendEvents(added(message('x', 'user', [{ type: 'input_text', text: 'x' }])))
    await created
    await settle()
    peer.sendEvents(greeting)
    await settle()
    peer.sendEvents(added(message('x', 'user', [{ type: 'input_text', text: 'x' }])))
    await settle()
    expect(peer.connections).toHaveLength(2)
    expect(types(peer.last())).toEqual(['conversation.item.create'])
    await peer.session.close()
  })

  it('a frame that the transport refuses ends neither the session nor blocks later frames', async () => {
    const peer = await connected({}, (inner) => ({
      send(frame) {
        if (frame.length > 10_000)
          throw new TransportError('FRAME_TOO_LARGE', { bytes: frame.length, limitBytes: 10_000 })
        inner.send(frame)
      },
    }))
    peer.drop()
    const large = peer.session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'x'.repeat(20_000) }],
    })
    large.catch(() => {})
    peer.session.send({ type: 'input_audio_buffer.clear' })
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    expect(peer.session.getState().status).toBe('open')
    expect(types(peer.last())).toEqual(['input_audio_buffer.clear'])
    await expect(large).rejects.toMatchObject({ code: 'FRAME_TOO_LARGE' })
    await peer.session.close()
  })

  it('a joined session does not resend requests that it may have received', async () => {
    const peer = await connected({}, undefined, 'joined')
    const created = peer.session.items.create({
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'x' }],
    })
    const changed = peer.session.update({ instructions: 'y' })
    changed.catch(() => {})
    peer.drop()
    await expect(created).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    peer.restore()
    await settle()
    peer.sendEvents(updated)
    await settle()
    expect(types(peer.last())).toEqual(['session.update', 'session.update'])
    await peer.session.close()
  })

  it('an event that is sent at session.created follows the history of a snapshot', async () => {
    const server = droppable()
    const session = createSession({
      transport: server.transport,
      clock: createManualClock(),
      snapshot: {
        version: 1,
        items: [
          {
            id: 'old',
            item: { id: 'old', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'old' }] },
            responseId: undefined,
            status: 'completed',
            transcription: 'none',
            truncatedAtMs: undefined,
            playedText: undefined,
          },
        ],
      },
    })
    session.on('session.created', () => {
      session.send({
        type: 'conversation.item.create',
        item: { id: 'new', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'new' }] },
      })
    })
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await settle()
    server.sendEvents(added(message('old', 'user', [{ type: 'input_text', text: 'old' }])))
    await connecting
    const items = (server.connections[0] ?? []).map(({ item }) => (item as Json | undefined)?.id)
    expect(items).toEqual(['old', 'new'])
    await session.close()
  })

  it('an event that is sent at the end of the restore is sent once', async () => {
    for (let ticks = 0; ticks < 20; ticks++) {
      const peer = await connected({ config: { instructions: 'x' } })
      peer.drop()
      peer.restore()
      peer.sendEvents(greeting)
      await settle()
      peer.sendEvents(updated)
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      peer.session.send({ type: 'input_audio_buffer.clear' })
      await settle()
      expect(types(peer.last()), `after ${ticks} ticks`).toEqual(['session.update', 'input_audio_buffer.clear'])
      await peer.session.close()
    }
  })

  it.each(['drop', 'close', 'abort'] as const)('a %s at the end of the handshake takes effect', async (how) => {
    for (let ticks = 0; ticks < 20; ticks++) {
      const server = droppable()
      const session = createSession({ transport: server.transport, clock: createManualClock() })
      const abort = new AbortController()
      const statuses: string[] = []
      session.subscribe(() => statuses.push(session.getState().status))
      const connecting = session.connect({ signal: abort.signal })
      connecting.catch(() => {})
      await settle()
      server.sendEvents(greeting)
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      if (how === 'drop') server.drop()
      if (how === 'close') void session.close()
      if (how === 'abort') abort.abort(new Error('enough'))
      await settle()
      await settle()
      if (how === 'drop') expect(['connecting', 'reconnecting']).toContain(session.getState().status)
      if (how === 'close') expect(session.getState().status, `${ticks}`).toBe('closed')
      if (how === 'abort')
        expect(session.getState().status, `${ticks}`).toBe(
          await connecting.then(
            () => 'open',
            () => 'idle',
          ),
        )
      await session.close()
    }
  })
})

describe('audio', () => {
  it('that followed an acknowledged commit is sent to the next server', async () => {
    const peer = await connected()
    peer.session.audio.append('AAAA')
    const committed = peer.session.audio.commit()
    peer.session.audio.append('BBBB')
    peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'u', previous_item_id: null })
    await committed
    peer.session.audio.append('CCCC')
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    expect(peer.last().map(({ audio }) => audio)).toEqual(['BBBB', 'CCCC'])
    await peer.session.close()
  })

  it('is not kept for a commit that was refused', async () => {
    const peer = await connected()
    peer.session.audio.append('AAAA')
    const refused = peer.session.audio.commit()
    const event_id = peer.last().at(-1)?.event_id
    const error = { type: 'invalid_request_error', code: 'input_audio_buffer_commit_empty', message: 'no', param: null }
    peer.sendEvents({ type: 'error', error: { ...error, event_id } })
    await expect(refused).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    peer.session.audio.append('BBBB')
    peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'u', previous_item_id: null })
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    expect(peer.last()).toEqual([])
    await peer.session.close()
  })

  it('of two commits is acknowledged by its own', async () => {
    const peer = await connected()
    peer.session.audio.append('AAAA')
    const first = peer.session.audio.commit()
    peer.session.audio.append('BBBB')
    const second = peer.session.audio.commit()
    second.catch(() => {})
    peer.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'u', previous_item_id: null })
    await first
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    expect(peer.last().map(({ type, audio }) => audio ?? type)).toEqual(['BBBB'])
    await expect(second).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await peer.session.close()
  })
})

describe('ids that are names of object members', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('work like other ids: %s', async (id) => {
    const peer = await connected()
    const seen: string[] = []
    peer.session.on('response', (handle) => seen.push(String(handle.id)))
    peer.sendEvents(
      { type: 'response.created', response: response(id) },
      {
        type: 'response.output_item.added',
        response_id: id,
        output_index: 0,
        item: message(id, 'assistant', []),
      },
      added(message(id, 'assistant', [])),
      {
        type: 'response.output_text.delta',
        response_id: id,
        item_id: id,
        output_index: 0,
        content_index: 0,
        delta: 'hi',
      },
    )
    const state = peer.session.getState()
    expect(seen).toEqual([id])
    expect(state.responses.order).toEqual([id])
    expect(selectItems(state)).toMatchObject([{ id, item: { content: [{ type: 'output_text', text: 'hi' }] } }])
    peer.sendEvents({ type: 'response.done', response: { ...response(id), status: 'completed' } })
    expect(Object.hasOwn(peer.session.getState().responses.byId, id)).toBe(true)
    peer.sendEvents({
      type: 'conversation.item.input_audio_transcription.delta',
      item_id: id,
      content_index: 0,
      delta: 'x',
    })
    await peer.session.close()
  })

  it.each(['__proto__', 'constructor'])('work for early transcripts: %s', async (id) => {
    const peer = await connected()
    peer.sendEvents({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: id,
      content_index: 0,
      transcript: 'hello',
      usage: { type: 'duration', seconds: 1 },
    })
    peer.sendEvents(added(message(id, 'user', [{ type: 'input_audio', transcript: null }])))
    expect(selectItems(peer.session.getState())).toMatchObject([{ id, item: { content: [{ transcript: 'hello' }] } }])
    await peer.session.close()
  })
})

describe('transcription and translation sessions', () => {
  const transcribing = {
    type: 'transcription',
    object: 'realtime.transcription_session',
    id: 'sess_1',
    expires_at: 0,
    audio: { input: { turn_detection: null } },
  }

  it('keep after a drop the configuration that was changed meanwhile', async () => {
    const server = droppable()
    const session = createTranscriptionSession({
      transport: server.transport,
      clock: createManualClock(),
      config: { audio: { input: { transcription: { model: 'a' } } } },
    })
    const changedTo = (events: Json[]) => JSON.stringify(events.at(-1))
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: transcribing })
    await settle()
    server.sendEvents({ type: 'session.updated', session: transcribing })
    await connecting
    const changing = session.update({ audio: { input: { transcription: { model: 'b' } } } })
    server.sendEvents({ type: 'session.updated', session: transcribing })
    await changing
    server.drop()
    server.restore()
    server.sendEvents({ type: 'session.created', session: transcribing })
    await settle()
    expect(changedTo(server.connections[1] ?? [])).toContain('"b"')
    await session.close()
  })

  it('keep after a drop the language that was changed meanwhile', async () => {
    const server = droppable()
    const session = createTranslationSession({
      transport: server.transport,
      clock: createManualClock(),
      config: { audio: { output: { language: 'fr' } } },
    })
    const resource = {
      id: 's',
      type: 'translation',
      object: 'realtime.translation_session',
      model: 'm',
      expires_at: 0,
      audio: { input: {}, output: { language: 'fr' } },
    }
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: resource })
    await settle()
    server.sendEvents({ type: 'session.updated', session: resource })
    await connecting
    const changing = session.update({ audio: { output: { language: 'de' } } })
    server.sendEvents({ type: 'session.updated', session: resource })
    await changing
    server.drop()
    server.restore()
    server.sendEvents({ type: 'session.created', session: resource })
    await settle()
    expect(JSON.stringify(server.connections[1])).toContain('"de"')
    await session.close()
  })

  it('report turns whose transcript a drop has lost, and do not wait for them', async () => {
    const server = droppable()
    const clock = createManualClock()
    const session = createTranscriptionSession({ transport: server.transport, clock })
    const restored: RestoredEvent[] = []
    session.on('restored', (event) => restored.push(event))
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: transcribing })
    await connecting
    server.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'one', previous_item_id: null })
    server.drop()
    server.restore()
    server.sendEvents({ type: 'session.created', session: transcribing })
    await settle()
    expect(selectSegments(session.getState())).toMatchObject([{ itemId: 'one', status: 'failed' }])
    expect(restored).toEqual([{ itemIds: [], lost: [{ itemId: 'one', reason: 'no transcript' }], droppedAppends: 0 }])
    const finishing = session.finish()
    await settle()
    server.sendEvents({ type: 'input_audio_buffer.committed', item_id: 'two', previous_item_id: null })
    await settle()
    server.sendEvents({
      type: 'conversation.item.input_audio_transcription.completed',
      item_id: 'two',
      content_index: 0,
      transcript: 'hello',
      usage: { type: 'duration', seconds: 1 },
    })
    expect((await finishing).map(({ status }) => status)).toEqual(['failed', 'completed'])
  })
})
