import { createSession } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, sessionResource, settle } from '../../../support/peer.js'

describe('without a connection', () => {
  const response = {
    id: 'resp_1',
    object: 'realtime.response',
    status: 'in_progress',
    output: [],
    conversation_id: 'c',
  }
  const running: Json = { type: 'response.created', response }
  const greeting: Json = { type: 'session.created', session: sessionResource }

  async function greeted() {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const connecting = session.connect()
    await settle()
    server.sendEvents(greeting)
    await connecting
    return { ...server, clock, session }
  }

  it('a closed session has no active response', async () => {
    const { session, sendEvents } = await greeted()
    sendEvents(running)
    expect(session.getState().responses.activeId).toBe('resp_1')
    await session.close()
    expect(session.getState().responses).toMatchObject({ activeId: undefined, byId: { resp_1: { isDone: true } } })
  })

  it('a response that starts during the restore ends with its connection, and blocks no other', async () => {
    const { session, sendEvents, drop, restore, connections, clock } = await greeted()
    drop()
    restore()
    sendEvents(running)
    drop()
    expect(session.getState().responses.activeId).toBeUndefined()
    restore()
    sendEvents(greeting)
    await settle()
    const handle = session.respond()
    expect(connections.at(-1)?.map(({ type }) => type)).toEqual(['response.create'])
    handle.cancel()
    await session.close()
    expect(clock.pending).toBe(0)
  })

  it('a response that starts during rotate() blocks no other', async () => {
    const { session, sendEvents, connections } = await greeted()
    const shown: unknown[] = []
    session.on('response', (handle) => shown.push(handle))
    const undo = session.subscribe(() => {
      if (session.getState().responses.activeId === undefined) return
      undo()
      void session.rotate()
    })
    sendEvents(running)
    await settle()
    sendEvents(greeting)
    await settle()
    expect(session.getState().status).toBe('open')
    session.respond()
    expect(connections.at(-1)?.map(({ type }) => type)).toEqual(['response.create'])
    expect(shown).toEqual([])
    await session.close()
  })

  it('a failed connect settles the responses that were requested meanwhile', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport, clock: createManualClock(), config: {} })
    const connecting = session.connect().catch((error) => error)
    await settle()
    const handles = [session.respond(), session.respond()]
    server.sendEvents(greeting, running)
    server.giveUp({ code: 1006, reason: '', wasClean: false })
    expect(await connecting).toMatchObject({ code: 'CLOSED' })
    await settle()
    for (const { done } of handles)
      expect(await done).toMatchObject({ status: 'rejected', error: { code: 'NOT_CONNECTED' } })
    expect(session.getState().responses.activeId).toBeUndefined()
  })
})

describe('an event iterator that ends with the session', () => {
  it.each(['close', 'overflow'])('leaves no listener on its signal (%s)', async (how) => {
    const peer = createPeer()
    await peer.connect()
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const reader = peer.session.events({ signal, limit: 1 })
    if (how === 'close') await peer.session.close()
    else await peer.sendEvents({ type: 'future.event' }, { type: 'future.event' })
    expect(removed).toHaveBeenCalledOnce()
    await reader.return?.()
    await peer.session.close()
  })
})
