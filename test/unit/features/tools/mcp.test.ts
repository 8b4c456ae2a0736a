import { createApprovals, createSession, runMcp, runTools, type ToolError } from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { droppable } from '../../../support/droppable.js'
import { createPeer, type Json, sessionResource } from '../../../support/peer.js'
import {
  callOf,
  cancelled,
  created,
  done,
  echo,
  itemDone,
  messageOf,
  settle,
  startDroppable,
  withTools,
} from './harness.js'

async function startMcp(options: Parameters<typeof runMcp>[1] = {}) {
  const peer = createPeer()
  await peer.connect()
  const mcp = runMcp(peer.session, options)
  const run = runTools(peer.session, [echo])
  const errors: ToolError[] = []
  mcp.on('error', (error) => errors.push(error))
  const tooled = withTools(peer, run, errors)
  await tooled.acknowledgeUpdate()
  return Object.assign(tooled, { mcp })
}

const requestOf = (id: string, args = '{"q":"zod"}'): Json => ({
  id,
  type: 'mcp_approval_request',
  server_label: 'docs',
  name: 'search',
  arguments: args,
})
const mcpCall = (id: string, fields: object = {}): Json => ({
  id,
  type: 'mcp_call',
  server_label: 'docs',
  name: 'search',
  arguments: '{"q":"zod"}',
  ...fields,
})
const conversationDone = (item: object): Json => ({ type: 'conversation.item.done', previous_item_id: null, item })
const callEvent = (status: string, item_id: string): Json => ({
  type: `response.mcp_call.${status}`,
  item_id,
  output_index: 0,
})
const added = (responseId: string, item: object): Json => ({
  type: 'response.output_item.added',
  response_id: responseId,
  output_index: 0,
  item,
})
const answersIn = (peer: { sent(type: string): Json[] }) =>
  peer.sent('conversation.item.create').flatMap(({ item }) => {
    const { type, approval_request_id, approve, reason } = item as Json
    return type === 'mcp_approval_response' ? [{ approval_request_id, approve, reason }] : []
  })

describe('an MCP approval', () => {
  it('is requested once, shows the call, and sends the decision', async () => {
    const peer = await startMcp()
    const item = requestOf('mcpr_1')
    await peer.sendEvents(created('r1'), conversationDone(item), itemDone('r1', 0, item), done('r1', [item]))
    const { approvals } = peer.mcp
    expect(approvals.pending).toEqual([
      { id: 'mcpr_1', kind: 'mcp', tool: 'search', serverLabel: 'docs', arguments: { q: 'zod' } },
    ])
    expect(Object.isFrozen(approvals.pending[0]?.arguments)).toBe(true)
    approvals.approve('mcpr_1')
    await settle()
    expect(answersIn(peer)).toEqual([{ approval_request_id: 'mcpr_1', approve: true, reason: undefined }])
  })

  it('that is rejected sends the reason, and requests a response', async () => {
    const peer = await startMcp()
    const item = requestOf('mcpr_1', 'no json')
    await peer.sendEvents(created('r1'), itemDone('r1', 0, item), done('r1', [item]))
    expect(peer.mcp.approvals.pending[0]?.arguments).toBe('no json')
    peer.mcp.approvals.reject('mcpr_1', 'not now')
    await settle()
    await peer.acknowledge()
    expect(answersIn(peer)).toEqual([{ approval_request_id: 'mcpr_1', approve: false, reason: 'not now' }])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('that is rejected requests a response when the request is no output of the response', async () => {
    const peer = await startMcp()
    const request = requestOf('mcpr_1')
    const call = mcpCall('m1')
    await peer.sendEvents(created('r1'), added('r1', call), conversationDone(request), done('r1', [call]))
    peer.mcp.approvals.reject('mcpr_1')
    await settle()
    await peer.acknowledge()
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('that is rejected does not finish an equal call that runs', async () => {
    const peer = await startMcp()
    const calls = [mcpCall('m1'), mcpCall('m2')]
    await peer.sendEvents(
      created('r1'),
      ...calls.map((call) => added('r1', call)),
      callEvent('in_progress', 'm1'),
      conversationDone(requestOf('mcpr_1')),
      done('r1', calls),
    )
    peer.mcp.approvals.reject('mcpr_1')
    await settle()
    await peer.acknowledge()
    expect(peer.sent('response.create')).toHaveLength(0)
    await peer.sendEvents(callEvent('completed', 'm1'))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('that the server rejects still leads to a response', async () => {
    const peer = await startMcp()
    const item = requestOf('mcpr_1')
    await peer.sendEvents(created('r1'), itemDone('r1', 0, item), done('r1', [item]))
    peer.mcp.approvals.approve('mcpr_1')
    await settle()
    const { event_id } = await peer.expectSent('conversation.item.create')
    const error = { type: 'invalid_request_error', code: null, message: 'no', param: null, event_id }
    await peer.sendEvents({ type: 'error', error })
    expect(peer.errors).toMatchObject([{ code: 'APPROVAL_REFUSED', data: { requestId: 'mcpr_1' } }])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it.each(['joined', 'own'] as const)('is requested again after a reconnect to the same session (%s)', async (kind) => {
    const { sendEvents, acknowledgeAll, session, reconnect, log } = await startDroppable([], {}, kind)
    const { approvals } = runMcp(session)
    const item = requestOf('mcpr_1')
    const given = requestOf('mcpr_2')
    await sendEvents(created('r1'), conversationDone(item), conversationDone(given), done('r1', [item, given]))
    approvals.approve('mcpr_2')
    await acknowledgeAll()
    await reconnect()
    expect(approvals.pending.map(({ id }) => id)).toEqual(kind === 'joined' ? ['mcpr_1'] : [])
    approvals.approve('mcpr_1')
    await acknowledgeAll()
    const told = log.filter(({ type }) => type === 'conversation.item.create').map(({ item }) => item)
    expect(told).toMatchObject(kind === 'joined' ? [{ approval_request_id: 'mcpr_1', approve: true }] : [])
  })

  it('without a decision in time is rejected', async () => {
    const peer = await startMcp()
    await peer.sendEvents(created('r1'), itemDone('r1', 0, requestOf('mcpr_1')))
    await peer.clock.advance(60_000)
    expect(answersIn(peer)).toEqual([
      { approval_request_id: 'mcpr_1', approve: false, reason: 'The call was not approved in time.' },
    ])
  })

  it('that the server rejects is reported', async () => {
    const peer = await startMcp()
    await peer.sendEvents(created('r1'), itemDone('r1', 0, requestOf('mcpr_1')))
    peer.mcp.approvals.approve('mcpr_1')
    const { event_id } = await peer.expectSent('conversation.item.create')
    const error = { type: 'invalid_request_error', code: 'x', message: 'no', param: null, event_id }
    await peer.sendEvents({ type: 'error', error })
    expect(peer.errors.map(({ shortMessage }) => shortMessage)).toEqual([
      'The server did not accept the decision about the approval request mcpr_1. Read error.cause for the reason.',
    ])
  })

  it('uses the same queue as function calls', async () => {
    const approvals = createApprovals()
    const peer = createPeer()
    expect(runMcp(peer.session, { approvals }).approvals).toBe(runTools(peer.session, [], { approvals }).approvals)
  })

  it('is withdrawn when the connection is lost', async () => {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const mcp = runMcp(session)
    const connecting = session.connect()
    await settle()
    server.sendEvents({ type: 'session.created', session: sessionResource })
    await connecting
    server.sendEvents(created('r1'), itemDone('r1', 0, requestOf('mcpr_1')))
    expect(mcp.approvals.pending).toHaveLength(1)
    server.drop()
    await settle()
    expect(mcp.approvals.pending).toEqual([])
    await session.close()
    expect(clock.pending).toBe(0)
  })
})

describe('MCP calls', () => {
  it('lead to one response, when their response is done and all calls are complete', async () => {
    const peer = await startMcp()
    await peer.sendEvents(
      created('r1'),
      added('r1', mcpCall('m1')),
      added('r1', mcpCall('m2')),
      callEvent('completed', 'm1'),
    )
    await peer.sendEvents(done('r1', [mcpCall('m1', { output: 'a' }), mcpCall('m2')]))
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(callEvent('failed', 'm2'))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('lead to a response after the approved call is complete', async () => {
    const peer = await startMcp()
    const item = requestOf('mcpr_1')
    await peer.sendEvents(created('r1'), itemDone('r1', 0, item), done('r1', [item]))
    peer.mcp.approvals.approve('mcpr_1')
    await settle()
    await peer.acknowledge()
    const call = mcpCall('m1', { approval_request_id: 'mcpr_1' })
    await peer.sendEvents(conversationDone(call), callEvent('in_progress', 'm1'))
    expect(peer.sent('response.create')).toEqual([])
    await peer.sendEvents(callEvent('completed', 'm1'))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('lead to no response when their response contains the answer', async () => {
    const peer = await startMcp()
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), callEvent('completed', 'm1'))
    await peer.sendEvents(done('r1', [mcpCall('m1', { output: 'a' }), messageOf('It is a.')]))
    expect(peer.sent('response.create')).toEqual([])
  })

  it('lead to no response when the caller has interrupted', async () => {
    const peer = await startMcp()
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), callEvent('completed', 'm1'))
    await peer.sendEvents(done('r1', [mcpCall('m1', { output: 'a' })], 'cancelled', cancelled('turn_detected')))
    expect(peer.sent('response.create')).toEqual([])
  })

  it('lead to no response with the option', async () => {
    const peer = await startMcp({ answer: 'manual' })
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), callEvent('completed', 'm1'))
    await peer.sendEvents(done('r1', [mcpCall('m1', { output: 'a' })]))
    expect(peer.sent('response.create')).toEqual([])
  })

  it('and function calls in one response lead to one follow-up response', async () => {
    const peer = await startMcp()
    const items = [callOf('echo', 'c1'), mcpCall('m1')]
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), done('r1', items))
    await peer.sendEvents(callEvent('completed', 'm1'))
    await peer.acknowledge()
    const metadata = peer.sent('response.create').map(({ response }) => (response as Json).metadata)
    await peer.sendEvents(created('r2', { metadata: metadata[0] }), done('r2', [messageOf('Both.')]))
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it.each([
    ['completed', { output: 'found' }],
    ['failed', { error: { type: 'http_error', code: 500, message: 'no' } }],
  ])('are reported as complete (%s) with their item', async (status, fields) => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('call', (event) => told.push([event.status, event.item?.output, event.item?.error]))
    await peer.sendEvents(
      created('r1'),
      added('r1', mcpCall('m1')),
      callEvent('in_progress', 'm1'),
      callEvent(status, 'm1'),
    )
    expect(told).toEqual([['in_progress', undefined, undefined]])
    await peer.sendEvents(itemDone('r1', 0, mcpCall('m1', fields)), done('r1', [mcpCall('m1', fields)]))
    const { output, error } = fields as { output?: string; error?: object }
    expect(told.slice(1)).toEqual([[status, output, error]])
    await peer.clock.advance(10_000)
    expect(told).toHaveLength(2)
  })

  it('that outlast their response are reported as complete with their item', async () => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('call', (event) => told.push([event.status, event.item?.output]))
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), done('r1', [mcpCall('m1')]))
    await peer.sendEvents(callEvent('completed', 'm1'), itemDone('r1', 0, mcpCall('m1', { output: 'found' })))
    expect(told).toEqual([['completed', 'found']])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('are reported as complete without an item after a second, or when the session closes', async () => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('call', (event) => told.push([event.itemId, event.status, event.item?.name]))
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), callEvent('completed', 'm1'))
    await peer.clock.advance(1_000)
    await peer.sendEvents(callEvent('failed', 'm2'))
    await peer.session.close()
    expect(told).toEqual([
      ['m1', 'completed', 'search'],
      ['m2', 'failed', undefined],
    ])
  })

  it('report progress, also without an output', async () => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('call', ({ itemId, status, item }) => told.push([itemId, status, item?.name, item?.output]))
    await peer.sendEvents(created('r1'), added('r1', mcpCall('m1')), callEvent('in_progress', 'm1'))
    await peer.sendEvents(itemDone('r1', 0, mcpCall('m1')), callEvent('completed', 'm1'))
    expect(told).toEqual([
      ['m1', 'in_progress', 'search', undefined],
      ['m1', 'completed', 'search', undefined],
    ])
  })
})

describe('an MCP listing', () => {
  const listing = (id: string) => ({
    id,
    type: 'mcp_list_tools',
    server_label: 'docs',
    tools: [{ name: 'search', input_schema: { type: 'object' } }],
  })
  const listEvent = (status: string): Json => ({ type: `mcp_list_tools.${status}`, item_id: 'l1' })

  it.each([
    ['before', [listEvent('in_progress'), conversationDone(listing('l1')), listEvent('completed')]],
    ['after', [listEvent('in_progress'), listEvent('completed'), conversationDone(listing('l1'))]],
  ])('reports its tools when the item arrives %s completion', async (_when, events) => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('listing', ({ status, serverLabel, tools }) =>
      told.push([status, serverLabel, tools.map(({ name }) => name)]),
    )
    await peer.sendEvents(...events)
    expect(told.at(0)).toEqual(['in_progress', undefined, []])
    expect(told.at(-1)).toEqual(['completed', 'docs', ['search']])
  })

  it('reports its tools when the item was added without them', async () => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('listing', ({ status, tools }) => told.push([status, tools.map(({ name }) => name)]))
    const item = { ...listing('l1'), tools: [] }
    await peer.sendEvents({ type: 'conversation.item.added', previous_item_id: null, item })
    await peer.sendEvents(listEvent('in_progress'), listEvent('completed'), conversationDone(listing('l1')))
    expect(told).toEqual([
      ['in_progress', []],
      ['completed', ['search']],
    ])
  })

  it.each([
    ['before', [conversationDone({ ...listing('l1'), tools: [] }), listEvent('completed')]],
    ['after', [listEvent('completed'), conversationDone({ ...listing('l1'), tools: [] })]],
  ])('of a server without tools is reported when its item is done %s the completion', async (_when, events) => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('listing', ({ status }) => told.push(status))
    await peer.sendEvents(listEvent('in_progress'), ...events)
    expect(told.at(-1)).toBe('completed')
    expect(told.filter((status) => status === 'completed')).toHaveLength(1)
  })

  it('reports a failure', async () => {
    const peer = await startMcp()
    const told: unknown[] = []
    peer.mcp.on('listing', ({ itemId, status }) => told.push([itemId, status]))
    await peer.sendEvents(listEvent('failed'))
    expect(told).toEqual([['l1', 'failed']])
  })
})
