import { createApprovals, createSession, holdBack, runAgents, tool } from 'realtime-primitives'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import * as z from 'zod'

// The emulator plays the model, with one entry for each response.
const script = [
  [call('weather', { city: 'Oslo' }), call('weather', { city: 'Lisbon' })],
  reply('Oslo has 3 degrees, Lisbon has 21.'),
  call('transfer_to_travel'),
  call('book', { city: 'Lisbon' }),
  reply('You fly on Friday, for 90 euros.'),
  reply('You fly on Friday. The price is in your mail.'),
]
const parameters = z.object({ city: z.string() })
const weather = tool({
  name: 'weather',
  parameters,
  execute: ({ city }) => `${city === 'Oslo' ? 3 : 21} degrees`,
})
const book = tool({ name: 'book', parameters, needsApproval: true, execute: ({ city }) => `A flight to ${city}` })
const noPrices = { name: 'prices', check: ({ text }: { text: string }) => ({ tripped: /\d+ euros/.test(text) }) }

const approvals = createApprovals()
approvals.on('requested', ({ id, tool }) => console.log('approve ', tool, approvals.approve(id)))

const hold = holdBack()
const session = createSession({ transport: createEmulator({ script, pace: 20 }).connect(), stages: [hold] })
const run = runAgents(session, {
  start: 'weather',
  agents: [
    { name: 'weather', instructions: 'Tell the weather.', tools: [weather], handoffs: ['travel'] },
    { name: 'travel', instructions: 'Book flights.', tools: [book], handoffs: ['weather'], guardrails: [noPrices] },
  ],
  tools: { approvals },
  guardrails: {
    holdBack: hold,
    action: { explain: 'Say it again without the price.' },
    onTripped: ({ text }) => console.log('unheard ', text),
  },
})
run.on('started', ({ call }) => console.log('call    ', call.tool, call.arguments))
run.on('handedOff', ({ from, to }) => console.log('handoff ', from, 'to', to))
const played = new Set<string>() // in an app, this audio goes to a speaker
session.on('response.output_audio.delta', ({ item_id }) => played.add(item_id))

await session.connect()
for (const text of ['Where is it warm?', 'Take me there.']) {
  console.log('caller  ', text)
  await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
  session.respond()
  const { transcript } = await session.waitFor('response.output_audio_transcript.done', {
    where: ({ item_id }) => played.has(item_id),
    timeoutMs: 10_000,
  })
  console.log('agent   ', transcript)
}
await session.close()
