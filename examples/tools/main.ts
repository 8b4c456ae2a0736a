import { createApprovals, createSession, runTools, tool } from 'realtime-primitives'
import { call, createEmulator, reply } from 'realtime-primitives/testing'
import * as z from 'zod'

// The emulator plays the model: it calls the weather tool twice in one response, then books, then receives a rejection.
const emulator = createEmulator({
  pace: Number.POSITIVE_INFINITY,
  latencyMs: 0,
  script: [
    [reply('Let me see.'), call('weather', { city: 'Lisbon' }), call('weather', { city: 'Oslo' })],
    reply('Lisbon has 21 degrees, Oslo has 3. Shall I book Lisbon?'),
    call('book', { city: 'Lisbon', nights: 2 }),
    reply('Two nights in Lisbon are booked.'),
    call('book', { city: 'Lisbon', nights: 90 }),
    reply('I may not book that long.'),
  ],
})

const celsius: Record<string, number> = { Lisbon: 21, Oslo: 3 }
const weather = tool({
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, celsius: celsius[city] }),
})
const book = tool({
  name: 'book',
  parameters: z.object({ city: z.string(), nights: z.number().int().positive() }),
  needsApproval: true,
  execute: ({ city, nights }) => `booked ${nights} nights in ${city}`,
})

// In an app, a person decides here.
const approvals = createApprovals()
approvals.on('requested', ({ id, arguments: shown }) => {
  const { nights } = shown as { nights: number }
  console.log(`? may ${nights} nights be booked`)
  if (nights < 30) approvals.approve(id)
  else approvals.reject(id, 'at most 30 nights')
})

const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }) })
const run = runTools(session, [weather, book], { approvals })
run.on('settled', ({ call, outcome }) => console.log(`> ${call.tool}(${call.arguments}) = ${outcome.output}`))
session.on('response.output_audio_transcript.done', ({ transcript }) => console.log(`model: ${transcript}`))
await session.connect()

for (const text of ['Where is it warm?', 'Yes, two nights.', 'Make that ninety.']) {
  console.log(`you: ${text}`)
  await session.items.create({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
  // The first response calls tools. `runTools` requests a second one with their results.
  const responded = session.waitFor('response.done', {
    where: ({ response }) => response.metadata?.follow_up === 'tools',
    timeoutMs: 10_000,
  })
  session.respond()
  await responded
}
run.stop()
await session.close()
