import fc from 'fast-check'
import { type Agent, selectItems, tool } from 'realtime-primitives'
import { expect, it } from 'vitest'
import type { Json } from '../../../support/peer.js'
import { runs } from '../../../support/runs.js'
import { callOf, created, done, itemDone, messageOf } from '../tools/harness.js'
import { type AgentPeer, callItem, startAgents, userItem } from './harness.js'

const names = ['a', 'b', 'c']
const agents = names.map(
  (name): Agent => ({
    name,
    instructions: `I am ${name}.`,
    handoffs: names,
    tools: [tool({ name: 'who', execute: () => name })],
  }),
)
const functions = ['who', 'no_such_tool', ...names.map((name) => `transfer_to_${name}`)]

type Action =
  | { readonly kind: 'calls'; readonly names: readonly string[] }
  | { readonly kind: 'handOff'; readonly to: string }
  | { readonly kind: 'refuse' | 'hold' | 'release' | 'drop' | 'return' | 'turn' }

const one = (...kinds: Exclude<Action['kind'], 'calls' | 'handOff'>[]) => fc.record({ kind: fc.constantFrom(...kinds) })

const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('calls' as const), names: calls() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('handOff' as const), to: fc.constantFrom(...names) }) },
  { weight: 2, arbitrary: one('hold') },
  { weight: 2, arbitrary: one('drop') },
  { weight: 3, arbitrary: one('refuse', 'release', 'return', 'turn') },
)

function calls() {
  return fc.array(fc.constantFrom(...functions), { minLength: 1, maxLength: 3 })
}

/** Plays a server that does what the actions say, and answers what the client asks for. */
async function play(peer: AgentPeer, script: readonly Action[]) {
  const callIds: string[] = []
  /** Which agent was in charge when a call of `who` was made, by its `call_id`. */
  const askedOf = new Map<string, string>()
  let [count, rounds, answers, drops] = [0, 0, 0, 0]
  let [isHeld, isDown, refusals] = [false, false, 0]
  peer.policy = ({ type }) => {
    if (type !== 'session.update' || isDown) return 'answer'
    if (isHeld) return 'hold'
    if (refusals === 0) return 'answer'
    refusals -= 1
    return { refuse: 'invalid_value' }
  }

  /** Every response that is asked for is a message. */
  async function respond(): Promise<void> {
    for (;;) {
      const request = peer.asked.shift()
      if (!request) return
      answers += 1
      const id = `answer_${++count}`
      const { metadata } = request.response as Json
      const message = { ...messageOf('Well.'), id: `item_${id}` }
      await peer.sendEvents(
        created(id, { metadata }),
        callItem(message),
        done(id, [message], 'completed', { metadata }),
      )
    }
  }

  async function comeBack(): Promise<void> {
    isHeld = false
    refusals = 0
    await peer.comeBack()
    isDown = false
    await peer.work()
  }

  const acts: Record<Action['kind'], (action: Action) => unknown> = {
    calls(action) {
      // A response that the client asked for comes first.
      if (isDown || action.kind !== 'calls' || peer.isBehind('response.create')) return
      rounds += 1
      const id = `response_${++count}`
      const items = action.names.map((name) => {
        const callId = `call_${++count}`
        callIds.push(callId)
        if (name === 'who') askedOf.set(callId, peer.run.current.name)
        return callOf(name, callId)
      })
      return peer.sendEvents(
        created(id),
        ...items.flatMap((item, index) => [callItem(item), itemDone(id, index, item)]),
        done(id, items),
      )
    },
    handOff: (action) => action.kind === 'handOff' && void peer.run.handOff(action.to),
    refuse: () => (refusals += 1),
    hold: () => (isHeld = true),
    release: () => (isHeld = false),
    async drop() {
      if (isDown) return
      isDown = true
      drops += 1
      await peer.drop()
    },
    return: () => isDown && comeBack(),
    turn: () => !isDown && peer.sendEvents(userItem(`user_${++count}`, 'And?')),
  }

  for (const action of script) {
    await acts[action.kind](action)
    await peer.work()
    await respond()
  }
  isHeld = false
  if (isDown) await comeBack()
  await peer.work()
  await respond()
  await peer.work()
  return { callIds, askedOf, rounds, answers, drops }
}

it('runAgents: one agent is active, each call gets one output, and each batch one response, for random events', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(actions, { minLength: 3, maxLength: 14 }), async (script) => {
      const peer = await startAgents({ agents, start: 'a', tools: { maxRounds: 1_000 } })
      const { callIds, askedOf, rounds, answers, drops } = await play(peer, script)

      expect(peer.session.getState().status).toBe('open')
      expect(peer.config().instructions).toBe(peer.run.current.instructions)
      expect(peer.session.getState().config?.instructions).toBe(peer.run.current.instructions)

      const outputs = selectItems(peer.session.getState()).flatMap(({ item }) =>
        item.type === 'function_call_output' ? [item] : [],
      )
      expect(outputs.map(({ call_id }) => call_id).toSorted()).toEqual(callIds.toSorted())
      for (const { call_id, output } of outputs) {
        const asked = askedOf.get(call_id)
        if (asked !== undefined && !output.includes('"error"')) expect(output).toBe(asked)
      }

      expect(answers).toBeLessThanOrEqual(rounds)
      expect(answers > 0).toBe(rounds > 0)
      const last = peer.sent().findLast(({ type, item }) => {
        const isOutput = type === 'conversation.item.create' && (item as Json).type === 'function_call_output'
        return isOutput || type === 'response.create'
      })
      if (rounds > 0 && drops === 0) expect(last?.type).toBe('response.create')

      await peer.session.close()
      expect(peer.clock.pending).toBe(0)
    }),
    { numRuns: runs({ usual: 40, certify: 1_000 }) },
  )
})
