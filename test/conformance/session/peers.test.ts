import {
  createSession,
  reconnecting,
  type SessionOptions,
  selectItems,
  type Transport,
  webSocket,
} from 'realtime-primitives'
import { createEmulator, createManualClock } from 'realtime-primitives/testing'
import { serve } from 'realtime-primitives/testing/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { droppable } from '../../support/droppable.js'
import { flaky } from '../../support/flaky.js'
import { upgradeServer } from '../../support/loopback.js'
import { createPeer, type Json, type Peer, sessionResource, settle } from '../../support/peer.js'
import { http, setUpReconnecting } from '../../support/reconnecting.js'

// What was seen to fail in other clients holds here. This file is the list; the tests of each module say more.

const greeting: Json = { type: 'session.created', session: sessionResource }
const updated: Json = { type: 'session.updated', session: sessionResource }
const disposals: (() => Promise<void>)[] = []

afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

async function connected(options: Partial<SessionOptions> = {}): Promise<Peer> {
  const peer = createPeer(options)
  await peer.connect()
  return peer
}

/** A session over a transport that reconnects, of whose servers each is played by the test. */
async function droppableSession(options: Partial<SessionOptions> = {}) {
  const server = droppable()
  const session = createSession({ transport: server.transport, clock: createManualClock(), ...options })
  const connecting = session.connect()
  await settle()
  server.sendEvents(greeting)
  await settle()
  if (options.config) server.sendEvents(updated)
  await connecting
  return { ...server, session, last: () => server.connections.at(-1) ?? [] }
}

/** A real server that answers upgrades as the test says. */
async function upgrading(onUpgrade: Parameters<typeof upgradeServer>[0]): Promise<number> {
  const server = await upgradeServer(onUpgrade)
  disposals.push(() => server.close())
  return server.port
}

const updateTo = (instructions: string) =>
  ({ type: 'session.update', session: { type: 'realtime', instructions } }) as const
const instructionsOf = (events: readonly Json[]) =>
  events.filter(({ type }) => type === 'session.update').map(({ session }) => (session as Json).instructions)

describe('a connection', () => {
  it('delivers a session.update that is sent from an early session.created after a reconnect', async () => {
    const peer = await droppableSession({ config: { instructions: 'configured' } })
    peer.session.on('session.created', () => peer.session.send(updateTo('early')))
    peer.drop()
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    peer.sendEvents(updated)
    await settle()
    expect(instructionsOf(peer.last())).toEqual(['configured', 'early'])
  })

  it('sends new events after queued ones', async () => {
    const peer = await droppableSession({ config: { instructions: 'configured' } })
    peer.session.on('session.created', () => peer.session.send(updateTo('third')))
    peer.session.on('restored', () => peer.session.send(updateTo('fourth')))
    peer.drop()
    peer.session.send(updateTo('first'))
    peer.session.send(updateTo('second'))
    peer.restore()
    peer.sendEvents(greeting)
    await settle()
    peer.sendEvents(updated)
    await settle()
    expect(instructionsOf(peer.last())).toEqual(['configured', 'first', 'second', 'third', 'fourth'])
  })

  it('throws when an event is sent after close', async () => {
    const peer = await connected()
    await peer.session.close()
    expect(() => peer.session.send(updateTo('late'))).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await expect(peer.session.items.delete('late')).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await peer.session.respond().done).toMatchObject({ status: 'cancelled', reason: 'session_closed' })
  })

  it('times out when the server does not answer the handshake', async () => {
    const port = await upgrading(() => {})
    const transport = webSocket({ url: `ws://127.0.0.1:${port}/v1/realtime`, connectTimeoutMs: 100 })
    await expect(transport.open()).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT', data: { timeoutMs: 100 } })
    expect(transport.state).toBe('closed')
  })

  it('times out when the server sends no session.created', async () => {
    const peer = createPeer({ connectTimeoutMs: 500 })
    const outcome = expect(peer.session.connect()).rejects.toMatchObject({ code: 'TIMEOUT' })
    await peer.clock.advance(500)
    await outcome
    expect(peer.clock.pending).toBe(0)
  })

  it('reconnects when a peer disappears without a close frame', async () => {
    const deaf = new WebSocketServer({ noServer: true, autoPong: false, handleProtocols: () => 'realtime' })
    let handshakes = 0
    const port = await upgrading((request, socket, head) => {
      handshakes += 1
      deaf.handleUpgrade(request, socket, head, () => {})
    })
    const transport = reconnecting(
      webSocket({ url: `ws://127.0.0.1:${port}/v1/realtime`, heartbeatMs: 30, heartbeatTimeoutMs: 30 }),
      { minDelayMs: 0, maxDelayMs: 0 },
    )
    await transport.open()
    const lost = await new Promise((resolve) => transport.on('reconnecting', resolve))
    expect(lost).toMatchObject({ cause: { code: 1006, reason: 'heartbeat' } })
    await new Promise((resolve) => transport.on('open', () => resolve(undefined)))
    expect(handshakes).toBe(2)
    await transport.close()
  })

  it('calls the other listeners when one throws', async () => {
    const reported = vi.fn()
    vi.stubGlobal('reportError', reported)
    const peer = await connected()
    const failure = new Error('thrown by a listener')
    const after = vi.fn()
    for (const type of ['response.done', 'close'] as const)
      peer.session.on(type, () => {
        throw failure
      })
    peer.session.on('response.done', after)
    peer.session.on('close', after)
    const waiting = peer.session.waitFor('response.done')
    const handle = await asked(peer)
    await peer.sendEvents(created('resp_1', lastCreate(peer)), done('resp_1'))
    await waiting
    expect((await handle.done).status).toBe('completed')
    await peer.session.close()
    expect(after).toHaveBeenCalledTimes(2)
    expect(reported.mock.calls).toEqual([[failure], [failure]])
  })

  it.each([
    'close',
    'response',
    'interrupted',
    'expiring',
    'restored',
    'dropped',
    'invalid',
    'open',
    'message',
    'reconnecting',
    'event',
    '__proto__',
    'constructor',
    'hasOwnProperty',
  ])('emits only unknown for a server frame of the type "%s"', async (type) => {
    const peer = await connected()
    const local = vi.fn()
    const unknown = vi.fn()
    for (const name of ['close', 'response', 'interrupted', 'expiring', 'restored', 'dropped', 'invalid'] as const)
      peer.session.on(name, local)
    peer.session.on('unknown', unknown)
    await peer.sendFrame(`{"type":"${type}","event_id":"e","code":1000,"reason":"spoofed"}`)
    expect(local).not.toHaveBeenCalled()
    expect(unknown).toHaveBeenCalledOnce()
    expect(peer.session.getState().status).toBe('open')
  })

  it('emits only unknown for a frame of the type "unknown"', async () => {
    const peer = await connected()
    const unknown = vi.fn()
    peer.session.on('unknown', unknown)
    await peer.sendFrame('{"type":"unknown"}')
    expect(unknown).toHaveBeenCalledOnce()
  })

  it.each(['insufficient_quota', 'invalid_api_key', 'account_deactivated'])(
    'is not retried after the API error %s',
    async (code) => {
      const { inner, open, news } = setUpReconnecting()
      await open()
      inner.sendFrame(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', code, message: 'no' } }))
      inner.drop(1011)
      expect(news()).toEqual(['open', 'message', 'close'])
    },
  )

  it('restores all retry attempts after a stable time', async () => {
    const { clock, inner, open, transport, news } = setUpReconnecting(
      { maxAttempts: 2, stableMs: 1_000 },
      (attempt) => {
        if (attempt > 1) queueMicrotask(() => (attempt % 2 === 0 ? inner.refuse(http(503)) : inner.accept()))
      },
    )
    await open()
    for (let outage = 0; outage < 5; outage++) {
      await clock.advance(1_000)
      inner.drop(1006)
      await clock.advance(10_000)
      expect(transport.state).toBe('open')
    }
    expect(news().filter((type) => type === 'reconnecting')).toHaveLength(10)
  })

  it('honors Retry-After', async () => {
    const port = await upgrading((_request, socket) => {
      socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    })
    await expect(webSocket({ url: `ws://127.0.0.1:${port}/` }).open()).rejects.toMatchObject({
      data: { status: 429, retryAfterMs: 7_000 },
    })
    const { clock, inner, open } = setUpReconnecting({ maxDelayMs: 100 }, (attempt) => {
      if (attempt === 2) queueMicrotask(() => inner.refuse(http(429, 60_000)))
    })
    await open()
    inner.drop(1006)
    await clock.advance(60_000)
    expect(inner.opens).toBe(2)
    await clock.advance(200)
    expect(inner.opens).toBe(3)
  })

  it('checks bufferedAmount before it sends audio, and counts dropped audio', async () => {
    const server = droppable()
    let buffered = 0
    const transport: Transport = Object.create(server.transport, { bufferedAmount: { get: () => buffered } })
    const clock = createManualClock()
    const session = createSession({ transport, clock, highWaterMark: 1_000, maxWaitingAudioMs: 40 })
    const dropped = vi.fn()
    session.on('dropped', dropped)
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await connecting
    buffered = 1_001
    for (let chunk = 0; chunk < 5; chunk++) session.audio.append(new Int16Array(480))
    expect(server.connections[0]).toEqual([])
    buffered = 0
    await clock.advance(1_000)
    const sent = server.connections[0]?.length ?? 0
    const lost = dropped.mock.calls.reduce((sum, [{ appends }]) => sum + appends, 0)
    expect([sent > 0, lost > 0, sent + lost]).toEqual([true, true, 5])
    await session.close()
  })

  it.each(['ws', 'http'])('opens a WebSocket to a local server whose URL starts with %s:', async (scheme) => {
    const server = await serve(createEmulator({ latencyMs: 0 }))
    disposals.push(() => server.close())
    const url = new URL(server.url)
    const session = createSession({
      transport: webSocket({
        baseUrl: `${scheme}://localhost:${url.port}${url.pathname}`,
        apiKey: 'sk-1',
        model: 'gpt-realtime-2.1',
      }),
    })
    await session.connect()
    expect(session.getState().status).toBe('open')
    await session.close()
  })

  it('emits close once, whichever side closes', async () => {
    const ends = {
      client: (peer: Peer) => peer.session.close(),
      server: (peer: Peer) => peer.hangUp(1000),
      network: (peer: Peer) => peer.hangUp(1006),
    }
    for (const end of Object.values(ends)) {
      const peer = await connected()
      const closes = vi.fn()
      peer.session.on('close', closes)
      await end(peer)
      await peer.session.close()
      expect(closes).toHaveBeenCalledOnce()
    }
  })

  it('restores the history after a lost connection', async () => {
    const clock = createManualClock()
    const line = flaky(createEmulator({ clock, latencyMs: 0 }).connect({ model: 'gpt-realtime-2.1' }))
    const session = createSession({ transport: reconnecting(line.transport, { clock, random: () => 1 }), clock })
    const restored = vi.fn()
    session.on('restored', restored)
    const connecting = session.connect()
    await clock.advance(10)
    await connecting
    const told = session.items.create({ ...hello, id: 'item_hello' })
    await clock.advance(10)
    await told
    line.cut()
    await clock.advance(2_000)
    expect(restored.mock.calls).toEqual([[{ itemIds: ['item_hello'], lost: [], droppedAppends: 0 }]])
    const retrieved = session.items.retrieve('item_hello')
    await clock.advance(10)
    expect(await retrieved).toMatchObject({ content: hello.content })
    await session.close()
    expect(clock.pending).toBe(0)
  })
})

const hello = {
  type: 'message' as const,
  role: 'user' as const,
  content: [{ type: 'input_text' as const, text: 'Hello' }],
}
const added = (item: Json, type = 'conversation.item.added'): Json => ({ type, previous_item_id: null, item })
const mcpCall: Json = { id: 'mcp_1', type: 'mcp_call', server_label: 's', name: 'n', arguments: '{}' }

describe('an event', () => {
  it('of an MCP call without output is an item', async () => {
    const peer = await connected()
    await peer.sendEvents(added(mcpCall), added(mcpCall, 'conversation.item.done'))
    expect(selectItems(peer.session.getState())).toMatchObject([{ id: 'mcp_1', item: mcpCall }])
  })

  it('that reports an error does not throw without a listener', async () => {
    const peer = await connected()
    await peer.sendEvents({ type: 'error', error: { type: 'server_error', code: null, message: 'oops', param: null } })
    await peer.sendEvents({ type: 'error', error: { type: 'server_error', message: 'oops' } })
    expect(peer.session.getState().status).toBe('open')
    const deleted = peer.session.items.delete('item_1')
    await settle()
    await peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'item_1' })
    await deleted
  })

  it.each<[string, Json]>([
    [
      'with an image',
      added({
        id: 'i',
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' }],
      }),
    ],
    [
      'of a transcription that failed with a null param',
      {
        type: 'conversation.item.input_audio_transcription.failed',
        item_id: 'i',
        content_index: 0,
        error: { type: 'transcription_error', code: null, message: 'no', param: null },
      },
    ],
    [
      'with the role developer',
      added({ id: 'i', type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] }),
    ],
    [
      'with MCP tools without a description',
      added({ id: 'i', type: 'mcp_list_tools', server_label: 's', tools: [{ name: 't', input_schema: {} }] }),
    ],
    [
      'with MCP tools whose description is null',
      added({
        id: 'i',
        type: 'mcp_list_tools',
        server_label: 's',
        tools: [{ name: 't', description: null, annotations: null, input_schema: {} }],
      }),
    ],
  ])('%s arrives', async (_name, event) => {
    const peer = await connected()
    const heard = vi.fn()
    const lost = vi.fn()
    peer.session.on('invalid', lost)
    peer.session.on('unknown', lost)
    peer.session.on(event.type as 'conversation.item.added', heard)
    await peer.sendEvents(event)
    expect(heard).toHaveBeenCalledExactlyOnceWith(expect.objectContaining(event))
    expect(lost).not.toHaveBeenCalled()
    if (event.item) expect(selectItems(peer.session.getState())).toMatchObject([{ item: event.item }])
  })

  it('is parsed once', async () => {
    const peer = await connected()
    const parse = vi.spyOn(JSON, 'parse')
    await peer.sendEvents(sound('item_1', 200))
    expect(parse).toHaveBeenCalledOnce()
  })
})

const place = (item_id: string, response_id = 'resp_1') => ({ response_id, item_id, output_index: 0, content_index: 0 })
/** A delta of so many milliseconds of 24 kHz PCM16. */
const sound = (item_id: string, ms: number): Json => ({
  type: 'response.output_audio.delta',
  ...place(item_id),
  delta: Buffer.alloc(ms * 48).toString('base64'),
})
const spoken = (id: string): Json =>
  added({ id, type: 'message', role: 'assistant', status: 'in_progress', content: [] })
const soundDone = (id: string): Json => ({ type: 'response.output_audio.done', ...place(id) })

const createsOf = (peer: Peer) => peer.sentEvents.filter(({ type }) => type === 'response.create')
const lastCreate = (peer: Peer) => createsOf(peer).at(-1)

/** A response as the wire shows it; `of` is the create that asked for it. */
function resource(id: string, of: Json | undefined, status: string): Json['response'] {
  const params = of?.response as { metadata?: object; conversation?: string } | undefined
  return {
    id,
    object: 'realtime.response',
    status,
    output: [],
    conversation_id: params?.conversation === 'none' ? null : 'conv_1',
    metadata: params?.metadata ?? null,
  }
}
const created = (id: string, of?: Json): Json => ({
  type: 'response.created',
  response: resource(id, of, 'in_progress'),
})
const done = (id: string, of?: Json): Json => ({ type: 'response.done', response: resource(id, of, 'completed') })

async function asked(peer: Peer, ...params: Parameters<Peer['session']['respond']>) {
  const handle = peer.session.respond(...params)
  await settle()
  return handle
}

describe('a response', () => {
  it('that is never created does not block the next one', async () => {
    const peer = await connected({ requestTimeoutMs: 1_000 })
    const lost = peer.session.respond()
    const next = peer.session.respond({ instructions: 'next' })
    await peer.clock.advance(1_000)
    expect(await lost.done).toMatchObject({ status: 'rejected', error: { code: 'TIMEOUT' } })
    expect(lastCreate(peer)).toMatchObject({ response: { instructions: 'next' } })
    await peer.sendEvents(created('resp_2', lastCreate(peer)), done('resp_2'))
    expect((await next.done).status).toBe('completed')
  })

  it('that is out-of-band does not unblock the in-band queue', async () => {
    const peer = await connected()
    const main = await asked(peer)
    await peer.sendEvents(created('resp_main', lastCreate(peer)))
    const aside = await asked(peer, { conversation: 'none' })
    const asideCreate = lastCreate(peer)
    await peer.sendEvents(created('resp_aside', asideCreate))
    const next = await asked(peer, { instructions: 'next' })
    await peer.sendEvents(done('resp_aside', asideCreate))
    expect((await aside.done).status).toBe('completed')
    expect(createsOf(peer)).toHaveLength(2)
    expect(peer.session.getState().responses.activeId).toBe('resp_main')
    await peer.sendEvents(done('resp_main'))
    expect((await main.done).status).toBe('completed')
    expect(createsOf(peer)).toHaveLength(3)
    next.cancel()
  })

  it('is requested once after the outputs of parallel calls', async () => {
    const peer = await connected()
    const outputs = ['call_1', 'call_2'].map((call_id) =>
      peer.session.items.create({ type: 'function_call_output', id: `out_${call_id}`, call_id, output: '1' }),
    )
    await asked(peer)
    await peer.sendEvents(
      ...['call_1', 'call_2'].map((call_id) =>
        added({ id: `out_${call_id}`, type: 'function_call_output', call_id, output: '1' }),
      ),
    )
    await Promise.all(outputs)
    expect(peer.sentEvents.map(({ type }) => type)).toEqual([
      'conversation.item.create',
      'conversation.item.create',
      'response.create',
    ])
  })

  it('is interrupted before it is created', async () => {
    const peer = await connected()
    await asked(peer)
    expect(peer.session.interrupt()).toEqual({ by: 'client', played: undefined, unplayedItemIds: [] })
    await peer.sendEvents(created('resp_1', lastCreate(peer)))
    expect(peer.sentEvents.at(-1)).toMatchObject({ type: 'response.cancel', response_id: 'resp_1' })
  })

  it('is interrupted before its first audio', async () => {
    const peer = await connected()
    await peer.sendEvents(created('resp_1'), spoken('item_1'))
    expect(peer.session.interrupt()).toEqual({ by: 'client', played: undefined, unplayedItemIds: [] })
    await settle()
    expect(peer.sentEvents).toMatchObject([{ type: 'response.cancel', response_id: 'resp_1' }])
  })

  it('with two items is truncated in the one that is playing', async () => {
    for (const [playedMs, audio_end_ms, heardId, deleted] of [
      [200, 200, 'item_1', ['item_2']],
      [650, 150, 'item_2', []],
    ] as const) {
      const peer = await connected()
      await peer.sendEvents(created('resp_1'), spoken('item_1'), sound('item_1', 500), soundDone('item_1'))
      await peer.sendEvents(spoken('item_2'), sound('item_2', 300))
      for (const itemId of ['item_1', 'item_2']) peer.session.playback.enqueued({ itemId })
      peer.session.playback.played({ itemId: 'item_1' }, Math.min(playedMs, 500))
      if (playedMs > 500) peer.session.playback.played({ itemId: 'item_2' }, playedMs - 500)
      peer.session.interrupt()
      await settle()
      const sent = peer.sentEvents.filter(({ type }) => type.startsWith('conversation.item'))
      expect(sent).toMatchObject([
        { type: 'conversation.item.truncate', item_id: heardId, content_index: 0, audio_end_ms },
        ...deleted.map((item_id) => ({ type: 'conversation.item.delete', item_id })),
      ])
      expect(sent).toHaveLength(1 + deleted.length)
    }
  })
})
