import { createSession, memoryPair, type Stage } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { droppable } from '../../support/droppable.js'
import { createPeer, sessionResource, settle } from '../../support/peer.js'

const limits = { type: 'rate_limits.updated', rate_limits: [] }

/** A stage that logs what it is called with, and passes everything on. */
function logging(name: string, log: string[]): Stage {
  return {
    attach: ({ deliver }) => ({
      receive(decoded, frameLength) {
        log.push(`${name}: ${decoded.kind} ${decoded.event.type}`)
        deliver(decoded, frameLength)
      },
      send: ({ type }) => void log.push(`${name}: sent ${type}`),
      reset: () => void log.push(`${name}: reset`),
    }),
  }
}

describe('the stages of a session', () => {
  it('receive each event in their order, before the session and its listeners', async () => {
    const log: string[] = []
    const { session, connect, sendEvents, sendFrame } = createPeer({ stages: [logging('a', log), logging('b', log)] })
    await connect()
    session.on('rate_limits.updated', () => log.push('listener'))
    log.length = 0
    await sendEvents(limits, { type: 'new.event' })
    await sendFrame('{')
    expect(log).toEqual([
      'a: event rate_limits.updated',
      'b: event rate_limits.updated',
      'listener',
      'a: unknown new.event',
      'b: unknown new.event',
      'a: invalid undefined',
      'b: invalid undefined',
    ])
  })

  it('may drop an event, or hold it and deliver it later', async () => {
    let release = () => {}
    const holding: Stage = {
      attach: ({ deliver }) => ({
        receive(decoded, frameLength) {
          if (decoded.event.type === 'rate_limits.updated') release = () => deliver(decoded, frameLength)
          else if (decoded.event.type !== 'new.event') deliver(decoded, frameLength)
        },
        reset() {},
      }),
    }
    const { session, connect, sendEvents } = createPeer({ stages: [holding] })
    await connect()
    const received: string[] = []
    session.on('rate_limits.updated', ({ type }) => received.push(type))
    session.on('unknown', ({ type }) => received.push(type))
    await sendEvents(limits, { type: 'new.event' })
    expect(received).toEqual([])
    release()
    expect(received).toEqual(['rate_limits.updated'])
    await session.close()
    release()
    expect(received).toHaveLength(1)
  })

  it('receive what is sent, and the configuration of the session', async () => {
    const log: string[] = []
    let model: () => unknown = () => undefined
    const reading: Stage = {
      attach(context) {
        model = () => {
          const session = context.getSession()
          return session && 'model' in session ? session.model : undefined
        }
        return { receive: context.deliver, reset() {} }
      },
    }
    const { session, connect } = createPeer({ stages: [reading, logging('a', log)] })
    expect(model()).toBeUndefined()
    await connect()
    expect(model()).toBe('gpt-realtime')
    session.send({ type: 'response.cancel' })
    expect(log.at(-1)).toBe('a: sent response.cancel')
  })

  it('are reset when a connection opens, is lost, and closes', async () => {
    const log: string[] = []
    const server = droppable()
    const session = createSession({ transport: server.transport, stages: [logging('a', log)] })
    session.on('status', ({ status }) => log.push(status))
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    expect(log).toEqual(['connecting', 'a: reset', 'a: event session.created', 'open'])
    log.length = 0
    server.drop()
    expect(log.slice(0, 2)).toEqual(['a: reset', 'reconnecting'])
    log.length = 0
    await session.close()
    expect(log).toContain('a: reset')
    expect(log.at(-1)).toBe('closed')
  })

  it('make createSession throw what attach throws', () => {
    const refusing: Stage = {
      attach() {
        throw new Error('refused')
      },
    }
    expect(() => createSession({ transport: memoryPair()[0], stages: [refusing] })).toThrow('refused')
  })
})
