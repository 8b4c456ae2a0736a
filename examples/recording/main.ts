import { createSession, readRecording, recording } from 'realtime-primitives'
import { createEmulator, reply } from 'realtime-primitives/testing'

const emulator = createEmulator({
  pace: 20,
  latencyMs: 50,
  voice: 'tone',
  script: [reply('The secret word is marzipan.')],
})

let file = ''
const transport = recording(emulator.connect({ model: 'gpt-realtime-2.1' }), (line) => {
  file += line // a stream to a file, in a program that lives longer
})
const session = createSession({ transport, config: { instructions: 'Never say sk-proj-A1b2C3d4E5f6.' } })

await session.connect()
await session.respond().done
await session.close()

const { lines } = readRecording(file)
for (const { ms, direction, event } of lines.slice(0, 6))
  console.log(`${ms.toFixed(0)} ms ${direction} ${JSON.stringify(event).slice(0, 90)}`)

const types = new Map<string, number>()
for (const { event } of lines) {
  const { type } = event as { type: string }
  types.set(type, (types.get(type) ?? 0) + 1)
}
console.log(`\n${lines.length} lines, ${file.length} bytes`)
for (const [type, count] of types) console.log(`${count} ${type}`)

const leaked = ['marzipan', 'sk-proj'].filter((word) => file.includes(word))
console.log(leaked.length === 0 ? '\nneither words nor keys are in it' : `\nin the recording: ${leaked.join(', ')}`)
if (leaked.length > 0) process.exitCode = 1
