// A spoken call to an agent, its recording, and the recording as a test of the next version of the agent. Nothing runs in real time.
import { type Clock, createSession, recording, runTools, type Transport, tool } from 'realtime-primitives'
import {
  call,
  createCaller,
  createEmulator,
  createManualClock,
  replaying,
  reply,
  sessionLine,
  settleOn,
} from 'realtime-primitives/testing'
import * as z from 'zod'

/** The agent, with the output of its function. */
function createAgent(transport: Transport, clock: Clock, sky: string) {
  const transcription = { model: 'gpt-transcribe' }
  const session = createSession({ transport, clock, config: { audio: { input: { transcription } } } })
  const weather = tool({
    name: 'weather',
    parameters: z.object({ city: z.string() }),
    execute: ({ city }) => ({ city, sky }),
  })
  runTools(session, [weather])
  return session
}

/** Holds a spoken call, and returns its recording. */
async function recordCall(): Promise<string> {
  const clock = createManualClock()
  const emulator = createEmulator({
    clock,
    voice: 'tone',
    script: ({ text, input }) => {
      if (input.at(-1)?.type === 'function_call_output') return reply('It rains in Oslo, all day long.')
      return text.includes('weather') ? call('weather', { city: 'Oslo' }) : reply('You are welcome.')
    },
  })
  let file = ''
  const write = (line: string) => {
    file += line
  }
  const transport = recording(emulator.connect(), write, { text: 'keep', clock })
  const session = createAgent(transport, clock, 'rain')
  session.on('conversation.item.input_audio_transcription.completed', ({ transcript }) =>
    console.log(`the emulator recognized: ${transcript}`),
  )
  await settleOn(clock, session.connect())
  const says = ['What is the weather in Oslo?', { text: 'Thank you, goodbye.', bargeInAfterMs: 900 }]
  const { turns } = await settleOn(clock, createCaller({ says, clock, noiseDb: -45 }).call(sessionLine(session)))
  for (const { text, isBargeIn, latencyMs } of turns)
    console.log(`caller: ${text}${isBargeIn ? ' (interrupts)' : ''} answered after ${latencyMs} ms`)
  await settleOn(clock, session.close())
  return file
}

/** Plays a recording into an agent, and returns what the agent does differently. */
async function replayInto(file: string, sky: string) {
  const clock = createManualClock()
  const transport = replaying(file, { clock })
  const session = createAgent(transport, clock, sky)
  transport.drive(session)
  await settleOn(clock, Promise.all([session.connect(), transport.finished]))
  await settleOn(clock, session.close())
  return transport.report().departures
}

const file = await recordCall()
const same = await replayInto(file, 'rain')
console.log(`\nthe same agent: ${same.length} departures`)
const changed = await replayInto(file, 'sun')
console.log(`a changed agent: ${changed.length} departure`)
for (const { line, differences = [] } of changed)
  for (const { path, expected, received } of differences)
    console.log(`  line ${line}: ${path} is ${received} instead of ${expected}`)
if (same.length > 0 || changed.length !== 1) process.exitCode = 1
