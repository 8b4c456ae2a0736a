import { type Agent, type Guardrail, holdBack, memoryPair, runAgents } from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'
import { createPeer, type Json } from '../../../support/peer.js'
import { created, done, settle } from '../tools/harness.js'
import { type AgentPeer, startAgents } from './harness.js'

const bans = (word: string): Guardrail => ({
  name: `no ${word}`,
  check: ({ text }) => (text.includes(word) ? { tripped: true } : { tripped: false }),
})
const noRain = bans('rain')
const noSun = bans('sun')
const team: { agents: Agent[]; start: string } = {
  start: 'a',
  agents: [
    { name: 'a', instructions: 'A', guardrails: [noRain], handoffs: ['b'] },
    { name: 'b', instructions: 'B', guardrails: [noSun] },
    { name: 'free', instructions: 'F' },
  ],
}

const words = (responseId: string, text: string): Json => ({
  type: 'response.output_audio_transcript.done',
  response_id: responseId,
  item_id: `item_${responseId}`,
  output_index: 0,
  content_index: 0,
  transcript: text,
})
const says = (id: string, text: string) => [created(id), words(id, text), done(id, [])]

async function guarded() {
  const tripped: string[] = []
  const guardrails = {
    onTripped: ({ guardrail, responseId }: { guardrail: string; responseId: string | undefined }) => {
      tripped.push(`${responseId}: ${guardrail}`)
    },
  }
  return { tripped, peer: await startAgents({ ...team, guardrails }) }
}

async function handOff(peer: AgentPeer, to: string): Promise<void> {
  const made = peer.run.handOff(to)
  await peer.work()
  await made
}

describe('guardrails of agents', () => {
  it('are those of the active agent', async () => {
    const { peer, tripped } = await guarded()
    await peer.sendEvents(...says('r1', 'rain and sun'))
    await handOff(peer, 'b')
    await peer.sendEvents(...says('r2', 'rain and sun'))
    await handOff(peer, 'free')
    await peer.sendEvents(...says('r3', 'rain and sun'))
    expect(tripped).toEqual(['r1: no rain', 'r2: no sun'])
  })

  it('of the previous agent check a response that started before a handoff', async () => {
    const { peer, tripped } = await guarded()
    await peer.sendEvents(created('r1'))
    await handOff(peer, 'b')
    await peer.sendEvents(words('r1', 'sun, then rain'), done('r1', []))
    expect(tripped).toEqual(['r1: no rain'])
  })

  it('of the new agent check a response that starts in the same tick as the acknowledgement', async () => {
    const { peer, tripped } = await guarded()
    peer.policy = ({ type }) => (type === 'session.update' ? 'hold' : 'answer')
    const made = peer.run.handOff('b')
    await settle()
    const asked = peer.sent('session.update').at(-1)?.session as object
    const session = { ...peer.session.getState().session, ...asked }
    await peer.sendEvents({ type: 'session.updated', session }, ...says('r1', 'rain and sun'))
    await made
    expect(tripped).toEqual(['r1: no sun'])
  })

  it('stop with the agents', async () => {
    const { peer, tripped } = await guarded()
    peer.run.stop()
    await peer.sendEvents(...says('r1', 'rain'))
    expect(tripped).toEqual([])
  })

  it('that agents share run once per response', async () => {
    const check = vi.fn(() => ({ tripped: false }) as const)
    const shared: Guardrail = { name: 'shared', check }
    const agents = team.agents.map((agent) => ({ ...agent, guardrails: [shared] }))
    const peer = await startAgents({ ...team, agents })
    await peer.sendEvents(...says('r1', 'rain'))
    expect(check).toHaveBeenCalledTimes(1)
  })

  it('that do not exist release held audio', async () => {
    const [near, far] = memoryPair()
    const hold = holdBack()
    const peer = createPeer({ transport: near, stages: [hold] })
    far.on('message', () => {})
    void far.open()
    const heard = vi.fn()
    peer.session.on('response.output_audio.delta', heard)
    runAgents(peer.session, {
      agents: [{ name: 'a', instructions: 'A' }],
      start: 'a',
      guardrails: { holdBack: hold },
    })
    const connecting = peer.session.connect()
    await settle()
    const sendEvents = (event: Json) => far.send(JSON.stringify({ event_id: 'e', ...event }))
    sendEvents({ type: 'session.created', session: { type: 'realtime', id: 's' } })
    await connecting
    const sound = { type: 'response.output_audio.delta', response_id: 'r1', item_id: 'i1', output_index: 0 }
    for (const event of [
      created('r1'),
      { ...sound, content_index: 0, delta: 'AAAA' },
      { ...words('r1', 'Hi'), item_id: 'i1' },
    ])
      sendEvents(event)
    sendEvents({
      type: 'response.output_audio.done',
      response_id: 'r1',
      item_id: 'i1',
      output_index: 0,
      content_index: 0,
    })
    await settle()
    expect(heard).toHaveBeenCalledTimes(1)
    await peer.session.close()
  })
})
