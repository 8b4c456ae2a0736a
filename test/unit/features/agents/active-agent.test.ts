import { type Agent, runAgents } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import { createPeer, type Json } from '../../../support/peer.js'
import { callOf, created, done, itemDone, messageOf, settle } from '../tools/harness.js'
import { type AgentPeer, callItem, type Policy, startAgents } from './harness.js'

const agents: Agent[] = [
  { name: 'a', instructions: 'A', handoffs: ['b', 'plain'], voice: 'marin' },
  { name: 'b', instructions: 'B', handoffs: ['a'], voice: 'cedar' },
  { name: 'plain', instructions: 'P' },
]

const spoken: Json = {
  type: 'response.output_audio.delta',
  response_id: 'r0',
  item_id: 'i0',
  output_index: 0,
  content_index: 0,
  delta: 'AAAA',
}
const onlyHolding =
  (type: string): Policy =>
  (event) =>
    event.type === type ? 'hold' : 'answer'

async function handOff(peer: AgentPeer, to: string): Promise<void> {
  const done = peer.run.handOff(to)
  await peer.work()
  await done
}

const voicesSent = (peer: AgentPeer) =>
  peer.sent('session.update').map(({ session }) => (session as { audio?: { output?: object } }).audio?.output)

describe('the voice of an agent', () => {
  it('is that of the active agent until the model has spoken', async () => {
    const peer = await startAgents({ agents, start: 'a' }, { config: { audio: { output: { voice: 'ash' } } } })
    await handOff(peer, 'b')
    await handOff(peer, 'plain')
    await peer.sendEvents(created('r0'), spoken, done('r0', []))
    await handOff(peer, 'a')
    await handOff(peer, 'b')
    expect(voicesSent(peer)).toEqual([
      { voice: 'ash' },
      { voice: 'marin' },
      { voice: 'cedar' },
      { voice: 'ash' },
      undefined,
      undefined,
    ])
    expect(peer.log.filter((line) => line.includes('not'))).toEqual([])
  })

  it.each([
    ['a transcript', { type: 'response.output_audio_transcript.delta', delta: 'Hi' }],
    ['a loudspeaker of the server', { type: 'output_audio_buffer.started' }],
  ])('is fixed by %s on a media transport', async (_what, event) => {
    const peer = await startAgents({ agents, start: 'a' })
    const ids = { response_id: 'r0', item_id: 'i0', output_index: 0, content_index: 0 }
    await peer.sendEvents(created('r0'), { ...ids, ...event }, done('r0', []))
    await handOff(peer, 'b')
    expect(voicesSent(peer)).toEqual([{ voice: 'marin' }, undefined])
  })

  it('is fixed in a restored conversation in which the model has spoken', async () => {
    const peer = createPeer()
    await peer.connect()
    await peer.sendEvents(callItem(messageOf('Hello.')))
    runAgents(peer.session, { agents, start: 'a' })
    await settle()
    expect(peer.sentEvents.map(({ session }) => (session as Json).audio)).toEqual([undefined])
  })

  it('is omitted when the server rejects it, and the handoff completes', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    peer.policy = ({ type, session }) =>
      type === 'session.update' && (session as Json).audio ? { refuse: 'cannot_update_voice' } : 'answer'
    await handOff(peer, 'b')
    expect(peer.run.current.name).toBe('b')
    await handOff(peer, 'a')
    expect(voicesSent(peer)).toEqual([{ voice: 'marin' }, { voice: 'cedar' }, undefined, undefined])
    expect(peer.config().instructions).toBe('A')
  })
})

describe('a lost connection', () => {
  it('restores the configuration of the active agent', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    await handOff(peer, 'b')
    await peer.drop()
    await peer.comeBack()
    expect(peer.config()).toMatchObject({ instructions: 'B', audio: { output: { voice: 'cedar' } } })
    expect(peer.functions()).toEqual(['transfer_to_a'])
  })

  it('before the acknowledgement restores the old agent, then repeats the handoff', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    peer.policy = onlyHolding('session.update')
    await peer.sendEvents(created('r1'), itemDone('r1', 0, callOf('transfer_to_b', 'c1')))
    await peer.sendEvents(callItem(callOf('transfer_to_b', 'c1')), done('r1', [callOf('transfer_to_b', 'c1')]))
    await peer.drop()
    expect(peer.run.current.name).toBe('a')
    peer.policy = () => 'answer'
    await peer.comeBack()
    expect(peer.sent('session.update').map(({ session }) => (session as Json).instructions)).toEqual([
      'A',
      'B',
      'A',
      'B',
    ])
    expect(peer.run.current.name).toBe('b')
    expect(peer.outputs()).toHaveLength(1)
    expect(peer.sent('response.create')).toHaveLength(1)
    expect(peer.log).toEqual(['model: a to b?', 'a to b'])
  })

  it('before the acknowledgement repeats the handoff before responses that wait', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    peer.policy = onlyHolding('session.update')
    void peer.run.handOff('b')
    await peer.work()
    await peer.drop()
    peer.session.respond()
    const { length } = peer.sent()
    peer.policy = () => 'answer'
    await peer.comeBack()
    const sent = peer.sent().slice(length)
    expect(sent.map(({ type }) => type)).toEqual(['session.update', 'session.update', 'response.create'])
    expect(sent[1]).toMatchObject({ session: { instructions: 'B' } })
  })

  it('before a rejection keeps the old agent active', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    peer.policy = onlyHolding('session.update')
    const handedOff = peer.run.handOff('b')
    await peer.work()
    await peer.drop()
    peer.policy = ({ type, session }) =>
      type === 'session.update' && (session as Json).instructions === 'B' ? { refuse: 'invalid_value' } : 'answer'
    await peer.comeBack()
    await expect(handedOff).rejects.toMatchObject({ code: 'UPDATE_REFUSED' })
    expect(peer.run.current.name).toBe('a')
    expect(peer.config().instructions).toBe('A')
  })

  it('between the acknowledgement and the output keeps both', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    const call = callOf('transfer_to_b', 'c1')
    peer.policy = onlyHolding('conversation.item.create')
    await peer.sendEvents(created('r1'), callItem(call), itemDone('r1', 0, call), done('r1', [call]))
    expect(peer.run.current.name).toBe('b')
    await peer.drop()
    peer.policy = () => 'answer'
    await peer.comeBack()
    expect(peer.config().instructions).toBe('B')
    expect(new Set(peer.outputs()).size).toBe(1)
    expect(peer.sent('response.create').length).toBeGreaterThan(0)
  })

  it('allows another voice, because the new session has no audio yet', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    await peer.sendEvents(created('r0'), spoken, done('r0', []))
    await peer.drop()
    await peer.comeBack()
    await handOff(peer, 'b')
    expect(voicesSent(peer).at(-1)).toEqual({ voice: 'cedar' })
  })

  it('delays a handoff until the connection is restored', async () => {
    const peer = await startAgents({ agents, start: 'a' })
    await peer.drop()
    const handedOff = peer.run.handOff('b')
    await peer.clock.advance(60_000)
    await peer.comeBack()
    await handedOff
    expect(peer.config().instructions).toBe('B')
  })
})

it('an update of the active agent is sent again when the server acknowledges it too late', async () => {
  const peer = await startAgents({ agents, start: 'a' })
  peer.policy = onlyHolding('session.update')
  const handedOff = peer.run.handOff('b')
  await settle()
  await peer.clock.advance(10_000)
  await expect(handedOff).rejects.toMatchObject({ code: 'UPDATE_REFUSED', cause: { code: 'TIMEOUT' } })
  peer.policy = () => 'answer'
  await peer.work()
  expect(peer.run.current.name).toBe('a')
  expect(peer.config().instructions).toBe('A')
})

describe('a handoff by the model on a half-open connection', () => {
  const call = callOf('transfer_to_b', 'c1')
  const startHandoff = async () => {
    const peer = await startAgents({ agents, start: 'a' })
    peer.policy = onlyHolding('session.update')
    await peer.sendEvents(created('r1'), callItem(call), itemDone('r1', 0, call), done('r1', [call]))
    return peer
  }

  it.each([11_000, 25_000, 120_000])('that is detected after %d ms completes on the next connection', async (ms) => {
    const peer = await startHandoff()
    await peer.clock.advance(ms)
    await peer.drop()
    peer.policy = () => 'answer'
    await peer.comeBack()
    expect(peer.run.current.name).toBe('b')
    expect(peer.log).toEqual(['model: a to b?', 'a to b'])
    expect(peer.outputs()).toHaveLength(1)
    expect(peer.sent('response.create')).toHaveLength(1)
  })

  it('is rejected when the server sends other events but no acknowledgement', async () => {
    const peer = await startHandoff()
    await peer.sendEvents({ type: 'rate_limits.updated', rate_limits: [] })
    await peer.clock.advance(10_000)
    expect(peer.log).toEqual(['model: a to b?'])
    await peer.sendEvents({ type: 'rate_limits.updated', rate_limits: [] })
    await peer.clock.advance(1_000)
    expect(peer.log).toEqual(['model: a to b?', 'a not to b: UPDATE_REFUSED'])
    peer.policy = () => 'answer'
    await peer.work()
    expect(peer.config().instructions).toBe('A')
    expect(peer.outputs()).toHaveLength(1)
  })
})

it('ignores the acknowledgement of an update of the app', async () => {
  const peer = await startAgents({ agents, start: 'a' })
  peer.policy = onlyHolding('session.update')
  const updated = peer.session.update({ max_output_tokens: 500 })
  const handedOff = peer.run.handOff('b')
  await settle()
  const { session } = peer.session.getState()
  await peer.sendEvents({ type: 'session.updated', session: { ...session, max_output_tokens: 500 } })
  await updated
  expect(peer.run.current.name).toBe('a')
  const asked = peer.sent('session.update').at(-1)?.session as object
  await peer.sendEvents({ type: 'session.updated', session: { ...session, ...asked } })
  await handedOff
  expect(peer.run.current.name).toBe('b')
})
