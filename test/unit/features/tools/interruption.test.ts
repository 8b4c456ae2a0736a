import { tool } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { sessionResource } from '../../../support/peer.js'
import {
  callEvents,
  callOf,
  cancelled,
  created,
  done,
  echo,
  failure,
  itemDone,
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

const interrupted = failure(
  'ABORTED',
  'The caller interrupted before the tool had finished. It may have had an effect all the same.',
)
const lost = failure(
  'ABORTED',
  'The connection was lost before the tool had finished. It may have had an effect all the same.',
)

describe('an interruption', () => {
  it('leaves a tool running, and what it finds is noted before anybody else is waited for', async () => {
    const first = slow('first')
    const second = slow('second')
    const peer = await startTools([first.tool, second.tool])
    await peer.say(created('r1'), done('r1', [callOf('first', 'c1'), callOf('second', 'c2')]))
    second.calls[0]?.resolve('booked')
    await peer.say(speechStarted)
    expect(first.calls[0]?.signal.aborted).toBe(false)
    expect(peer.outputs()).toEqual(['c2: booked'])
  })

  it('aborts a tool that wants it, and the model learns of it', async () => {
    const { tool: search, calls } = slow('search', { abortOn: ['interruption'] })
    const peer = await startTools([search])
    await peer.say(created('r1'), done('r1', [callOf('search', 'c1')]))
    await peer.say(speechStarted)
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED', data: { reason: 'interruption' } })
    expect(peer.outputs()).toEqual([`c1: ${interrupted}`])
    expect(peer.errors.map(({ shortMessage }) => shortMessage)).toEqual([
      'The call of "search" was aborted, because the user interrupted. Check the signal in execute to stop work early.',
    ])
  })

  it('aborts nothing when the session is not to be interrupted', async () => {
    const { tool: search, calls } = slow('search', { abortOn: ['interruption'] })
    const peer = await startTools([search])
    const turn_detection = { type: 'server_vad', interrupt_response: false }
    await peer.say({ type: 'session.updated', session: { ...sessionResource, audio: { input: { turn_detection } } } })
    await peer.say(created('r1'), done('r1', [callOf('search', 'c1')]), speechStarted)
    expect(calls[0]?.signal.aborted).toBe(false)
  })

  it('by this side aborts as well', async () => {
    const { tool: search, calls } = slow('search', { abortOn: ['interruption'] })
    const peer = await startTools([search])
    await peer.say(created('r1'), itemDone('r1', 0, callOf('search', 'c1')))
    peer.session.interrupt()
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
  })

  it('of a response leaves calls alone that were not written to their end', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute })])
    const item = callOf('pay', 'c1', '{"amount":1', 'incomplete')
    await peer.say(created('r1'), itemDone('r1', 0, item), done('r1', [item], 'cancelled', cancelled('turn_detected')))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([])
    expect(peer.sent('response.create')).toEqual([])
  })

  it('of a response lets its whole calls run, and notes what they find', async () => {
    const peer = await startTools([echo])
    const item = callOf('echo', 'c1', { text: 'a' })
    await peer.say(created('r1'), done('r1', [item], 'cancelled', cancelled('client_cancelled')))
    expect(peer.outputs()).toEqual(['c1: a'])
    expect(peer.sent('response.create')).toEqual([])
  })

  it('of a response keeps a tool that wants it from running at all', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute, abortOn: ['interruption'] })])
    await peer.say(created('r1'), done('r1', [callOf('pay', 'c1')], 'cancelled', cancelled('turn_detected')))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([`c1: ${interrupted}`])
  })
})

describe('the answer to the results', () => {
  it('waits until the caller has spoken, and is left to the response that the server begins by itself', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.say(created('r1'), done('r1', [callOf('slow', 'c1')]), speechStarted)
    calls[0]?.resolve('1')
    await settle()
    await peer.acknowledge()
    expect(peer.outputs()).toEqual(['c1: 1'])
    expect(peer.sent('response.create')).toEqual([])
    await peer.say(speechStopped, created('r2'), done('r2', [messageOf('It is 1.')]))
    await peer.clock.advance(60_000)
    expect(peer.sent('response.create')).toEqual([])
  })

  it('is asked for when the server does not answer the turn', async () => {
    const peer = await startTools([echo])
    await peer.say(speechStarted, created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.say(speechStopped)
    await peer.clock.advance(999)
    expect(peer.sent('response.create')).toEqual([])
    await peer.clock.advance(1)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is asked for in addition when the server began its response before it had the results', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.say(created('r1'), done('r1', [callOf('slow', 'c1')]), speechStarted, speechStopped, created('r2'))
    calls[0]?.resolve('1')
    await settle()
    await peer.acknowledge()
    expect(peer.sent('response.create')).toEqual([])
    await peer.say(done('r2', [messageOf('One moment.')]))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is reported when the server refuses it, and the next is not blocked', async () => {
    const peer = await startTools([echo])
    await peer.say(created('r1'), done('r1', [callOf('echo', 'c1')]))
    const { event_id } = await peer.hear('response.create')
    await peer.say({ type: 'error', error: { type: 'server_error', code: null, message: 'no', param: null, event_id } })
    expect(peer.errors).toMatchObject([{ code: 'ANSWER_REFUSED', cause: { code: 'SERVER_ERROR' } }])
    await peer.acknowledge()
    await peer.say(created('r2'), done('r2', [callOf('echo', 'c2')]))
    expect(peer.sent('response.create')).toHaveLength(2)
  })

  it('is asked for again when the first request gets lost', async () => {
    const peer = await startTools([echo])
    await peer.say(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.clock.advance(10_000)
    expect(peer.errors).toMatchObject([
      { code: 'OUTPUT_REFUSED' },
      { code: 'ANSWER_REFUSED', cause: { code: 'TIMEOUT' } },
    ])
    await peer.say(created('r2'), done('r2', [callOf('echo', 'c2')]))
    expect(peer.sent('response.create')).toHaveLength(2)
  })
})

describe('a lost connection', () => {
  it('aborts what runs; the new server learns of the call, of its fate, and is asked once', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startDroppable([slowTool])
    await peer.say(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    await peer.reconnect()
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED', data: { reason: 'connection_lost' } })
    expect(itemsIn(peer.log)).toMatchObject([
      { type: 'function_call', id: 'item_c1', call_id: 'c1', name: 'slow', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: lost },
    ])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
    expect(peer.log[0]).toMatchObject({ type: 'session.update', session: { tools: [{ name: 'slow' }] } })
  })

  it('does not abort a tool that goes on all the same; its result reaches the new server', async () => {
    const { tool: slowTool, calls } = slow('slow', { abortOn: [] })
    const peer = await startDroppable([slowTool])
    await peer.say(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    await peer.reconnect()
    expect(itemsIn(peer.log)).toEqual([])
    calls[0]?.resolve('found')
    await settle()
    await peer.acknowledgeAll()
    expect(itemsIn(peer.log)).toMatchObject([{ type: 'function_call', call_id: 'c1' }, { output: 'found' }])
  })

  it('before an output was acknowledged makes it be sent again, behind its call', async () => {
    const peer = await startDroppable([echo])
    await peer.say(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
    await peer.reconnect()
    expect(itemsIn(peer.log).map(({ type }) => type)).toEqual(['function_call', 'function_call_output'])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
  })

  it('after an output was acknowledged does not make the call run or be answered again', async () => {
    const execute = vi.fn(() => 'paid')
    const peer = await startDroppable([tool({ name: 'pay', execute })])
    await peer.say(...callEvents('pay', 'c1'), done('r1', [callOf('pay', 'c1')]))
    await peer.acknowledgeAll()
    await peer.say(created('r2'), done('r2', [messageOf('Paid.')]))
    await peer.reconnect()
    expect(execute).toHaveBeenCalledTimes(1)
    // The session restores the history; nothing of it is told twice.
    expect(outputsIn(peer.log)).toEqual(['c1: paid'])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toEqual([])
  })

  it('in the middle of a response answers the calls that were whole', async () => {
    const peer = await startDroppable([echo])
    await peer.say(...callEvents('echo', 'c1'))
    await peer.reconnect()
    expect(outputsIn(peer.log)).toEqual(['c1: nothing'])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
  })

  it('that does not come back leaves nothing behind', async () => {
    const { tool: slowTool, calls } = slow('slow', { abortOn: [] })
    const peer = await startDroppable([slowTool])
    await peer.say(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    peer.server.giveUp({ code: 1006, reason: '', wasClean: false })
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
    expect(peer.clock.pending).toBe(0)
  })
})
