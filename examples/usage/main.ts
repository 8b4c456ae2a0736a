import { createSession } from 'realtime-primitives'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { billOf, meter } from './meter.js'

const emulator = createEmulator({
  pace: 40,
  latencyMs: 50,
  voice: 'tone',
  script: () => reply('This answer is long enough to cost something, and the next one will be just as long.'),
})
const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }) })
await session.connect()
const usage = meter(session, 0.01, (line) => console.log(line))

for (let turn = 1; turn <= 6; turn++) {
  await session.items.create({
    type: 'message',
    role: 'user',
    content: [{ type: 'input_text', text: `Question ${turn}.` }],
  })
  const { status } = await session.respond().done
  console.log(`answer ${turn}: ${status}`)
  if (usage.getState().budget === 'exceeded' && status === 'cancelled') break
}

console.log(`\n${billOf(usage.getState()).join('\n')}`)
usage.stop()
await session.close()
