import { type Agent, createSession, type HistoryFilter, runAgents, selectItems } from 'realtime-primitives'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import * as z from 'zod'

// The emulator plays the model: it hands over to billing, whose handoff to sales is vetoed, and then back to reception.
const emulator = createEmulator({
  pace: Number.POSITIVE_INFINITY,
  latencyMs: 0,
  script: [
    reply('Good evening. What can I do for you?'),
    call('transfer_to_billing', { reason: 'invoice 7 is too high' }),
    reply('I have invoice 7 before me. It was paid twice.'),
    call('transfer_to_sales'),
    reply('Sales is closed now. Shall they call you back?'),
    call('transfer_to_reception', {}),
    reply('Good night.'),
  ],
})

/** Keeps the last two turns and replaces all others by a note. */
const lastTurns: HistoryFilter = (items, { from }) => [
  {
    type: 'message',
    role: 'system',
    content: [{ type: 'input_text', text: `${from} greeted the caller.` }],
  },
  ...items.filter(({ item }) => item.type === 'message').slice(-2),
]

const reception: Agent = {
  name: 'reception',
  instructions: 'Find out what the caller needs.',
  voice: 'marin',
  handoffs: ['billing', 'sales'],
}
const billing: Agent = {
  name: 'billing',
  handoffDescription: 'It knows invoices.',
  handoffParameters: z.object({ reason: z.string() }),
  // The instructions start with the reason of the handoff.
  instructions: ({ from, input }) => `The caller comes from ${from}: ${(input as { reason: string }).reason}.`,
  // The model has already produced audio with another voice, so that voice is kept.
  voice: 'cedar',
  history: lastTurns,
  handoffs: ['sales', 'reception'],
}
const sales: Agent = { name: 'sales', instructions: 'Sell.' }

const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }) })
const run = runAgents(session, { start: 'reception', agents: [reception, billing, sales] })
run.on('handoff', ({ to, veto }) => {
  if (to === 'sales') veto('sales is closed at night')
})
run.on('handedOff', ({ from, to }) => console.log(`> ${from} handed over to ${to}`))
run.on('refused', ({ from, to, error }) => console.log(`> ${from} did not hand over to ${to}: ${error.code}`))
session.on('response.output_audio_transcript.done', ({ transcript }) =>
  console.log(`${run.current.name}: ${transcript}`),
)

await session.connect()
await session.respond().done
for (const text of ['My invoice is too high.', 'Then I want another contract.', 'No, thank you.']) {
  console.log(`caller: ${text}`)
  await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
  const responded = session.waitFor('response.done', {
    where: ({ response }) => response.metadata?.follow_up === 'tools',
    timeoutMs: 10_000,
  })
  session.respond()
  await responded
}
const { config } = session.getState()
console.log(`voice: ${config?.audio?.output?.voice}, items: ${selectItems(session.getState()).length}`)

run.stop()
await session.close()
