import { createSession, runTools, tool } from 'realtime-primitives'
import {
  call,
  createEmulator,
  createManualClock,
  createTelephone,
  reply,
  socketPair,
} from 'realtime-primitives/testing'
import { bridgeTwilio } from 'realtime-primitives/twilio'
import { expect } from 'vitest'
import { createHeapGauge } from '../../simulate/heap-gauge.js'
import { mumble } from './line.js'

const turnMs = 10_000
const turnsPerCall = 12
const callsAtOnce = 5
const minutes = 60

/**
 * Holds an hour of calls with tools on a simulated clock. Returns the heap after a forced collection at 10 and at 60 minutes, in megabytes. Fails if
 * a call was silent.
 */
export async function holdHourOfCalls(): Promise<{ readonly early: number; readonly late: number }> {
  const words = mumble(2_000)
  const clock = createManualClock()
  let turns = 0
  const emulator = createEmulator({
    clock,
    journal: { maxEntries: 100 },
    script(turn) {
      turns += 1
      const isTurnOfUser = turn.input.at(-1)?.type === 'message'
      return isTurnOfUser && turns % 3 === 0 ? [call('look_up', { query: 'answer' })] : [reply('Here is what I found.')]
    },
  })
  const lookUp = tool({
    name: 'look_up',
    description: 'Looks up an answer.',
    parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
    execute: () => ({ found: true }),
  })
  const gauge = createHeapGauge()
  let tools = 0
  const measured: number[] = []

  function startCall() {
    const session = createSession({ transport: emulator.connect({ model: 'gpt-realtime-2.1' }), clock })
    runTools(session, [lookUp]).on('error', (error) => expect(error).toBeUndefined())
    session.on('response.function_call_arguments.done', () => {
      tools += 1
    })
    const [near, far] = socketPair()
    const phone = createTelephone(far, { clock })
    bridgeTwilio(near, session)
    phone.call()
    return phone
  }

  for (let elapsedMs = 0; elapsedMs < minutes * 60_000; ) {
    const phones = Array.from({ length: callsAtOnce }, startCall)
    for (let turn = 0; turn < turnsPerCall; turn++) {
      for (const phone of phones) void phone.say(words)
      await clock.advance(turnMs)
    }
    elapsedMs += turnsPerCall * turnMs
    // At the end of the calls, so that they have the same number of turns each time.
    if (elapsedMs === 600_000 || elapsedMs === minutes * 60_000) measured.push(gauge.measure())
    for (const phone of phones) {
      expect(phone.playedMs).toBeGreaterThan(0)
      phone.hangUp()
    }
    await clock.advance(1_000)
    // An emulator keeps its last 100 closed sessions with their audio, which are not part of the measurement.
    emulator.reset()
  }
  expect(tools).toBeGreaterThan(100)
  const [early = Number.NaN, late = Number.NaN] = measured
  return { early, late }
}
