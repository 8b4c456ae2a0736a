import { type Agent, AgentError, runAgents, tool } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createPeer, type Json, sessionResource } from '../../../support/peer.js'
import { callOf, created, done, echo, itemDone, settle, slow, speechStarted } from '../tools/harness.js'
import { type AgentPeer, startAgents, userItem } from './harness.js'

const lookUp = (from: string) => tool({ name: 'look_up', execute: () => `looked up by ${from}` })

const reception: Agent = {
  name: 'reception',
  instructions: 'Find out what the caller needs.',
  tools: [lookUp('reception')],
  handoffs: ['billing', 'support'],
}
const billing: Agent = {
  name: 'billing',
  instructions: 'Answer questions about invoices.',
  tools: [lookUp('billing'), echo],
  handoffs: ['reception'],
  handoffDescription: 'It knows invoices.',
}
const support: Agent = { name: 'support', instructions: 'Help.', handoffs: ['support', 'reception'] }
const team = { agents: [reception, billing, support], start: 'reception' }

const transfer = (to: string, callId = 'c1', args: object = {}) => callOf(`transfer_to_${to}`, callId, args)
const says = (id: string, ...calls: Json[]) => [
  created(id),
  ...calls.map((call, i) => itemDone(id, i, call)),
  done(id, calls),
]

/** What the model reads after it has handed over. */
const handedOver = (to: string) =>
  JSON.stringify({
    agent: to,
    message: `You are ${to} from now on. Follow your new instructions, and take up at once what the caller asked for.`,
  })
const refused = (code: string, message: string) => JSON.stringify({ error: { code, message } })

/** The types of what the client sent from some point on. */
const typesSince = (peer: AgentPeer, count: number) =>
  peer
    .sent()
    .slice(count)
    .map(({ type }) => type)

describe('the first agent', () => {
  it('is configured in one update with instructions, tools, and handoffs', async () => {
    const peer = await startAgents(team)
    expect(peer.sent('session.update').map(({ session }) => session)).toEqual([
      {
        type: 'realtime',
        instructions: 'Find out what the caller needs.',
        tools: [
          { type: 'function', name: 'look_up', parameters: expect.anything() },
          {
            type: 'function',
            name: 'transfer_to_billing',
            description: 'Hands the conversation over to billing. It knows invoices.',
            parameters: expect.anything(),
          },
          {
            type: 'function',
            name: 'transfer_to_support',
            description: 'Hands the conversation over to support.',
            parameters: expect.anything(),
          },
        ],
      },
    ])
    expect(peer.run.current).toBe(reception)
    await expect(peer.run.ready).resolves.toBeUndefined()
  })

  it('is configured before other events are sent', async () => {
    const peer = createPeer()
    runAgents(peer.session, team)
    await peer.connect()
    peer.session.respond()
    await settle()
    expect(peer.sentEvents.map(({ type }) => type)).toEqual(['session.update', 'response.create'])
  })

  it.each([0, 11_000, 600_000])('is configured when the session connects %d ms after the call', async (ms) => {
    const peer = createPeer()
    const run = runAgents(peer.session, team)
    const errors: unknown[] = []
    run.on('error', (error) => errors.push(error))
    await peer.clock.advance(ms)
    await peer.connect()
    expect(peer.sentEvents).toMatchObject([
      { type: 'session.update', session: { instructions: 'Find out what the caller needs.' } },
    ])
    const update = (await peer.expectSent('session.update')).session as object
    await peer.sendEvents({ type: 'session.updated', session: { ...sessionResource, ...update } })
    await expect(run.ready).resolves.toBeUndefined()
    expect(errors).toEqual([])
  })

  it('is reported when the server rejects it, and a later handoff can succeed', async () => {
    const peer = await startAgents(team, {
      policy: ({ type }) => (type === 'session.update' ? { refuse: 'invalid_value' } : 'answer'),
    })
    await expect(peer.run.ready).rejects.toMatchObject({
      code: 'UPDATE_REFUSED',
      data: { agent: 'reception' },
      cause: { code: 'SERVER_ERROR' },
    })
    expect(peer.log).toEqual(['UPDATE_REFUSED'])
    peer.policy = () => 'answer'
    const done = peer.run.handOff('billing')
    await peer.work()
    await done
    expect(peer.run.current).toBe(billing)
  })
})

describe('a set of agents', () => {
  const agent = (fields: Partial<Agent>): Agent => ({ name: 'a', instructions: '', ...fields })
  const { session } = createPeer()

  it.each([
    [[agent({}), agent({})], 'The agent "a" is invalid: another agent has the same name.'],
    [[agent({ name: '' })], 'The agent "" is invalid: name must be a string that is not empty.'],
    [
      [agent({ handoffs: ['b'] })],
      'The agent "a" is invalid: handoffs contains "b", which is not in the list of agents.',
    ],
    [
      [agent({ instructions: undefined as unknown as string })],
      'The agent "a" is invalid: instructions must be a string or a function.',
    ],
  ])('is rejected when it is invalid (%#)', (agents, message) => {
    expect(() => runAgents(session, { agents, start: 'a' })).toThrow(message)
  })

  it('is rejected without the initial agent', () => {
    expect(() => runAgents(session, { agents: [agent({})], start: 'b' })).toThrow(
      'No agent is named "b". Use an agent from the list passed to runAgents().',
    )
  })

  it('is rejected with two tools of the same name', () => {
    expect(() => runAgents(session, { agents: [agent({ tools: [lookUp('a'), lookUp('b')] })], start: 'a' })).toThrow(
      expect.objectContaining({ code: 'INVALID_TOOL' }),
    )
  })

  it.each([
    ['billing', ['billing'], 'transfer_to_billing'],
    ['Zoë & Söhne', ['Zoë & Söhne'], 'transfer_to_Zo_S_hne'],
    ['天気', ['気象', '天気'], 'transfer_to_agent_2'],
  ])('with a handoff to %j is rejected with a tool of the same name as the handoff', (to, handoffs, name) => {
    const agents = [
      agent({ tools: [tool({ name, execute: () => 1 })], handoffs }),
      ...handoffs.map((other) => agent({ name: other })),
    ]
    expect(() => runAgents(session, { agents, start: 'a' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_AGENT',
        message: expect.stringContaining(
          `its tool "${name}" has the name of the function that hands over to "${to}"; rename the tool`,
        ),
      }),
    )
  })

  it('may contain a tool with the name of a handoff of another agent', () => {
    const tools = [tool({ name: 'transfer_to_b', execute: () => 1 })]
    const agents = [agent({ tools }), agent({ name: 'b' }), agent({ name: 'c', handoffs: ['b'] })]
    expect(() => runAgents(session, { agents, start: 'a' }).stop()).not.toThrow()
  })

  it('has valid and unique names of handoff functions', async () => {
    const names = ['a', 'Zoë & Söhne', '気象', '天気', 'x'.repeat(80), `${'x'.repeat(80)}y`]
    const agents = names.map((name) => agent({ name, handoffs: [...names, 'Zo/S/hne'] }))
    agents.push(agent({ name: 'Zo/S/hne' }))
    const peer = await startAgents({ agents, start: 'a' })
    const functions = peer.functions()
    expect(functions).toEqual([
      'transfer_to_a',
      'transfer_to_Zo_S_hne',
      'transfer_to_agent',
      'transfer_to_agent_2',
      `transfer_to_${'x'.repeat(52)}`,
      `transfer_to_${'x'.repeat(50)}_2`,
      'transfer_to_Zo_S_hne_2',
    ])
    for (const name of functions) expect(name).toMatch(/^[\w-]{1,64}$/)
  })
})

describe('a handoff by the model', () => {
  it('sends one update, then the output, then a response of the new agent', async () => {
    const peer = await startAgents(team)
    const before = peer.sent().length
    await peer.sendEvents(...says('r1', transfer('billing')))
    expect(typesSince(peer, before)).toEqual(['session.update', 'conversation.item.create', 'response.create'])
    expect(peer.outputs()).toEqual([`c1: ${handedOver('billing')}`])
    expect(peer.config()).toMatchObject({ instructions: billing.instructions })
    expect(peer.functions()).toEqual(['look_up', 'echo', 'transfer_to_reception'])
    expect(peer.run.current).toBe(billing)
    expect(peer.log).toEqual(['model: reception to billing?', 'reception to billing'])
  })

  it('waits for the acknowledgement before it sends the output', async () => {
    const peer = await startAgents(team)
    peer.policy = ({ type }) => (type === 'session.update' ? 'hold' : 'answer')
    await peer.sendEvents(...says('r1', transfer('billing')))
    expect(peer.outputs()).toEqual([])
    expect(peer.run.current).toBe(reception)
    peer.policy = () => 'answer'
    await peer.work()
    expect(peer.outputs()).toEqual([`c1: ${handedOver('billing')}`])
    expect(peer.run.current).toBe(billing)
  })

  it('waits until its response is done', async () => {
    const peer = await startAgents(team)
    const before = peer.sent().length
    await peer.sendEvents(created('r1'), itemDone('r1', 0, transfer('billing')))
    expect(typesSince(peer, before)).toEqual([])
    await peer.sendEvents(done('r1', [transfer('billing')]))
    expect(peer.run.current).toBe(billing)
  })

  it('does not wait for an invalid response.done', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(created('r1'), itemDone('r1', 0, transfer('billing')))
    await peer.sendEvents({ type: 'response.done', response: { id: 'r1', status: 5 } })
    expect(peer.run.current).toBe(billing)
  })

  it('that the server rejects keeps the old agent active, and gets an error output', async () => {
    const peer = await startAgents(team)
    peer.policy = ({ type }) => (type === 'session.update' ? { refuse: 'invalid_value' } : 'answer')
    const errors: AgentError[] = []
    peer.run.on('refused', ({ error }) => errors.push(error))
    await peer.sendEvents(...says('r1', transfer('billing')))
    expect(peer.outputs()).toEqual([
      `c1: ${refused('UPDATE_REFUSED', 'The handoff to billing failed. You are still reception: go on yourself.')}`,
    ])
    expect(peer.run.current).toBe(reception)
    expect(peer.functions()).toContain('transfer_to_billing')
    expect(peer.sent('response.create')).toHaveLength(1)
    expect(peer.log).toEqual(['model: reception to billing?', 'reception not to billing: UPDATE_REFUSED'])
    expect(errors[0]?.shortMessage).toBe(
      'The server did not accept the configuration of the agent "billing", so the previous agent stays active. Read error.cause for the reason.',
    )
    await peer.sendEvents(...says('r2', callOf('look_up', 'c2')))
    expect(peer.outputs()[1]).toBe('c2: looked up by reception')
  })

  it('can be vetoed, with the reason in the output', async () => {
    const peer = await startAgents(team)
    peer.run.on('handoff', ({ to, veto }) => {
      if (to === 'billing') veto('billing is closed')
    })
    await peer.sendEvents(...says('r1', transfer('billing')))
    expect(peer.outputs()).toEqual([
      `c1: ${refused('VETOED', 'The handoff to billing was not allowed: billing is closed. You are still reception.')}`,
    ])
    expect(peer.sent('session.update')).toHaveLength(1)
    expect(peer.log.at(-1)).toBe('reception not to billing: VETOED')
  })

  it('to the active agent changes nothing, and gets an output', async () => {
    const peer = await startAgents({ ...team, start: 'support' })
    await peer.sendEvents(...says('r1', transfer('support')))
    expect(peer.outputs()).toEqual([
      `c1: ${refused('ALREADY_IN_CHARGE', 'You are support already. Help the caller yourself.')}`,
    ])
    expect(peer.sent('session.update')).toHaveLength(1)
  })

  it('to an unknown agent gets the output of an unknown tool', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(...says('r1', transfer('sales')))
    expect(peer.outputs()[0]).toContain('There is no such tool')
    expect(peer.run.current).toBe(reception)
  })

  it('has a payload that is validated against its schema', async () => {
    const instructions = vi.fn(() => 'I am B.')
    const handoffParameters = {
      type: 'object',
      properties: { reason: { type: 'string' } },
      required: ['reason'],
    }
    const peer = await startAgents({
      start: 'a',
      agents: [
        { name: 'a', instructions: 'A', handoffs: ['b'] },
        { name: 'b', instructions, handoffParameters },
      ],
    })
    const inputs: unknown[] = []
    peer.run.on('handedOff', ({ input }) => inputs.push(input))
    expect(peer.config().tools).toMatchObject([{ name: 'transfer_to_b', parameters: { required: ['reason'] } }])
    await peer.sendEvents(...says('r1', transfer('b', 'c1', { reason: 'invoice 7' })))
    expect(inputs).toEqual([{ reason: 'invoice 7' }])
    expect(instructions).toHaveBeenCalledWith({ session: peer.session, from: 'a', input: { reason: 'invoice 7' } })
    expect(peer.config().instructions).toBe('I am B.')
  })

  it('wins over a second handoff, which gets an error output', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(
      ...says('r1', transfer('billing', 'c1'), transfer('support', 'c2'), transfer('billing', 'c3')),
    )
    expect(peer.outputs()).toEqual([
      `c1: ${handedOver('billing')}`,
      `c2: ${refused('SUPERSEDED', 'The conversation was handed over to billing before.')}`,
      `c3: ${refused('ALREADY_IN_CHARGE', 'You are billing already. Help the caller yourself.')}`,
    ])
    expect(peer.sent('session.update')).toHaveLength(2)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('with other tools sends all outputs in order, and one response of the new agent', async () => {
    const { tool: slowTool, calls } = slow('slow')
    const agents = [{ ...reception, tools: [slowTool, echo] }, billing, support]
    const peer = await startAgents({ agents, start: 'reception' })
    const before = peer.sent().length
    await peer.sendEvents(
      ...says('r1', callOf('slow', 'c1'), transfer('billing', 'c2'), callOf('echo', 'c3', { text: 'hi' })),
    )
    expect(peer.run.current).toBe(billing)
    expect(peer.outputs()).toEqual([])
    calls[0]?.resolve('at last')
    await peer.work()
    expect(peer.outputs()).toEqual(['c1: at last', `c2: ${handedOver('billing')}`, 'c3: hi'])
    expect(typesSince(peer, before)).toEqual([
      'session.update',
      ...Array(3).fill('conversation.item.create'),
      'response.create',
    ])
  })

  it('leaves calls of an earlier response to the tools of the previous agent', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(created('r1'))
    const handedOff = peer.run.handOff('billing')
    await peer.work()
    await handedOff
    const calls = [callOf('look_up', 'c1')]
    await peer.sendEvents(done('r1', calls), ...says('r2', callOf('look_up', 'c2')))
    expect(peer.outputs()).toEqual(['c1: looked up by reception', 'c2: looked up by billing'])
  })

  it('applies to a response that starts in the same tick as the acknowledgement', async () => {
    const peer = await startAgents(team)
    peer.policy = ({ type }) => (type === 'session.update' ? 'hold' : 'answer')
    const handedOff = peer.run.handOff('billing')
    await settle()
    const session = peer.sent('session.update').at(-1)?.session as object
    const resource = { ...peer.session.getState().session, ...session }
    await peer.sendEvents({ type: 'session.updated', session: resource }, ...says('r1', callOf('look_up', 'c1')))
    await handedOff
    expect(peer.outputs()).toEqual(['c1: looked up by billing'])
  })

  it('by an agent that is no longer active gets an error output', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(created('r1'))
    const handedOff = peer.run.handOff('support')
    await peer.work()
    await handedOff
    await peer.sendEvents(done('r1', [transfer('billing')]))
    expect(peer.outputs()).toEqual([
      `c1: ${refused('SUPERSEDED', 'The conversation was handed over to support before.')}`,
    ])
    expect(peer.run.current).toBe(support)
  })

  it('can return to an earlier agent, a limited number of times per turn of the caller', async () => {
    const peer = await startAgents({ ...team, maxHandoffs: 2 })
    await peer.sendEvents(...says('r1', transfer('billing', 'c1')))
    await peer.sendEvents(...says('r2', transfer('reception', 'c2')))
    await peer.sendEvents(...says('r3', transfer('billing', 'c3')))
    expect(peer.run.current).toBe(reception)
    expect(peer.outputs()[2]).toBe(
      `c3: ${refused('TOO_MANY_HANDOFFS', 'The conversation was handed over too often. You are still reception: answer the caller before anything else.')}`,
    )
    await peer.sendEvents(userItem('u1', 'Now billing, please.'), ...says('r4', transfer('billing', 'c4')))
    expect(peer.run.current).toBe(billing)
  })

  it('while the caller speaks completes, and the new agent responds after the turn', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(created('r1'), itemDone('r1', 0, transfer('billing')), speechStarted)
    const status_details = { type: 'cancelled', reason: 'turn_detected' }
    await peer.sendEvents(done('r1', [transfer('billing')], 'cancelled', { status_details }))
    expect(peer.run.current).toBe(billing)
    expect(peer.outputs()).toEqual([`c1: ${handedOver('billing')}`])
    expect(peer.sent('response.create')).toEqual([])
  })
})

describe('a handoff by the app', () => {
  it('resolves on the acknowledgement, and leaves the running response to its agent', async () => {
    const peer = await startAgents(team)
    await peer.sendEvents(created('r1'))
    const settled = vi.fn()
    peer.policy = ({ type }) => (type === 'session.update' ? 'hold' : 'answer')
    const handedOff = peer.run.handOff(billing).then(settled)
    await peer.work()
    expect(settled).not.toHaveBeenCalled()
    peer.policy = () => 'answer'
    await peer.work()
    await handedOff
    expect(peer.log).toEqual(['app: reception to billing?', 'reception to billing'])
    expect(peer.sent('response.create')).toEqual([])
  })

  it('rejects when it is vetoed, rejected by the server, or to an unknown agent', async () => {
    const peer = await startAgents(team)
    const undo = peer.run.on('handoff', ({ veto }) => veto())
    await expect(peer.run.handOff('billing')).rejects.toThrow(
      'A listener vetoed the handoff from "reception" to "billing", so "reception" stays active. No action is needed.',
    )
    undo()
    peer.policy = () => ({ refuse: 'invalid_value' })
    const handedOff = peer.run.handOff('billing')
    await peer.work()
    await expect(handedOff).rejects.toMatchObject({ code: 'UPDATE_REFUSED', data: { agent: 'billing' } })
    await expect(peer.run.handOff('sales')).rejects.toMatchObject({ code: 'UNKNOWN_AGENT', data: { agent: 'sales' } })
    await expect(peer.run.handOff({ name: 'billing', instructions: '' })).rejects.toMatchObject({
      code: 'UNKNOWN_AGENT',
    })
    expect(peer.run.current).toBe(reception)
  })

  it('to the active agent sends its configuration again', async () => {
    let hour = 'morning'
    const agents = [{ name: 'a', instructions: () => `Say good ${hour}.` }]
    const peer = await startAgents({ agents, start: 'a' })
    expect(peer.config().instructions).toBe('Say good morning.')
    hour = 'evening'
    const handedOff = peer.run.handOff('a')
    await peer.work()
    await handedOff
    expect(peer.config().instructions).toBe('Say good evening.')
    expect(peer.log).toEqual([])
  })

  it('runs after an earlier one', async () => {
    const peer = await startAgents(team)
    const both = [peer.run.handOff('billing'), peer.run.handOff('support')]
    await peer.work()
    await Promise.all(both)
    expect(peer.log).toEqual([
      'app: reception to billing?',
      'reception to billing',
      'app: billing to support?',
      'billing to support',
    ])
  })
})

describe('instructions that are a function', () => {
  const agents = (instructions: Agent['instructions']): Agent[] => [
    { name: 'a', instructions: 'A', handoffs: ['b'] },
    { name: 'b', instructions },
  ]

  it.each([
    [
      'throw',
      () => {
        throw new Error('no database')
      },
    ],
    ['reject', () => Promise.reject(new Error('no database'))],
    ['answer no text', () => 5 as unknown as string],
  ])('and %s keep the old agent active', async (_how, instructions) => {
    const peer = await startAgents({ agents: agents(instructions), start: 'a' })
    await peer.sendEvents(...says('r1', transfer('b')))
    expect(peer.log.at(-1)).toBe('a not to b: INSTRUCTIONS_FAILED')
    expect(peer.outputs()[0]).toContain('You are still a: go on yourself.')
    expect(peer.sent('session.update')).toHaveLength(1)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('and never resolve do not block later handoffs', async () => {
    const peer = await startAgents({ agents: agents(() => new Promise(() => {})), start: 'a' })
    await peer.sendEvents(...says('r1', transfer('b')))
    expect(peer.outputs()).toEqual([])
    await peer.clock.advance(10_000)
    await peer.work()
    expect(peer.log.at(-1)).toBe('a not to b: INSTRUCTIONS_FAILED')
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('and resolve late delay the first agent', async () => {
    let give = (_text: string) => {}
    const instructions = () => new Promise<string>((resolve) => (give = resolve))
    const peer = await startAgents({ agents: [{ name: 'a', instructions }], start: 'a' })
    expect(peer.sent('session.update')).toEqual([])
    give('At last.')
    await peer.work()
    expect(peer.config().instructions).toBe('At last.')
    await peer.run.ready
  })
})

describe('stop', () => {
  it('rejects pending handoffs, and leaves no timer and no listener', async () => {
    const peer = await startAgents(team)
    peer.policy = ({ type }) => (type === 'session.update' ? 'hold' : 'answer')
    await peer.sendEvents(...says('r1', transfer('billing')))
    const waiting = peer.run.handOff('support')
    peer.run.stop()
    const before = peer.sent().length
    peer.policy = () => 'answer'
    await peer.sendEvents(...says('r2', transfer('billing', 'c2')))
    await expect(waiting).rejects.toMatchObject({ code: 'STOPPED' })
    await expect(peer.run.handOff('billing')).rejects.toThrow(
      'No handoff is possible, because the agents were stopped or the session was closed. Call runAgents() on an open session.',
    )
    expect(typesSince(peer, before)).toEqual([])
    await peer.session.close()
    expect(peer.clock.pending).toBe(0)
  })

  it('rejects what waits for a server that does not reply', async () => {
    const peer = await startAgents(team)
    peer.policy = () => 'hold'
    await peer.sendEvents(...says('r1', transfer('billing')))
    const waiting = peer.run.handOff('support')
    const other = runAgents(peer.session, team)
    await settle()
    peer.run.stop()
    peer.run.stop()
    other.stop()
    await expect(waiting).rejects.toMatchObject({ code: 'STOPPED' })
    await expect(other.ready).rejects.toMatchObject({ code: 'STOPPED' })
    expect(peer.run.current.name).toBe('reception')
    expect(peer.clock.pending).toBe(0)
  })

  it('runs when the session closes', async () => {
    const peer = await startAgents(team)
    peer.policy = ({ type }) => (type === 'session.update' ? 'hold' : 'answer')
    const waiting = peer.run.handOff('billing')
    await settle()
    await peer.session.close()
    await expect(waiting).rejects.toMatchObject({ code: 'STOPPED' })
    await expect(peer.run.handOff('billing')).rejects.toBeInstanceOf(AgentError)
    expect(peer.log).toEqual(['app: reception to billing?'])
    expect(peer.clock.pending).toBe(0)
  })

  it('has happened when the session was closed before', async () => {
    const peer = await startAgents(team)
    await peer.session.close()
    const run = runAgents(peer.session, team)
    await expect(run.ready).rejects.toMatchObject({ code: 'STOPPED' })
  })
})
