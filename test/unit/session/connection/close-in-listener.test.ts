import { createSession, type Stage } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../../src/testing/clock.js'
import { droppable } from '../../../support/droppable.js'
import { sessionResource, settle } from '../../../support/peer.js'

/** Holds rate limits until the connection is lost. */
const holding: Stage = {
  attach({ deliver }) {
    const held: Parameters<typeof deliver>[] = []
    return {
      receive(decoded, length) {
        if (decoded.kind === 'event' && decoded.event.type === 'rate_limits.updated') held.push([decoded, length])
        else deliver(decoded, length)
      },
      reset() {
        for (const parameters of held.splice(0)) deliver(...parameters)
      },
    }
  },
}

describe('a session that a listener closes', () => {
  it('stays closed when the event was released by a lost connection, and no later listener gets it', async () => {
    const server = droppable()
    const session = createSession({ transport: server.transport, clock: createManualClock(), stages: [holding] })
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    const seen: string[] = []
    session.on('status', ({ status }) => seen.push(status))
    session.on('close', () => seen.push('close event'))
    session.on('rate_limits.updated', () => void session.close())
    session.on('rate_limits.updated', () => seen.push('rate limits'))
    server.sendEvents(
      { type: 'rate_limits.updated', rate_limits: [] },
      { type: 'rate_limits.updated', rate_limits: [] },
    )
    server.drop()
    expect(session.getState()).toMatchObject({ status: 'closed', reconnect: undefined })
    await settle()
    expect(session.getState()).toMatchObject({ status: 'closed', reconnect: undefined })
    expect(seen).toEqual(['closing', 'closed', 'close event'])
  })
})
