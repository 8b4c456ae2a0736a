import { describe, expect, it } from 'vitest'
import { sessionResource } from '../../../support/peer.js'
import {
  callEvents,
  callOf,
  created,
  done,
  echo,
  itemsIn,
  messageOf,
  outputsIn,
  settle,
  slow,
  speechStarted,
  speechStopped,
  startDroppable,
  startTools,
} from './harness.js'

const creates = (log: readonly { type: string }[]) => log.filter(({ type }) => type === 'response.create')

describe('a half-open connection', () => {
  it.each([9_000, 25_000, 60_000])(
    'that is noticed after %d ms costs neither the output nor the follow-up',
    async (ms) => {
      const peer = await startDroppable([echo])
      await peer.sendEvents(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
      await peer.clock.advance(ms)
      await peer.reconnect()
      expect(itemsIn(peer.log).map(({ type }) => type)).toEqual(['function_call', 'function_call_output'])
      expect(creates(peer.log)).toHaveLength(1)
    },
  )

  it('costs the follow-up nothing when only the output was acknowledged', async () => {
    const peer = await startDroppable([echo])
    await peer.sendEvents(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledgeAll()
    await peer.clock.advance(40_000)
    await peer.reconnect()
    expect(outputsIn(peer.log)).toHaveLength(1)
    expect(creates(peer.log)).toHaveLength(1)
  })

  it('does not send the result of a background tool twice', async () => {
    const { tool: slowTool, calls } = slow('slow', { scheduling: 'background', abortOn: [] })
    const peer = await startDroppable([slowTool])
    await peer.sendEvents(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    calls[0]?.resolve('found')
    await settle()
    await peer.clock.advance(25_000)
    await peer.reconnect()
    expect(JSON.stringify(peer.log).split('found')).toHaveLength(2)
    expect(outputsIn(peer.log)).toEqual(['c1: found'])
    expect(creates(peer.log)).toHaveLength(1)
  })
})

describe('a background tool', () => {
  it.each([0, 11_000, 300_000])('that finishes %d ms before the end of an outage is reported', async (ms) => {
    const { tool: slowTool, calls } = slow('slow', { scheduling: 'background', abortOn: [], timeoutMs: 600_000 })
    const peer = await startDroppable([slowTool])
    await peer.sendEvents(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    await peer.acknowledgeAll()
    await peer.sendEvents(created('r2'), done('r2', [messageOf('It takes a while.')]))
    await peer.drop()
    calls[0]?.resolve('found')
    await settle()
    await peer.clock.advance(ms)
    await peer.restore()
    expect(JSON.stringify(itemsIn(peer.log).at(-1))).toContain('has finished: found')
    expect(creates(peer.log)).toHaveLength(1)
  })
})

describe('a follow-up', () => {
  it('is requested when turn detection is switched off while the caller speaks', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]), speechStarted)
    calls[0]?.resolve('found')
    await settle()
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, audio: { input: { turn_detection: null } } },
    })
    expect(peer.session.getState().inputAudio.isSpeaking).toBe(false)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('that waits behind a long response is not reported as refused', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]))
    const other = peer.session.respond()
    await settle()
    await peer.sendEvents(created('r0'))
    calls[0]?.resolve('found')
    await settle()
    await peer.acknowledge()
    await peer.clock.advance(11_000)
    await peer.sendEvents(done('r0', [messageOf('A long story.')]))
    await other.done
    await peer.clock.advance(9_999)
    expect(peer.errors).toEqual([])
    await peer.clock.advance(1)
    expect(peer.errors).toMatchObject([{ code: 'ANSWER_REFUSED', cause: { code: 'TIMEOUT' } }])
  })

  it('that the server creates after 12 s is kept', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.clock.advance(12_000)
    const { response } = await peer.expectSent('response.create')
    await peer.sendEvents(created('r2', response as object), done('r2', [messageOf('It is a.')]))
    expect(peer.sent('response.cancel')).toEqual([])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('that got no reply within 30 s is requested again after the next turn of the caller', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.clock.advance(30_000)
    await peer.sendEvents(speechStarted, speechStopped)
    await peer.clock.advance(1_000)
    expect(peer.sent('response.create')).toHaveLength(2)
  })

  it('that got no reply within 30 s is requested again when its response is created after all', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.clock.advance(30_000)
    const { response } = await peer.expectSent('response.create')
    await peer.sendEvents(created('r2', response as object))
    expect(peer.sent('response.cancel')).toMatchObject([{ response_id: 'r2' }])
    await peer.sendEvents(done('r2', [], 'cancelled'))
    expect(peer.sent('response.create')).toHaveLength(2)
  })
})
