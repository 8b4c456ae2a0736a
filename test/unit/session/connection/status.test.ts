import {
  createSession,
  createTranscriptionSession,
  createTranslationSession,
  type StatusEvent,
} from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { sessionResource, settle } from '../../../support/peer.js'

interface StatusListening {
  on(type: 'status', listener: (event: StatusEvent) => void): () => void
}

const created = { type: 'session.created', session: sessionResource }

function start() {
  const server = droppable()
  const session = createSession({ transport: server.transport, clock: createManualClock() })
  const changes: string[] = []
  session.on('status', ({ status, previous }) => changes.push(`${previous} > ${status}`))
  return { ...server, session, changes }
}

describe('the status event', () => {
  it('reports each change from connecting to closed', async () => {
    const { session, changes, sendEvents, drop, restore } = start()
    const connecting = session.connect()
    await settle()
    sendEvents(created)
    await connecting
    drop()
    restore()
    sendEvents(created)
    await settle()
    await session.close()
    expect(changes).toEqual([
      'idle > connecting',
      'connecting > open',
      'open > reconnecting',
      'reconnecting > open',
      'open > closing',
      'closing > closed',
    ])
  })

  it('is emitted after the state has changed', async () => {
    const { session, sendEvents, drop } = start()
    const pairs: [string, string][] = []
    session.on('status', ({ status }) => pairs.push([status, session.getState().status]))
    const connecting = session.connect()
    await settle()
    sendEvents(created)
    await connecting
    drop()
    await session.close()
    for (const [status, inState] of pairs) expect(inState).toBe(status)
    expect(pairs).toHaveLength(5)
  })

  it('returns to idle when a connect fails', async () => {
    const { session, changes, giveUp } = start()
    const connecting = session.connect().catch(() => {})
    await settle()
    giveUp({ code: 1006, reason: '', wasClean: false })
    await connecting
    expect(changes).toEqual(['idle > connecting', 'connecting > idle'])
  })

  it('keeps its order for every listener when a listener closes the session', async () => {
    const { session, sendEvents } = start()
    const seen: StatusEvent['status'][] = []
    session.on('status', ({ status }) => {
      if (status === 'open') void session.close()
    })
    session.on('status', ({ status }) => seen.push(status))
    session.on('close', () => seen.push('idle'))
    const connecting = session.connect()
    await settle()
    sendEvents(created)
    await connecting
    await session.closed
    expect(seen).toEqual(['connecting', 'open', 'closing', 'closed', 'idle'])
  })

  it('reports closing at once when the session is closed while it connects', async () => {
    const { session, changes } = start()
    const connecting = session.connect()
    connecting.catch(() => {})
    await settle()
    const closing = session.close()
    expect(session.getState().status).toBe('closing')
    await expect(session.connect()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(connecting).rejects.toMatchObject({ code: 'CLOSED' })
    await closing
    expect(changes).toEqual(['idle > connecting', 'connecting > closing', 'closing > closed'])
  })

  it.each([
    ['transcription', createTranscriptionSession],
    ['translation', createTranslationSession],
  ])('is emitted by %s sessions', async (_name, create) => {
    const session = create({ transport: droppable().transport, clock: createManualClock() })
    const statuses: string[] = []
    const on: StatusListening['on'] = session.on
    on('status', ({ status }) => statuses.push(status))
    session.connect().catch(() => {})
    await session.close()
    expect(statuses).toEqual(['connecting', 'closing', 'closed'])
  })
})
