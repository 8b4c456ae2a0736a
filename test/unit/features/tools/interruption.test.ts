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
  it('keeps a tool running, and its output is sent before the other tools finish', async () => {
    const first = slow('first')
    const second = slow('second')
    const peer = await startTools([first.tool, second.tool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('first', 'c1'), callOf('second', 'c2')]))
    second.calls[0]?.resolve('booked')
    await peer.sendEvents(speechStarted)
    expect(first.calls[0]?.signal.aborted).toBe(false)
    expect(peer.outputs()).toEqual(['c2: booked'])
  })

  it('aborts a tool with abortOn, and sends an output', async () => {
    const { tool: search, calls } = slow('search', { abortOn: ['interruption'] })
    const peer = await startTools([search])
    await peer.sendEvents(created('r1'), done('r1', [callOf('search', 'c1')]))
    await peer.sendEvents(speechStarted)
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED', data: { reason: 'interruption' } })
    expect(peer.outputs()).toEqual([`c1: ${interrupted}`])
    expect(peer.errors.map(({ shortMessage }) => shortMessage)).toEqual([
      'The call of "search" was aborted, because the user interrupted. Check the signal in execute to stop work early.',
    ])
  })

  it('aborts nothing when interrupt_response is false', async () => {
    const { tool: search, calls } = slow('search', { abortOn: ['interruption'] })
    const peer = await startTools([search])
    const turn_detection = { type: 'server_vad', interrupt_response: false }
    await peer.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, audio: { input: { turn_detection } } },
    })
    await peer.sendEvents(created('r1'), done('r1', [callOf('search', 'c1')]), speechStarted)
    expect(calls[0]?.signal.aborted).toBe(false)
  })

  it('by the app aborts a tool with abortOn', async () => {
    const { tool: search, calls } = slow('search', { abortOn: ['interruption'] })
    const peer = await startTools([search])
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('search', 'c1')))
    peer.session.interrupt()
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
  })

  it('runs no incomplete call', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute })])
    const item = callOf('pay', 'c1', '{"amount":1', 'incomplete')
    await peer.sendEvents(
      created('r1'),
      itemDone('r1', 0, item),
      done('r1', [item], 'cancelled', cancelled('turn_detected')),
    )
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([])
    expect(peer.sent('response.create')).toEqual([])
  })

  it('runs complete calls, and sends their outputs', async () => {
    const peer = await startTools([echo])
    const item = callOf('echo', 'c1', { text: 'a' })
    await peer.sendEvents(created('r1'), done('r1', [item], 'cancelled', cancelled('client_cancelled')))
    expect(peer.outputs()).toEqual(['c1: a'])
    expect(peer.sent('response.create')).toEqual([])
  })

  it('starts no tool with abortOn', async () => {
    const execute = vi.fn()
    const peer = await startTools([tool({ name: 'pay', execute, abortOn: ['interruption'] })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1')], 'cancelled', cancelled('turn_detected')))
    expect(execute).not.toHaveBeenCalled()
    expect(peer.outputs()).toEqual([`c1: ${interrupted}`])
  })
})

describe('the response to the outputs', () => {
  it('is left to the automatic response after the turn of the caller', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.sendEvents(created('r1'), done('r1', [callOf('slow', 'c1')]), speechStarted)
    calls[0]?.resolve('1')
    await settle()
    await peer.acknowledge()
    expect(peer.outputs()).toEqual(['c1: 1'])
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(speechStopped, created('r2'), done('r2', [messageOf('It is 1.')]))
    await peer.clock.advance(60_000)
    expect(peer.sent('response.create')).toEqual([])
  })

  it('is requested when the server does not respond to the turn', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(speechStarted, created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents(speechStopped)
    await peer.clock.advance(999)
    expect(peer.sent('response.create')).toEqual([])
    await peer.clock.advance(1)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is requested when the app commits the turn while the server detects speech', async () => {
    const peer = await startTools([echo])
    const turn_detection = { type: 'server_vad' }
    await peer.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, audio: { input: { turn_detection } } },
    })
    await peer.sendEvents(speechStarted, created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents({ type: 'input_audio_buffer.committed', previous_item_id: null, item_id: 'item_u' })
    await peer.clock.advance(999)
    expect(peer.sent('response.create')).toEqual([])
    await peer.clock.advance(1)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is left to the response that another part of the app requests after a turn without an automatic one', async () => {
    const peer = await startTools([echo])
    const turn_detection = { type: 'server_vad', create_response: false }
    const byApp = { metadata: { client_event_id: 'event_app' } }
    await peer.sendEvents({
      type: 'session.updated',
      session: { ...sessionResource, audio: { input: { turn_detection } } },
    })
    await peer.sendEvents(speechStarted, created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.acknowledge()
    await peer.sendEvents(speechStopped)
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(created('r2', byApp), done('r2', [messageOf('It is 1.')]))
    await peer.clock.advance(60_000)
    expect(peer.sent('response.create')).toEqual([])
    // The next turn has its response before the output is known.
    await peer.sendEvents(speechStarted, speechStopped, created('r3', byApp), done('r3', [callOf('echo', 'c2')]))
    await peer.acknowledge()
    expect(peer.sent('response.create')).toHaveLength(1)
    // A response without a turn does not reply to the outputs.
    await peer.sendEvents(created('r4', byApp), done('r4', []))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is requested when the automatic response started before the outputs', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startTools([slowTool])
    await peer.sendEvents(
      created('r1'),
      done('r1', [callOf('slow', 'c1')]),
      speechStarted,
      speechStopped,
      created('r2'),
    )
    calls[0]?.resolve('1')
    await settle()
    await peer.acknowledge()
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(done('r2', [messageOf('One moment.')]))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is reported when the server rejects it, and does not block the next one', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    const { event_id } = await peer.expectSent('response.create')
    await peer.sendEvents({
      type: 'error',
      error: { type: 'server_error', code: null, message: 'no', param: null, event_id },
    })
    expect(peer.errors).toMatchObject([{ code: 'ANSWER_REFUSED', cause: { code: 'SERVER_ERROR' } }])
    await peer.acknowledge()
    await peer.sendEvents(created('r2'), done('r2', [callOf('echo', 'c2')]))
    expect(peer.sent('response.create')).toHaveLength(2)
  })

  it('is requested again when the first request is lost', async () => {
    const peer = await startTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.clock.advance(10_000)
    expect(peer.errors).toMatchObject([
      { code: 'OUTPUT_REFUSED' },
      { code: 'ANSWER_REFUSED', cause: { code: 'TIMEOUT' } },
    ])
    await peer.sendEvents(created('r2'), done('r2', [callOf('echo', 'c2')]))
    expect(peer.sent('response.create')).toHaveLength(2)
  })
})

describe('a lost connection', () => {
  it('aborts running tools, and restores their calls and outputs with one request', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const peer = await startDroppable([slowTool])
    await peer.sendEvents(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    await peer.reconnect()
    expect(calls[0]?.signal.reason).toMatchObject({ code: 'ABORTED', data: { reason: 'connection_lost' } })
    expect(itemsIn(peer.log)).toMatchObject([
      { type: 'function_call', id: 'item_c1', call_id: 'c1', name: 'slow', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: lost },
    ])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
    expect(peer.log[0]).toMatchObject({ type: 'session.update', session: { tools: [{ name: 'slow' }] } })
  })

  it('does not abort a tool with abortOn: [], and its output is sent on the next connection', async () => {
    const { tool: slowTool, calls } = slow('slow', { abortOn: [] })
    const peer = await startDroppable([slowTool])
    await peer.sendEvents(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    await peer.reconnect()
    expect(itemsIn(peer.log)).toEqual([])
    calls[0]?.resolve('found')
    await settle()
    await peer.acknowledgeAll()
    expect(itemsIn(peer.log)).toMatchObject([{ type: 'function_call', call_id: 'c1' }, { output: 'found' }])
  })

  it('before an output was acknowledged sends it again after its call', async () => {
    const peer = await startDroppable([echo])
    await peer.sendEvents(...callEvents('echo', 'c1'), done('r1', [callOf('echo', 'c1')]))
    await peer.reconnect()
    expect(itemsIn(peer.log).map(({ type }) => type)).toEqual(['function_call', 'function_call_output'])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
  })

  it('after an output was acknowledged neither runs the call nor sends the output again', async () => {
    const execute = vi.fn(() => 'paid')
    const peer = await startDroppable([tool({ name: 'pay', execute })])
    await peer.sendEvents(...callEvents('pay', 'c1'), done('r1', [callOf('pay', 'c1')]))
    await peer.acknowledgeAll()
    await peer.sendEvents(created('r2'), done('r2', [messageOf('Paid.')]))
    await peer.reconnect()
    expect(execute).toHaveBeenCalledTimes(1)
    // The session restores the history; nothing of it is told twice.
    expect(outputsIn(peer.log)).toEqual(['c1: paid'])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toEqual([])
  })

  it('during a response sends the outputs of complete calls', async () => {
    const peer = await startDroppable([echo])
    await peer.sendEvents(...callEvents('echo', 'c1'))
    await peer.reconnect()
    expect(outputsIn(peer.log)).toEqual(['c1: nothing'])
    expect(peer.log.filter(({ type }) => type === 'response.create')).toHaveLength(1)
  })

  it('that is final releases all resources', async () => {
    const { tool: slowTool, calls } = slow('slow', { abortOn: [] })
    const peer = await startDroppable([slowTool])
    await peer.sendEvents(...callEvents('slow', 'c1'), done('r1', [callOf('slow', 'c1')]))
    peer.server.giveUp({ code: 1006, reason: '', wasClean: false })
    await settle()
    expect(calls[0]?.signal.aborted).toBe(true)
    expect(peer.clock.pending).toBe(0)
  })
})
