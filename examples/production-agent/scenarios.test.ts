// Scenarios on the emulator: the script decides what the model does, so each scenario checks what the app does about it.
import { createSession, selectItems } from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply, type Step } from 'realtime-primitives/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { type Backend, createShop } from './backend.js'
import { startTextModel, script as wholeScript } from './emulated.js'
import { type AgentEvent, config, createHold, runShop } from './run-agents.js'
import { askSupervisor } from './supervisor.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const verified = call('verify_caller', { customerNumber: '4711', birthDate: '1990-02-03' })

/** A conversation in which the model does what the script contains. */
async function converse(script: Step[], backend: Partial<Backend> = {}) {
  const clock = createManualClock()
  const emulator = createEmulator({ clock, script, pace: Number.POSITIVE_INFINITY, latencyMs: 0 })
  const hold = createHold()
  const session = createSession({ transport: emulator.connect(), stages: [hold], config, clock })
  const events: AgentEvent[] = []
  const shop = runShop(session, {
    backend: { ...createShop(), askSupervisor: async () => 'Offer a label.', ...backend },
    hold,
    onEvent: (event) => events.push(event),
  })
  const audibleItemIds = new Set<string>()
  session.on('response.output_audio.delta', ({ item_id }) => audibleItemIds.add(item_id))
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    for (let steps = 0; !isSettled && steps < 2_000; steps++) await clock.advance(50)
    return promise
  }
  ends.push(async () => {
    shop.stop()
    await settled(session.close())
  })
  await settled(Promise.all([session.connect(), shop.agents.ready]))
  return {
    shop,
    session,
    events,
    audibleItemIds,
    /** The caller writes, and everything that follows happens. */
    async write(text: string): Promise<void> {
      await settled(session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }))
      session.respond()
      await clock.advance(30_000)
    },
    outputs: () =>
      selectItems(session.getState()).flatMap(({ item }) =>
        item.type === 'function_call_output' ? [item.output] : [],
      ),
  }
}

describe('authentication', () => {
  it('refuses every handoff until the caller is verified', async () => {
    const { shop, events, write, outputs } = await converse([
      call('transfer_to_returns'),
      reply('Your number, please.'),
    ])
    await write('I want my money back.')
    expect(shop.agents.current.name).toBe('front_desk')
    expect(events).toContainEqual({ type: 'handoff refused', to: 'returns', reason: 'VETOED' })
    expect(outputs()[0]).toContain('Verify the caller first')
  })

  it('verifies the caller, and hands over', async () => {
    const { shop, events, write } = await converse([verified, call('transfer_to_returns'), reply('Which board is it?')])
    await write('4711, third of February 1990')
    expect(shop.agents.current.name).toBe('returns')
    expect(events.map(({ type }) => type)).toEqual(['verified', 'tool', 'handoff'])
  })

  it('rejects a wrong date of birth', async () => {
    const wrong = call('verify_caller', { customerNumber: '4711', birthDate: '1999-01-01' })
    const { events, write, outputs } = await converse([wrong, reply('That does not match.')])
    await write('4711')
    expect(outputs()[0]).toContain('"verified":false')
    expect(events.some(({ type }) => type === 'verified')).toBe(false)
  })
})

describe('handoffs', () => {
  it('lead through all four agents in sequence', async () => {
    const { shop, events, write } = await converse([
      verified,
      call('transfer_to_returns'),
      reply('Which board?'),
      call('transfer_to_sales'),
      reply('How long should it be?'),
      call('transfer_to_complaints'),
      reply('I am sorry.'),
    ])
    await write('4711')
    await write('I want a new one.')
    await write('This is annoying.')
    const handoffs = events.flatMap((event) => (event.type === 'handoff' ? [`${event.from} to ${event.to}`] : []))
    expect(handoffs).toEqual(['front_desk to returns', 'returns to sales', 'sales to complaints'])
    expect(shop.agents.current.name).toBe('complaints')
  })
})

describe('supervisor', () => {
  it('gets the question with the conversation, and its answer reaches the voice model', async () => {
    const asked: unknown[] = []
    const { write, outputs } = await converse(
      [
        verified,
        call('transfer_to_returns'),
        call('ask_supervisor', { question: 'May A1 go back?' }),
        reply('It may.'),
      ],
      {
        async askSupervisor(question) {
          asked.push(question)
          return 'Yes, within 30 days.'
        },
      },
    )
    await write('4711, born in 1990. The board is too long.')
    expect(asked).toEqual([
      {
        customerId: '4711',
        question: 'May A1 go back?',
        transcript: expect.stringContaining('The board is too long.'),
      },
    ])
    expect(outputs()).toContain('Yes, within 30 days.')
  })

  it('looks the orders up before it answers', async () => {
    const text = await startTextModel()
    ends.push(text.close)
    const customers: string[] = []
    const answer = await askSupervisor(
      { customerId: '4711', question: 'May A1 go back?', transcript: '' },
      {
        apiKey: 'sk-emulator',
        baseUrl: text.baseUrl,
        today: () => '2026-11-29',
        async orders(customerId) {
          customers.push(customerId)
          return []
        },
      },
    )
    expect([answer, customers]).toEqual(['Yes. Offer a label.', ['4711']])
  })

  it('reports to the model that it is not available', async () => {
    const { events, write } = await converse(
      [verified, call('transfer_to_returns'), call('ask_supervisor', { question: 'May A1 go back?' }), reply('Sorry.')],
      { askSupervisor: () => Promise.reject(new Error('HTTP 503')) },
    )
    await write('4711')
    const tool = events.find((event) => event.type === 'tool' && event.name === 'ask_supervisor')
    expect(tool).toMatchObject({ error: expect.any(String) })
  })
})

describe('guardrails', () => {
  it('keep a promise from being played, and let the model say something else', async () => {
    const { events, write, audibleItemIds } = await converse([
      verified,
      call('transfer_to_returns'),
      reply('I promise you all your money back.'),
      reply('Let me ask the supervisor.'),
    ])
    await write('4711')
    expect(events).toContainEqual({ type: 'guardrail', name: 'promises', action: 'explain' })
    // Of two spoken responses, one was played.
    expect(audibleItemIds.size).toBe(1)
  })
})

it('the script of the emulator goes from the greeting to the goodbye', async () => {
  const { events, write, shop } = await converse([...wholeScript.slice(1)])
  for (const text of ['Send back.', '4711.', 'Yes.', 'No.']) await write(text)
  expect(events.map(({ type }) => type)).toEqual([
    'handoff refused',
    'verified',
    'tool',
    'handoff',
    'tool',
    'guardrail',
  ])
  expect(shop.agents.current.name).toBe('returns')
})
