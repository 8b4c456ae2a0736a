import { readFileSync } from 'node:fs'
import { asWebSocket, beta, upgradeLog } from 'realtime-primitives/migrate'
import { realtimeCodec } from 'realtime-primitives/protocol'
import { createEmulator, reply } from 'realtime-primitives/testing'
import { ask } from './client.js'

const model = 'gpt-realtime-2.1'
const answer = 'It is half past nine.'
const emulator = createEmulator({ script: [reply(answer)], pace: Number.POSITIVE_INFINITY, latencyMs: 0 })

console.log('the client of 2025, on a GA server')
const alone = asWebSocket(emulator.connect({ model }))
await ask(alone, 'What time is it?').catch((error: Error) => console.log(`  is refused: ${error.message}`))
alone.close()

console.log('the same client, through beta(transport)')
const transport = beta(emulator.connect({ model }), {
  onLoss: ({ type, dropped }) =>
    console.log(`  ${type} went without ${dropped.map(({ path, reason }) => `${path}: ${reason}`).join(' ')}`),
})
const socket = asWebSocket(transport)
const heard = await ask(socket, 'What time is it?')
console.log(`  hears: ${heard}`)
socket.close()
await emulator.close()

console.log('a call of January 2025, as GA')
const call = readFileSync(new URL('./call.jsonl', import.meta.url), 'utf8')
let broken = 0
for (const line of upgradeLog(call)) {
  if (line.kind === 'broken') {
    broken += 1
    console.log(`  ${line.error.message}`)
    continue
  }
  for (const event of line.events) {
    if (line.kind === 'server' && realtimeCodec.decode(JSON.stringify(event)).kind !== 'event') broken += 1
    console.log(`  ${String(line.line).padStart(2)} ${line.kind} ${event.type}`)
  }
  for (const { path, value } of line.dropped) if (value !== null) console.log(`       without ${path}`)
}

if (heard !== answer || broken > 0) process.exitCode = 1
