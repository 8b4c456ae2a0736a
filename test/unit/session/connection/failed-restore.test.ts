import {
  createSession,
  memoryPair,
  reconnecting,
  recording,
  type SessionOptions,
  snapshot,
  type Transport,
  TransportError,
} from 'realtime-primitives'
import { beta, fromBeta } from 'realtime-primitives/migrate'
import { withFallback } from 'realtime-primitives/webrtc'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { fakeTransport } from '../../../support/fake-transport.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

type React = (event: Json, sendEvents: (...events: Json[]) => void) => boolean

const greeting: Json = { type: 'session.created', session: sessionResource }

/**
 * A session over `reconnecting`, connected, with two items in its history. `react` plays the server of the connection of that number; true
 * keeps the usual reaction away. Connections without a `react` are lawful; `mute` ones do not even send `session.created`.
 */
async function connected(
  { react = {}, mute = [] }: { react?: Record<number, React>; mute?: number[] },
  options: Partial<SessionOptions> = {},
  wrap: (transport: Transport) => Transport = (transport) => transport,
) {
  const clock = createManualClock()
  let count = 0
  const sendEvents = (...events: Json[]) => {
    for (const event of events) inner.sendFrame(JSON.stringify({ event_id: `event_${++count}`, ...event }))
  }
  const connections: Json[][] = []
  const inner = fakeTransport(() =>
    queueMicrotask(() => {
      connections.push([])
      inner.accept()
      if (!mute.includes(connections.length)) sendEvents(greeting)
    }),
  )
  const transport: Transport = Object.defineProperties(
    {
      ...inner,
      send(frame: string) {
        inner.send(frame)
        const event: Json = JSON.parse(frame)
        connections.at(-1)?.push(event)
        const connection = connections.length
        queueMicrotask(() => {
          if (connection !== connections.length || inner.state !== 'open') return
          if (react[connection]?.(event, sendEvents)) return
          if (event.type === 'session.update') sendEvents({ type: 'session.updated', session: sessionResource })
          if (event.type === 'conversation.item.create')
            sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item })
        })
      },
    },
    { state: { get: () => inner.state }, bufferedAmount: { get: () => 0 } },
  )
  const session = createSession({
    transport: wrap(reconnecting(transport, { clock, minDelayMs: 10, maxDelayMs: 10, maxAttempts: 4 })),
    clock,
    config: { instructions: 'Be brief.' },
    ...options,
  })
  const restored: unknown[] = []
  session.on('restored', (event) => restored.push(event))
  const connecting = session.connect()
  await settle()
  await connecting
  for (const id of ['a', 'b']) {
    const item = {
      id,
      type: 'message' as const,
      role: 'user' as const,
      content: [{ type: 'input_text' as const, text: id }],
    }
    await session.items.create(item)
  }
  return { session, clock, inner, sendEvents, restored, connections, status: () => session.getState().status }
}

const refusal = (event: Json, error: Json) => ({
  type: 'error',
  error: { code: null, message: 'no', param: null, event_id: event.event_id, ...error },
})
const serverError = { type: 'server_error' }

describe('a restore that fails', () => {
  it('is tried again on the next connection when a connection opens and stays silent', async () => {
    const peer = await connected({ mute: [2, 3] })
    peer.inner.drop(1006)
    await peer.clock.advance(40_000)
    expect(peer.status()).toBe('open')
    expect(peer.connections).toHaveLength(4)
    expect(peer.restored).toMatchObject([{ itemIds: ['a', 'b'], lost: [] }])
    expect(peer.clock.pending).toBe(0)
  })

  it.each([
    ['server_error', serverError],
    ['rate_limit_exceeded', { type: 'invalid_request_error', code: 'rate_limit_exceeded' }],
  ])('is tried again at once when the server answers session.update with %s', async (_name, error) => {
    const peer = await connected({
      react: {
        2: (event, sendEvents) => {
          if (event.type !== 'session.update') return false
          sendEvents(refusal(event, error))
          return true
        },
      },
    })
    peer.inner.drop(1006)
    await peer.clock.advance(1_000)
    expect(peer.status()).toBe('open')
    expect(peer.connections).toHaveLength(3)
    expect(peer.restored).toHaveLength(1)
  })

  it('keeps what was sent meanwhile for the connection that works', async () => {
    const peer = await connected({ mute: [2] })
    peer.inner.drop(1006)
    peer.session.audio.append('AAAA')
    const asked = peer.session.respond()
    await peer.clock.advance(20_000)
    expect(peer.connections.at(-1)?.map(({ type }) => type)).toEqual([
      'session.update',
      'conversation.item.create',
      'conversation.item.create',
      'input_audio_buffer.append',
      'response.create',
    ])
    asked.cancel()
    await peer.session.close()
  })

  it('ends the session with the last reason when no attempt is left', async () => {
    const peer = await connected({ mute: [2, 3, 4, 5] })
    peer.inner.drop(1006)
    await peer.clock.advance(100_000)
    expect(await peer.session.closed).toMatchObject({
      code: 1006,
      initiator: 'server',
      error: {
        code: 'RECONNECT_EXHAUSTED',
        data: { attempts: 4, lastReason: 'TIMEOUT' },
        cause: { code: 'TIMEOUT', data: { waitingFor: 'the start of the session' } },
      },
    })
    expect(peer.clock.pending).toBe(0)
    expect(peer.inner.listeners).toBe(0)
  })

  it.each([
    ['the configuration is refused', { type: 'invalid_request_error', code: 'invalid_value' }],
    ['the key is refused', { type: 'invalid_request_error', code: 'invalid_api_key' }],
    ['nothing is left to spend', { type: 'insufficient_quota', code: 'insufficient_quota' }],
  ])('ends the session at once when %s', async (_name, error) => {
    const peer = await connected({
      react: {
        2: (event, sendEvents) => {
          sendEvents(refusal(event, error))
          return true
        },
      },
    })
    peer.inner.drop(1006)
    await peer.clock.advance(1_000)
    expect(await peer.session.closed).toMatchObject({ error: { code: 'SERVER_ERROR', data: { error } } })
    expect(peer.connections).toHaveLength(2)
    expect(peer.clock.pending).toBe(0)
  })

  it('is tried again when session.created comes in a shape that cannot be used', async () => {
    const peer = await connected({ mute: [2] })
    peer.inner.drop(1006)
    await peer.clock.advance(10)
    peer.sendEvents({ type: 'session.created', session: null })
    await peer.clock.advance(1_000)
    expect(peer.status()).toBe('open')
    expect(peer.connections).toHaveLength(3)
  })

  it('can be closed while the next attempt is waited for', async () => {
    const peer = await connected({ mute: [2] })
    peer.inner.drop(1006)
    await peer.clock.advance(15_010)
    await peer.session.close()
    expect(peer.status()).toBe('closed')
    expect(peer.clock.pending).toBe(0)
    expect(peer.inner.listeners).toBe(0)
  })

  it.each([
    ['recording', (transport: Transport) => recording(transport, () => {})],
    ['withFallback', (transport: Transport) => withFallback(transport, memoryPair()[0])],
    ['beta(fromBeta())', (transport: Transport) => fromBeta(beta(transport))],
  ])('is tried again through a wrapper: %s', async (_name, wrap) => {
    const peer = await connected({ mute: [2] }, {}, wrap)
    peer.inner.drop(1006)
    await peer.clock.advance(20_000)
    expect(peer.status()).toBe('open')
    expect(peer.connections).toHaveLength(3)
    await peer.session.close()
    expect(peer.inner.listeners).toBe(0)
    expect(peer.clock.pending).toBe(0)
  })

  it('is tried again after rotate()', async () => {
    const peer = await connected({ mute: [2] })
    await Promise.all([peer.session.rotate(), peer.clock.advance(20_000)])
    expect(peer.status()).toBe('open')
    expect(peer.connections).toHaveLength(3)
  })
})

describe('an item of the history', () => {
  const stumbling = (times: number): React => {
    let left = times
    return (event, sendEvents) => {
      if ((event.item as Json | undefined)?.id !== 'b' || left-- <= 0) return false
      sendEvents(refusal(event, serverError))
      return true
    }
  }

  it('is sent once more, to its place, when the server fails to take it', async () => {
    const peer = await connected({ react: { 2: stumbling(1) } })
    peer.inner.drop(1006)
    await peer.clock.advance(1_000)
    expect(peer.restored).toMatchObject([{ itemIds: ['a', 'b'], lost: [] }])
    expect(peer.connections).toHaveLength(2)
    expect(peer.connections[1]?.at(-1)).toMatchObject({ item: { id: 'b' }, previous_item_id: 'a' })
  })

  it('is reported as refused when the server fails to take it twice, and costs no attempt', async () => {
    const peer = await connected({ react: { 2: stumbling(2) } })
    peer.inner.drop(1006)
    await peer.clock.advance(1_000)
    expect(peer.restored).toMatchObject([{ itemIds: ['a'], lost: [{ itemId: 'b', reason: 'refused' }] }])
    expect(peer.connections).toHaveLength(2)
  })

  it('is reported as refused when it is too long for the transport', async () => {
    let isNarrow = false
    const peer = await connected({}, {}, (transport) => ({
      ...transport,
      get state() {
        return transport.state
      },
      send(frame) {
        if (isNarrow && frame.includes('"id":"b"'))
          throw new TransportError('FRAME_TOO_LARGE', { bytes: 9, limitBytes: 8 })
        transport.send(frame)
      },
    }))
    isNarrow = true
    peer.inner.drop(1006)
    await peer.clock.advance(1_000)
    expect(peer.restored).toMatchObject([{ itemIds: ['a'], lost: [{ itemId: 'b', reason: 'refused' }] }])
  })
})

describe('the deadline of a restore', () => {
  /** A server that acknowledges one item in a second. */
  const slow = (clock: () => { after(ms: number, run: () => void): unknown }): React => {
    let busyMs = 0
    return (event, sendEvents) => {
      if (event.type !== 'conversation.item.create') return false
      busyMs += 1_000
      clock().after(busyMs, () =>
        sendEvents({ type: 'conversation.item.added', previous_item_id: null, item: event.item }),
      )
      return true
    }
  }
  const items = Array.from({ length: 60 }, (_, index) => ({
    type: 'conversation.item.added',
    previous_item_id: null,
    item: { id: `i${index}`, type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
  }))

  it('is extended by each acknowledgement, so that a slow line can take a long history', async () => {
    const peer: Awaited<ReturnType<typeof connected>> = await connected({ react: { 2: slow(() => peer.clock) } })
    peer.sendEvents(...items)
    peer.inner.drop(1006)
    await peer.clock.advance(61_000)
    expect(peer.status()).toBe('reconnecting')
    await peer.clock.advance(2_000)
    expect(peer.status()).toBe('open')
    expect(peer.connections).toHaveLength(2)
    expect(peer.restored).toMatchObject([{ lost: [] }])
    expect(peer.clock.pending).toBe(0)
  })

  it('ends an attempt in which nothing more comes', async () => {
    let acknowledged = 0
    const peer = await connected({
      react: { 2: ({ type }) => type === 'conversation.item.create' && ++acknowledged > 20 },
    })
    peer.sendEvents(...items)
    peer.inner.drop(1006)
    await peer.clock.advance(15_000)
    expect(peer.connections).toHaveLength(2)
    await peer.clock.advance(1_000)
    expect(peer.connections).toHaveLength(3)
    expect(peer.status()).toBe('open')
  })

  it('covers the history of a snapshot in connect() too', async () => {
    const first = await connected({})
    first.sendEvents(...items)
    const { config: _config, ...saved } = snapshot(first.session)
    const clock = createManualClock()
    const inner = fakeTransport(() => queueMicrotask(() => inner.accept()))
    let sent = 0
    const transport = Object.defineProperties(
      {
        ...inner,
        send(frame: string) {
          const { item } = JSON.parse(frame)
          clock.after(++sent * 1_000, () =>
            inner.sendFrame(
              JSON.stringify({ type: 'conversation.item.added', event_id: `e${sent}`, previous_item_id: null, item }),
            ),
          )
        },
      },
      { state: { get: () => inner.state }, bufferedAmount: { get: () => 0 } },
    )
    const session = createSession({ transport, clock, snapshot: saved })
    const connecting = session.connect()
    await settle()
    inner.sendFrame(JSON.stringify({ event_id: 'e', ...greeting }))
    await clock.advance(63_000)
    await connecting
    expect(session.getState().status).toBe('open')
    await session.close()
  })
})
