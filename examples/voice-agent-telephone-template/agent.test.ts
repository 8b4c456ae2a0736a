// Tests of the agent without a key, a network, or a telephone: an emulator takes the place of the model, and time is a manual clock.
import { selectItems } from 'realtime-primitives'
import {
  call,
  createEmulator,
  createManualClock,
  createTelephone,
  reply,
  type Step,
  socketPair,
} from 'realtime-primitives/testing'
import { afterEach, expect, it } from 'vitest'
import { createCalendar } from './agent.js'
import { answer } from './answer.js'
import { listen, speech } from './caller.js'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A call in which the model does what the script contains. */
function callAgent(script: Step[], isAllowed = () => true) {
  const clock = createManualClock()
  const [near, far] = socketPair()
  const emulator = createEmulator({ clock, script, hear: () => 'At eleven thirty, please.' })
  const calendar = createCalendar()
  const log: string[] = []
  const session = answer(near, {
    transport: emulator.connect(),
    calendar,
    clock,
    isAllowed,
    print: (line) => log.push(line),
  })
  const phone = createTelephone(far, { clock })
  phone.call()
  /** Advances the clock until a promise settles. */
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    for (let steps = 0; !isSettled && steps < 3_000; steps++) await clock.advance(20)
    return promise
  }
  ends.push(() => settled(session.close()))
  return {
    phone,
    session,
    calendar,
    log,
    settled,
    listen: () => settled(listen(phone, clock.now)),
    say: (ms: number) => settled(phone.say(speech(ms))),
    outputs: () =>
      selectItems(session.getState()).flatMap(({ item }) =>
        item.type === 'function_call_output' ? [item.output] : [],
      ),
  }
}

it('greets the caller', async () => {
  const { phone, listen, log } = callAgent([reply('Harbour Dental.')])
  await listen()
  expect(phone.playedMs).toBeGreaterThan(0)
  expect(log).toEqual(['call: answered'])
})

it('books the time that the caller agrees to', async () => {
  const appointment = { day: '2026-12-01', time: '11:30', name: 'Ada' }
  const agent = callAgent([reply('Hello.'), call('book', appointment), reply('You are booked.')])
  await agent.listen()
  await agent.say(1_200)
  await agent.listen()
  expect(agent.outputs()).toEqual(['{"booked":true}'])
  expect(await agent.calendar.freeTimes('2026-12-01')).toEqual(['09:00', '15:00'])
})

it('stops speaking when the caller interrupts', async () => {
  const agent = callAgent([
    reply('A greeting that is long enough to be interrupted by somebody in a hurry.'),
    reply('Yes?'),
  ])
  await agent.settled(agent.phone.waitFor(() => agent.phone.playedMs > 800))
  const clears = agent.phone.clears
  await agent.say(1_200)
  expect(agent.phone.clears).toBe(clears + 1)
})

it('ends when the caller hangs up', async () => {
  const { phone, listen, session, settled, log } = callAgent([reply('Hello.')])
  await listen()
  phone.hangUp()
  await settled(session.closed)
  expect(log.at(-1)).toBe('call: ended, hangup')
})

it('does not answer a stream without a valid token', async () => {
  const { session, settled, log } = callAgent([reply('Hello.')], () => false)
  await settled(session.closed)
  expect(log.some((line) => line.includes('answered'))).toBe(false)
})
