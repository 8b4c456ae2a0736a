import { type Agent, type HistoryFilter, selectItems } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import type { Json } from '../../../support/peer.js'
import { callOf, created, done, itemDone } from '../tools/harness.js'
import { type AgentPeer, callItem, startAgents, userItem } from './harness.js'

const team = (history: HistoryFilter): { agents: Agent[]; start: string } => ({
  start: 'a',
  agents: [
    { name: 'a', instructions: 'A', handoffs: ['b'] },
    { name: 'b', instructions: 'B', history },
  ],
})
const transfer = callOf('transfer_to_b', 'c9')

/** A conversation of two turns and a tool, at whose end the model hands over. */
async function converse(history: HistoryFilter): Promise<AgentPeer> {
  const peer = await startAgents(team(history))
  await peer.sendEvents(
    userItem('u1', 'one'),
    callItem(callOf('x', 'c1')),
    callItem({ id: 'o1', type: 'function_call_output', call_id: 'c1', output: '1' }),
    userItem('u2', 'two'),
    created('r1'),
    callItem(transfer),
    itemDone('r1', 0, transfer),
    done('r1', [transfer]),
  )
  return peer
}

const ids = (peer: AgentPeer) => selectItems(peer.session.getState()).map(({ id }) => id)
const system = (text: string, id?: string) => {
  const content = [{ type: 'input_text' as const, text }]
  return { type: 'message' as const, role: 'system' as const, content, ...(id ? { id } : {}) }
}

describe('the history of an agent', () => {
  it('is complete without a filter', async () => {
    const peer = await startAgents({ ...team((items) => items), agents: team((items) => items).agents })
    await peer.sendEvents(userItem('u1', 'one'), created('r1'), callItem(transfer), done('r1', [transfer]))
    expect(peer.sent('conversation.item.delete')).toEqual([])
    expect(ids(peer).slice(0, 2)).toEqual(['u1', 'item_c9'])
  })

  it('is filtered before the new agent responds, and keeps the handoff call', async () => {
    const filter = vi.fn<HistoryFilter>((items) => items.filter(({ item }) => item.type === 'message').slice(-1))
    const peer = await converse(filter)
    expect(filter.mock.calls[0]?.[0].map(({ id }) => id)).toEqual(['u1', 'item_c1', 'o1', 'u2'])
    expect(filter.mock.calls[0]?.[1]).toEqual({ session: peer.session, from: 'a', input: {} })
    expect(ids(peer).slice(0, 2)).toEqual(['u2', 'item_c9'])
    expect(peer.sent().map(({ type }) => type)).toEqual([
      'session.update',
      'session.update',
      ...Array(3).fill('conversation.item.delete'),
      'conversation.item.create',
      'response.create',
    ])
    expect(peer.outputs()).toHaveLength(1)
  })

  it('gets new items at their positions', async () => {
    const peer = await converse((items) => [
      system('It began so.', 's1'),
      ...items.slice(3),
      system('And went on so.', 's2'),
      system('And so.'),
    ])
    const creations = peer
      .sent('conversation.item.create')
      .map(({ item, previous_item_id }) => [
        previous_item_id,
        (item as Json).id === undefined ? undefined : (item as Json).type,
      ])
    expect(creations).toEqual([
      ['root', 'message'],
      ['u2', 'message'],
      ['s2', 'message'],
      [undefined, 'function_call_output'],
    ])
    expect(ids(peer).slice(0, 3)).toEqual(['s1', 'u2', 's2'])
  })

  it('keeps items that arrive while the filter runs', async () => {
    let decide = () => {}
    const peer = await converse((items) => new Promise((resolve) => (decide = () => resolve(items.slice(3)))))
    await peer.sendEvents(userItem('u3', 'three'))
    expect(peer.outputs()).toEqual([])
    decide()
    await peer.work()
    expect(ids(peer).slice(0, 3)).toEqual(['u2', 'item_c9', 'u3'])
  })

  it.each<[string, HistoryFilter]>([
    [
      'throws',
      () => {
        throw new Error('oops')
      },
    ],
    ['rejects', () => Promise.reject(new Error('oops'))],
    ['answers nothing', (() => undefined) as unknown as HistoryFilter],
  ])('is unchanged when the filter %s, and the handoff completes', async (_how, filter) => {
    const peer = await converse(filter)
    expect(peer.log).toEqual(['model: a to b?', 'a to b', 'HISTORY_FAILED'])
    expect(peer.sent('conversation.item.delete')).toEqual([])
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is unchanged when the filter never resolves', async () => {
    const peer = await converse(() => new Promise(() => {}))
    await peer.clock.advance(10_000)
    await peer.work()
    expect(peer.log.at(-1)).toBe('HISTORY_FAILED')
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('recognizes kept items by their ids, so a filter can return copies', async () => {
    const peer = await converse((items) => items.slice(3).map((state) => ({ ...state })))
    expect(peer.log).toEqual(['model: a to b?', 'a to b'])
    expect(ids(peer).slice(0, 2)).toEqual(['u2', 'item_c9'])
    expect(peer.sent('conversation.item.create')).toHaveLength(1)
  })

  it('can be selected from the state that a slow filter reads at its end', async () => {
    let decide = () => {}
    const peer = await converse(
      (_items, { session }) =>
        new Promise((resolve) => {
          decide = () => resolve(selectItems(session.getState()).filter(({ id }) => id !== 'u1'))
        }),
    )
    await peer.sendEvents(userItem('u3', 'three'), callItem({ ...(userItem('u2', 'two, changed').item as Json) }))
    decide()
    await peer.work()
    expect(peer.log.at(-1)).toBe('a to b')
    expect(ids(peer).slice(0, 5)).toEqual(['item_c1', 'o1', 'u2', 'item_c9', 'u3'])
  })

  it('replaces an item by a new one with the same id', async () => {
    const peer = await converse((items) => [...items.slice(1), system('The user said two.', 'u1')])
    const [creation] = peer.sent('conversation.item.create')
    const { id } = (creation?.item ?? {}) as Json
    expect(id).not.toBe('u1')
    expect(ids(peer).slice(0, 5)).toEqual(['item_c1', 'o1', 'u2', id, 'item_c9'])
    expect(peer.log.at(-1)).toBe('a to b')
  })

  it('ignores items that were deleted while the filter ran', async () => {
    let decide = () => {}
    const peer = await converse(
      (items) => new Promise((resolve) => (decide = () => resolve([...items.slice(2), system('So far.', 's1')]))),
    )
    await peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'u1' })
    await peer.sendEvents({ type: 'conversation.item.deleted', item_id: 'u2' })
    decide()
    await peer.work()
    expect(peer.sent('conversation.item.delete').map(({ item_id }) => item_id)).toEqual(['item_c1'])
    expect(peer.sent('conversation.item.create')[0]?.previous_item_id).toBe('o1')
    expect(peer.log.at(-1)).toBe('a to b')
  })

  it('does not fail when the server has deleted an item already', async () => {
    const peer = await startAgents(team(() => []))
    peer.policy = ({ item_id }) => (item_id === 'u1' ? { refuse: 'item_delete_invalid_item_id' } : 'answer')
    await peer.sendEvents(userItem('u1', 'one'))
    const handedOff = peer.run.handOff('b')
    await peer.work()
    await handedOff
    expect(peer.log.at(-1)).toBe('a to b')
  })

  it('keeps all items when the server refuses a new one', async () => {
    const peer = await startAgents(team(() => [system('So far.')]))
    peer.policy = ({ type }) => (type === 'conversation.item.create' ? { refuse: 'too_long' } : 'answer')
    await peer.sendEvents(userItem('u1', 'one'), userItem('u2', 'two'))
    const handedOff = peer.run.handOff('b')
    await peer.work()
    await handedOff
    expect(ids(peer)).toEqual(['u1', 'u2'])
    expect(peer.sent('conversation.item.delete')).toEqual([])
    expect(peer.log.at(-1)).toBe('HISTORY_FAILED')
  })

  it('keeps listings of MCP tools, open approval requests, and running MCP calls', async () => {
    const peer = await startAgents(team(() => []))
    const mcp = { server_label: 'docs', name: 'search', arguments: '{}' }
    await peer.sendEvents(
      callItem({ id: 'listing', type: 'mcp_list_tools', server_label: 'docs', tools: [] }),
      callItem({ id: 'decided', type: 'mcp_approval_request', ...mcp }),
      callItem({ id: 'decision', type: 'mcp_approval_response', approval_request_id: 'decided', approve: false }),
      callItem({ id: 'open', type: 'mcp_approval_request', ...mcp }),
      callItem({ id: 'running', type: 'mcp_call', ...mcp, output: null, error: null }),
      callItem({ id: 'finished', type: 'mcp_call', ...mcp, output: 'found' }),
    )
    const handedOff = peer.run.handOff('b')
    await peer.work()
    await handedOff
    expect(ids(peer)).toEqual(['listing', 'open', 'running'])
    expect(peer.log.at(-1)).toBe('a to b')
  })

  it('is no turn of the user, so that agents cannot hand over forever', async () => {
    const content = [{ type: 'input_text' as const, text: 'The user wants a refund.' }]
    const summarize: HistoryFilter = (items) => [{ type: 'message', role: 'user', content }, ...items]
    const peer = await startAgents({
      start: 'a',
      maxHandoffs: 2,
      tools: { maxRounds: 4 },
      agents: [
        { name: 'a', instructions: 'A', handoffs: ['b'], history: summarize },
        { name: 'b', instructions: 'B', handoffs: ['a'], history: summarize },
      ],
    })
    for (let round = 0; round < 6; round++) {
      const call = callOf(`transfer_to_${peer.run.current.name === 'a' ? 'b' : 'a'}`, `c${round}`)
      await peer.sendEvents(created(`r${round}`), itemDone(`r${round}`, 0, call), done(`r${round}`, [call]))
    }
    expect(peer.log).toEqual([
      ...['model: a to b?', 'a to b', 'model: b to a?', 'b to a'],
      ...Array(3).fill('a not to b: TOO_MANY_HANDOFFS'),
      // Reported for the last response, and for its call.
      ...['TOO_MANY_ROUNDS', 'TOO_MANY_ROUNDS'],
    ])
  })

  it('is filtered as far as the server accepts the changes', async () => {
    const peer = await startAgents(team(() => []))
    peer.policy = ({ item_id }) => (item_id === 'u1' ? { refuse: 'item_delete_refused' } : 'answer')
    await peer.sendEvents(userItem('u1', 'one'), userItem('u2', 'two'))
    const handedOff = peer.run.handOff('b')
    await peer.work()
    await handedOff
    expect(ids(peer)).toEqual(['u1'])
    expect(peer.log.at(-1)).toBe('HISTORY_FAILED')
  })
})
