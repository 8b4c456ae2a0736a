import {
  createSession,
  type InterruptedCall,
  type RegisteredTool,
  type RunToolsOptions,
  runAgents,
  runFallback,
  runTools,
  type ToolError,
  tool,
} from 'realtime-primitives'
import { createManualClock } from 'realtime-primitives/testing'
import { describe, expect, it } from 'vitest'
import { droppable } from '../../../support/droppable.js'
import { type Json, sessionResource } from '../../../support/peer.js'
import { callOf, created, done, echo, failure, itemDone, outputsIn, settle, speechStarted } from './harness.js'

const unknown = failure('UNKNOWN_TOOL', 'There is no such tool: the tools are none.')

/** Tools of a session whose server has not acknowledged them. The test sends each event of the server. */
async function startUnregistered(
  tools: readonly RegisteredTool[],
  { kind = 'own', ...options }: RunToolsOptions & { kind?: 'own' | 'joined' } = {},
) {
  const server = droppable(kind === 'own' ? 'events' : 'media', kind)
  const clock = createManualClock()
  const session = createSession({ transport: server.transport, clock, requestTimeoutMs: 10_000 })
  const run = runTools(session, tools, options)
  const errors: string[] = []
  run.on('error', ({ code }: ToolError) => errors.push(code))
  return { ...wire(server), session, run, errors, clock }
}

function wire(server: ReturnType<typeof droppable>) {
  const acknowledged = new Set<unknown>()
  const sent = () => server.connections.flat()
  const sendEvents = async (...events: Json[]) => {
    server.sendEvents(...events)
    await settle()
  }
  /** The handshake of a session that this client creates. */
  const greet = () => sendEvents({ type: 'session.created', session: sessionResource })
  return {
    server,
    sendEvents,
    greet,
    /** The connection is lost, and a new server session replaces the old one. */
    async reconnect() {
      server.drop()
      await settle()
      server.connections.length = 0
      server.restore()
      await greet()
    },
    /** Acknowledges the oldest update that was not acknowledged. */
    async acknowledgeUpdate() {
      const update = sent().find((event) => event.type === 'session.update' && !acknowledged.has(event))
      acknowledged.add(update)
      await sendEvents({ type: 'session.updated', session: { ...sessionResource, ...(update?.session as object) } })
    },
    /** Refuses the oldest update that was not acknowledged. */
    async refuseUpdate() {
      const update = sent().find((event) => event.type === 'session.update' && !acknowledged.has(event))
      acknowledged.add(update)
      const error = { type: 'invalid_request_error', code: 'invalid_value', message: 'no', event_id: update?.event_id }
      await sendEvents({ type: 'error', error })
    },
    outputs: () => outputsIn(sent()),
    items: () => sent().flatMap(({ type, item }) => (type === 'conversation.item.create' ? [item as Json] : [])),
  }
}

type ToolSession = Awaited<ReturnType<typeof startUnregistered>>

describe('a call before the first acknowledgement of tools', () => {
  it('in a joined session, during the handshake: waits and runs', async () => {
    const peer = await startUnregistered([echo], { kind: 'joined' })
    const connecting = peer.session.connect()
    await settle()
    await peer.sendEvents(done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    // The acknowledgement of the handshake, after which the session registers its tools.
    await peer.acknowledgeUpdate()
    await connecting
    await settle()
    expect(peer.outputs()).toEqual([])
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual(['c1: hello'])
    expect(peer.errors).toEqual([])
  })

  it.each([
    ['whose response is done', [done('r1', [callOf('echo', 'c1', { text: 'hello' })])]],
    [
      'that is streamed',
      [
        itemDone('r1', 0, callOf('echo', 'c1', { text: 'hello' })),
        done('r1', [callOf('echo', 'c1', { text: 'hello' })]),
      ],
    ],
    [
      'whose arguments come before its item',
      [
        {
          type: 'response.function_call_arguments.done',
          response_id: 'r1',
          call_id: 'c1',
          arguments: '{"text":"hello"}',
        },
        itemDone('r1', 0, callOf('echo', 'c1', '')),
        done('r1', [callOf('echo', 'c1', { text: 'hello' })]),
      ],
    ],
  ] as const)('in an open session, for a call %s: waits and runs once', async (_what, events) => {
    const peer = await startUnregistered([echo])
    const connecting = peer.session.connect()
    await settle()
    await peer.greet()
    await connecting
    await peer.sendEvents(created('r1'), ...(events as readonly Json[]))
    expect(peer.outputs()).toEqual([])
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual(['c1: hello'])
    await peer.sendEvents(done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    expect(peer.outputs()).toHaveLength(1)
  })

  it('whose response is streamed until after the acknowledgement: runs once, and its output follows the response', async () => {
    const peer = await openUnregistered([echo])
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('echo', 'c1', { text: 'hello' })))
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual([])
    await peer.sendEvents(done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    expect(peer.outputs()).toEqual(['c1: hello'])
  })

  it('of several: their outputs are sent in the order of the calls', async () => {
    const peer = await openUnregistered([echo])
    const calls = ['c1', 'c2', 'c3'].map((id) => callOf(id === 'c2' ? 'nothing' : 'echo', id, { text: id }))
    await peer.sendEvents(created('r1'), done('r1', calls))
    await peer.acknowledgeUpdate()
    await settle()
    const ids = peer.items().map(({ call_id }) => call_id)
    expect(ids).toEqual(['c1', 'c2', 'c3'])
    expect(peer.outputs()[1]).toContain('the tools are echo')
  })

  it('when the server refuses the tools: fails with UNKNOWN_TOOL', async () => {
    const peer = await openUnregistered([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.refuseUpdate()
    expect(peer.outputs()).toEqual([`c1: ${unknown}`])
    expect(peer.errors.sort()).toEqual(['TOOLS_REFUSED', 'UNKNOWN_TOOL'])
    await peer.sendEvents(created('r2'), done('r2', [callOf('echo', 'c2')]))
    expect(peer.outputs()).toHaveLength(2)
  })

  it('when the server refuses the tools and others are pending: runs with those', async () => {
    const other = tool({ name: 'other', execute: () => 'other' })
    const peer = await openUnregistered([echo])
    const changed = peer.run.setTools([other])
    await peer.sendEvents(created('r1'), done('r1', [callOf('other', 'c1')]))
    await peer.refuseUpdate()
    expect(peer.outputs()).toEqual([])
    await peer.acknowledgeUpdate()
    await changed
    expect(peer.outputs()).toEqual(['c1: other'])
  })

  it('when the first tools were refused and the app registers again: waits for that', async () => {
    const peer = await openUnregistered([echo])
    await peer.refuseUpdate()
    const changed = peer.run.setTools([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    expect(peer.outputs()).toEqual([])
    await peer.acknowledgeUpdate()
    await changed
    expect(peer.outputs()).toEqual(['c1: hello'])
  })

  it('when the server never acknowledges: fails after 10 s', async () => {
    const peer = await openUnregistered([echo])
    await peer.clock.advance(2_000)
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.clock.advance(7_999)
    expect(peer.outputs()).toEqual([])
    await peer.clock.advance(1)
    await settle()
    expect(peer.outputs()).toEqual([`c1: ${unknown}`])
    expect(peer.errors.toSorted()).toEqual(['TOOLS_REFUSED', 'UNKNOWN_TOOL'])
  })

  it('when the acknowledgement follows other events after a stall: runs', async () => {
    const peer = await openUnregistered([echo])
    await peer.clock.advance(20_000)
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    await peer.clock.advance(500)
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual(['c1: hello'])
    expect(peer.errors).toEqual([])
  })

  it('when the server never acknowledges and is silent: fails 1 s after it sends something', async () => {
    const peer = await openUnregistered([echo])
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    await peer.clock.advance(20_000)
    expect(peer.outputs()).toEqual([])
    await peer.sendEvents(speechStarted)
    await peer.clock.advance(999)
    expect(peer.outputs()).toEqual([])
    await peer.clock.advance(1)
    await settle()
    expect(peer.outputs()).toEqual([`c1: ${unknown}`])
  })

  it('when the server is silent while runFallback plays a message: registers the tools on the next connection', async () => {
    const peer = await openUnregistered([echo])
    runFallback(peer.session, { startTimeoutMs: 4_000, message: () => ({ text: 'One moment, please.' }) })
    await peer.clock.advance(8_000)
    peer.session.respond()
    await peer.clock.advance(8_000)
    await peer.reconnect()
    await peer.acknowledgeUpdate()
    await peer.run.ready
    expect(peer.errors).toEqual([])
  })

  it('when the connection was half-open: registers the tools on the next connection', async () => {
    const peer = await openUnregistered([echo])
    await peer.clock.advance(20_000)
    await peer.reconnect()
    await peer.clock.advance(5_000)
    await peer.acknowledgeUpdate()
    await peer.run.ready
    expect(peer.errors).toEqual([])
  })

  it('when the connection is lost for a minute: registers the tools on the next connection', async () => {
    const peer = await openUnregistered([echo])
    peer.server.drop()
    await peer.clock.advance(60_000)
    peer.server.connections.length = 0
    peer.server.restore()
    await peer.greet()
    await peer.acknowledgeUpdate()
    await peer.run.ready
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    expect(peer.outputs()).toEqual(['c1: hello'])
    expect(peer.errors).toEqual([])
  })

  it('when the connection is lost: runs on the next connection, whose server receives the call with its output', async () => {
    const peer = await openUnregistered([echo])
    await peer.sendEvents(
      created('r1'),
      { type: 'conversation.item.added', previous_item_id: null, item: callOf('echo', 'c1', { text: 'hello' }) },
      done('r1', [callOf('echo', 'c1', { text: 'hello' })]),
    )
    await peer.reconnect()
    // Of the handshake, if it sends a configuration, and of the registration.
    for (let update = 0; update < 2 && peer.outputs().length === 0; update++) await peer.acknowledgeUpdate()
    expect(peer.items().map(({ type }) => type)).toEqual(['function_call', 'function_call_output'])
    expect(peer.outputs()).toEqual(['c1: hello'])
  })

  it.each([
    ['the tools are stopped', (peer: ToolSession): void => peer.run.stop()],
    ['the session is closed', (peer: ToolSession): void => void peer.session.close()],
  ] as const)('when %s: never runs, and no timer is left', async (_what, end) => {
    const runs: string[] = []
    const peer = await openUnregistered([tool({ name: 'count', execute: () => void runs.push('count') })])
    await peer.sendEvents(created('r1'), done('r1', [callOf('count', 'c1')]))
    end(peer)
    await settle()
    await peer.acknowledgeUpdate()
    await peer.clock.advance(60_000)
    expect(runs).toEqual([])
    expect(peer.outputs()).toEqual([])
    expect(peer.clock.pending).toBe(0)
  })

  it('with unknownTools: ignore: runs if the tool is known then, and is left to the app otherwise', async () => {
    const peer = await openUnregistered([echo], { unknownTools: 'ignore' })
    await peer.sendEvents(created('r1'), done('r1', [callOf('foreign', 'c1'), callOf('echo', 'c2', { text: 'hello' })]))
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual(['c2: hello'])
    expect(peer.errors).toEqual([])
  })

  it('when the user interrupts: is aborted if its tool is aborted by interruptions', async () => {
    const signals: boolean[] = []
    const hold = tool({
      name: 'hold',
      abortOn: ['interruption'],
      execute: (_, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(signals.push(true)))),
    })
    const peer = await openUnregistered([hold, echo])
    await peer.sendEvents(
      created('r1'),
      done('r1', [callOf('hold', 'c1'), callOf('echo', 'c2', { text: 'hello' })]),
      speechStarted,
    )
    await peer.acknowledgeUpdate()
    expect(peer.outputs().map((output) => output.slice(0, 2))).toEqual(['c1', 'c2'])
    expect(peer.errors).toEqual(['ABORTED'])
  })

  it('whose response started before the first acknowledgement: has the first tools, also after a change', async () => {
    const named = (result: string) => tool({ name: 'same', execute: () => result })
    const peer = await openUnregistered([named('first')])
    await peer.sendEvents(created('r1'))
    await peer.acknowledgeUpdate()
    const changed = peer.run.setTools([named('second'), echo])
    await peer.acknowledgeUpdate()
    await changed
    await peer.sendEvents(done('r1', [callOf('same', 'c1')]), created('r2'), done('r2', [callOf('same', 'c2')]))
    expect(peer.outputs()).toEqual(['c1: first', 'c2: second'])
  })

  it('is in the journal while it waits, so that another process can continue it', async () => {
    const log: string[] = []
    const peer = await openUnregistered([echo])
    peer.run.setJournal({
      idempotencyKey: (callId) => callId,
      received: ({ callId }) => void log.push(`received ${callId}`),
      approved: () => {},
      isApproved: () => false,
      starting: async (callId) => void log.push(`starting ${callId}`),
      finished: async (callId) => void log.push(`finished ${callId}`),
      acknowledged: (callId) => void log.push(`acknowledged ${callId}`),
    })
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    expect(log).toEqual(['received c1'])
    await peer.acknowledgeUpdate()
    expect(log).toEqual(['received c1', 'received c1', 'starting c1', 'finished c1'])
  })
})

describe('a call while a change of the tools is pending', () => {
  const version = (text: string, description?: string) =>
    tool({ name: 'echo', ...(description ? { description } : {}), execute: () => text })

  it.each([
    ['with the same names', version('new')],
    ['with another description', version('new', 'The new one.')],
  ])('%s: runs with the earlier tools until the change is acknowledged', async (_what, next) => {
    const earlier = version('earlier', next.definition.description ? 'The earlier one.' : undefined)
    const peer = await openUnregistered([earlier])
    await peer.acknowledgeUpdate()
    peer.session.update({ instructions: 'Be brief.' }).catch(() => {})
    const change = peer.run.setTools([next])
    await settle()
    const reportWith = (tools: unknown[]) => {
      const config = { instructions: 'Be brief.', tools }
      return peer.sendEvents({ type: 'session.updated', session: { ...sessionResource, ...config } })
    }
    // The acknowledgement of the other update.
    await reportWith([earlier.definition])
    await peer.sendEvents(created('r1'))
    await reportWith([next.definition])
    await change
    await peer.sendEvents(created('r2'), done('r1', [callOf('echo', 'c1')]), done('r2', [callOf('echo', 'c2')]))
    expect(peer.outputs()).toEqual(['c1: earlier', 'c2: new'])
  })
})

describe('continueCalls before the first acknowledgement of tools', () => {
  const interrupted = (callId: string, fields: Partial<InterruptedCall>): InterruptedCall => ({
    callId,
    itemId: `item_${callId}`,
    responseId: 'r_before',
    tool: 'echo',
    arguments: '{"text":"hello"}',
    outputId: `output_${callId}`,
    progress: 'received',
    ...fields,
  })
  const calls = [
    interrupted('c1', { progress: 'finished', output: 'found' }),
    interrupted('c2', {}),
    interrupted('c3', { progress: 'started' }),
  ]

  it('waits for it', async () => {
    const peer = await openUnregistered([echo])
    const continued = peer.run.continueCalls(calls, { calls: 'on server' })
    await settle()
    expect(peer.outputs()).toEqual([])
    await peer.acknowledgeUpdate()
    await continued
    await settle()
    expect(peer.outputs().slice(0, 2)).toEqual(['c1: found', 'c2: hello'])
    expect(peer.outputs()[2]).toContain('may have had an effect')
  })

  it('when the server refuses the tools: sends the recorded results, and the other calls fail', async () => {
    const peer = await openUnregistered([echo])
    const continued = peer.run.continueCalls(calls, { calls: 'on server' })
    await peer.refuseUpdate()
    await continued
    await settle()
    expect(peer.outputs().slice(0, 2)).toEqual(['c1: found', `c2: ${unknown}`])
    expect(peer.outputs()[2]).toContain('may have had an effect')
  })

  it('when the session closes: rejects with CLOSED', async () => {
    const peer = await openUnregistered([echo])
    const continued = peer.run.continueCalls(calls, { calls: 'on server' })
    void peer.session.close()
    await expect(continued).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a call before the first acknowledgement of an agent', () => {
  const pay = tool({ name: 'pay', execute: () => 'paid' })

  async function startAgents(instructions: () => string | Promise<string>) {
    const server = droppable()
    const clock = createManualClock()
    const session = createSession({ transport: server.transport, clock })
    const run = runAgents(session, {
      start: 'reception',
      agents: [
        { name: 'reception', instructions, tools: [echo], handoffs: ['billing'] },
        { name: 'billing', instructions: 'You are the billing.', tools: [pay] },
      ],
    })
    const errors: string[] = []
    run.on('error', ({ code }) => errors.push(code))
    const peer = { ...wire(server), session, run, errors, clock }
    const connecting = session.connect()
    await settle()
    await peer.greet()
    await connecting
    await settle()
    return peer
  }

  it('while its instructions are loaded: waits and runs', async () => {
    let load = (_text: string) => {}
    const peer = await startAgents(() => new Promise((resolve) => (load = resolve)))
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1', { text: 'hello' })]))
    expect(peer.outputs()).toEqual([])
    load('You are the reception.')
    await settle()
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual(['c1: hello'])
  })

  it('when its instructions cannot be loaded: fails, and later calls wait for the next agent', async () => {
    const peer = await startAgents(() => {
      throw new Error('no')
    })
    await settle()
    await peer.sendEvents(created('r1'), done('r1', [callOf('echo', 'c1')]))
    expect(peer.outputs()).toEqual([`c1: ${unknown}`])
    const handedOff = peer.run.handOff('billing')
    await peer.sendEvents(created('r2'), done('r2', [callOf('pay', 'c2')]))
    expect(peer.outputs()).toHaveLength(1)
    await peer.acknowledgeUpdate()
    await handedOff
    await settle()
    expect(peer.outputs()[1]).toBe('c2: paid')
  })

  it('of a tool that another agent has: runs, because another process may have registered that agent', async () => {
    const peer = await startAgents(() => 'You are the reception.')
    await peer.sendEvents(created('r1'), done('r1', [callOf('pay', 'c1')]))
    await peer.acknowledgeUpdate()
    expect(peer.outputs()).toEqual(['c1: paid'])
    await peer.sendEvents(created('r2'), done('r2', [callOf('pay', 'c2')]))
    expect(peer.outputs()[1]).toContain('UNKNOWN_TOOL')
    // The start of this response was missed, so it can be older than the agent.
    await peer.sendEvents(itemDone('r3', 0, callOf('pay', 'c3')), done('r3', [callOf('pay', 'c3')]))
    expect(peer.outputs()[2]).toBe('c3: paid')
  })
})

async function openUnregistered(tools: readonly RegisteredTool[], options: RunToolsOptions = {}): Promise<ToolSession> {
  const peer = await startUnregistered(tools, options)
  const connecting = peer.session.connect()
  await settle()
  await peer.greet()
  await connecting
  return peer
}
