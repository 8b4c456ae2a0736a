import { createSession, createTranscriptionSession, createTranslationSession, snapshot } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource, settle } from '../../../support/peer.js'

const updated: Json = { type: 'session.updated', session: sessionResource }
const refusal = (event_id: unknown): Json => ({
  type: 'error',
  error: { type: 'invalid_request_error', code: 'no', message: 'no', param: null, event_id },
})

type Server = ReturnType<typeof droppable>

async function open(server: Server, session: { connect(): Promise<void> }, resource: object, config = true) {
  const connecting = session.connect()
  await settle()
  server.sendEvents({ type: 'session.created', session: resource })
  await settle()
  if (config) server.sendEvents({ type: 'session.updated', session: resource })
  await connecting
}

/** The configuration that the next server receives first. */
async function configAfterDrop(server: Server, resource: object): Promise<unknown> {
  server.drop()
  server.restore()
  server.sendEvents({ type: 'session.created', session: resource })
  await settle()
  return server.connections.at(-1)?.[0]?.session
}

async function realtime() {
  const server = droppable()
  const session = createSession({
    transport: server.transport,
    clock: createManualClock(),
    config: { instructions: 'A' },
  })
  await open(server, session, sessionResource)
  const update = (instructions: string) =>
    session.send({ type: 'session.update', session: { type: 'realtime', instructions } })
  return { server, session, update }
}

describe('configuration sent as an event', () => {
  it('survives a drop once it is acknowledged, and is in the snapshot', async () => {
    const { server, session, update } = await realtime()
    update('B')
    expect(snapshot(session).config).toEqual({ instructions: 'A' })
    server.sendEvents(updated)
    expect(snapshot(session).config).toEqual({ instructions: 'B' })
    expect(await configAfterDrop(server, sessionResource)).toMatchObject({ instructions: 'B' })
  })

  it('temporary: survives a drop, and is not in the snapshot, unlike later changes', async () => {
    const { server, session, update } = await realtime()
    const input = { turn_detection: { type: 'server_vad', create_response: false } } as const
    const changed = session.update({ audio: { input } }, { temporary: true })
    await settle()
    server.sendEvents(updated)
    await changed
    expect(session.getState().config).toEqual({ instructions: 'A', audio: { input } })
    expect(snapshot(session).config).toEqual({ instructions: 'A' })
    expect(await configAfterDrop(server, sessionResource)).toEqual({
      type: 'realtime',
      instructions: 'A',
      audio: { input },
    })
    server.sendEvents(updated)
    await settle()
    update('B')
    server.sendEvents(updated)
    expect(session.getState().config).toEqual({ instructions: 'B', audio: { input } })
    expect(snapshot(session).config).toEqual({ instructions: 'B' })
  })

  it('temporary: is in the snapshot when the app makes the same change', async () => {
    const { server, session } = await realtime()
    const change = { max_output_tokens: 100 }
    for (const temporary of [true, false]) {
      const changed = session.update(change, { temporary })
      await settle()
      server.sendEvents(updated)
      await changed
    }
    expect(snapshot(session).config).toEqual({ instructions: 'A', ...change })
  })

  it('survives when it is sent by request()', async () => {
    const { server, session } = await realtime()
    const acknowledgement = session.request({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { turn_detection: null } } },
    })
    await settle()
    server.sendEvents(updated)
    await acknowledgement
    expect(await configAfterDrop(server, sessionResource)).toEqual({
      type: 'realtime',
      instructions: 'A',
      audio: { input: { turn_detection: null } },
    })
  })

  it('is dropped when the server refuses it', async () => {
    const { server, session, update } = await realtime()
    const first = update('B')
    update('C')
    server.sendEvents(refusal(first), updated)
    expect(session.getState().config).toEqual({ instructions: 'C' })
  })

  it('is applied on its own acknowledgement when it waited for a connection', async () => {
    const { server, session, update } = await realtime()
    server.drop()
    update('B')
    server.restore()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await settle()
    server.sendEvents(updated)
    await settle()
    expect(session.getState().config).toEqual({ instructions: 'A' })
    server.sendEvents(updated)
    expect(session.getState().config).toEqual({ instructions: 'B' })
  })

  it('is not applied when it was in flight while the connection was lost', async () => {
    const { server, session, update } = await realtime()
    update('B')
    expect(await configAfterDrop(server, sessionResource)).toMatchObject({ instructions: 'A' })
    server.sendEvents(updated)
    await settle()
    expect(session.getState().config).toEqual({ instructions: 'A' })
  })

  it('is applied when its acknowledgement has an invalid shape', async () => {
    const { server, session, update } = await realtime()
    update('B')
    server.sendEvents({ type: 'session.updated', session: 'odd' })
    expect(session.getState().config).toEqual({ instructions: 'B' })
  })

  it('survives a drop of a transcription session', async () => {
    const resource = { type: 'transcription', object: 'realtime.transcription_session', id: 's', audio: {} }
    const server = droppable()
    const session = createTranscriptionSession({ transport: server.transport, clock: createManualClock() })
    await open(server, session, resource, false)
    session.send({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { transcription: { model: 'gpt-4o-transcribe' } } } },
    })
    server.sendEvents({ type: 'session.updated', session: resource })
    expect(await configAfterDrop(server, resource)).toMatchObject({
      audio: { input: { transcription: { model: 'gpt-4o-transcribe' } } },
    })
  })

  it('survives a drop of a translation session', async () => {
    const resource = { type: 'translation', id: 's', model: 'gpt-realtime-translate', expires_at: 0, audio: {} }
    const server = droppable()
    const session = createTranslationSession({ transport: server.transport, clock: createManualClock() })
    await open(server, session, resource, false)
    session.send({ type: 'session.update', session: { audio: { output: { language: 'de' } } } })
    server.sendEvents({ type: 'session.updated', session: resource })
    expect(await configAfterDrop(server, resource)).toEqual({ audio: { output: { language: 'de' } } })
  })
})

describe('acknowledgements of updates', () => {
  const limited = (max_output_tokens: number): Json => ({
    type: 'session.updated',
    session: { ...sessionResource, max_output_tokens },
  })

  async function pendingUpdates() {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock, requestTimeoutMs: 1_000 })
    await open(server, session, sessionResource)
    const settled: string[] = []
    const update = (limit: number) =>
      session.update({ max_output_tokens: limit }).then(
        () => settled.push(`${limit} resolved`),
        (error) => settled.push(`${limit} ${error.code}`),
      )
    return { server, session, clock, update, settled }
  }

  it('an update: resolves by the event with its values when the server does not acknowledge an earlier one', async () => {
    const { server, session, clock, update, settled } = await pendingUpdates()
    void update(101)
    void update(102)
    server.sendEvents(limited(102))
    await settle()
    expect(settled).toEqual(['102 resolved'])
    expect(session.getState().config).toMatchObject({ max_output_tokens: 102 })
    await clock.advance(1_000)
    expect(settled).toEqual(['102 resolved', '101 TIMEOUT'])
  })

  it('an update: stays pending when an earlier one, which has timed out, is acknowledged late', async () => {
    const { server, session, clock, update, settled } = await pendingUpdates()
    void update(101)
    await clock.advance(1_000)
    void update(102)
    server.sendEvents(limited(101))
    await settle()
    expect(settled).toEqual(['101 TIMEOUT'])
    server.sendEvents(limited(102))
    await settle()
    expect(settled).toEqual(['101 TIMEOUT', '102 resolved'])
    expect(session.getState().config).toMatchObject({ max_output_tokens: 102 })
  })

  it('updates: resolve in order when the server reports other values than the requested ones', async () => {
    const { server, update, settled } = await pendingUpdates()
    void update(101)
    void update(102)
    server.sendEvents(updated, updated)
    await settle()
    expect(settled).toEqual(['101 resolved', '102 resolved'])
  })

  it('a change: is kept when an earlier one, whose values were in force before, is not acknowledged', async () => {
    const { server, session } = await pendingUpdates()
    const send = (change: object) => session.send({ type: 'session.update', session: { type: 'realtime', ...change } })
    send({ max_output_tokens: 101 })
    server.sendEvents(limited(101))
    send({ max_output_tokens: 101 })
    send({ instructions: 'B' })
    server.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, max_output_tokens: 101, instructions: 'B' },
    })
    expect(session.getState().config).toMatchObject({ max_output_tokens: 101, instructions: 'B' })
  })
})
