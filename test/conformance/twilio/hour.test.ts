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
import { itCertifies } from '../../support/certify.js'
import { mumble } from './line.js'

const turnMs = 10_000
const turnsPerCall = 12
const callsAtOnce = 5
const minutes = 60

itCertifies('after an hour of calls with tools, the heap is at most 5 % above that after ten minutes', async () => {
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
  }
  expect(tools).toBeGreaterThan(100)
  const [early = 0, late = Number.POSITIVE_INFINITY] = measured
  process.stdout.write(`heap after 10 and ${minutes} minutes: ${early.toFixed(2)} and ${late.toFixed(2)} MB\n`)
  expect(late / early).toBeLessThanOrEqual(1.05)
})
