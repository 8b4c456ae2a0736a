import * as fc from 'fast-check'
import {
  type Agent,
  type Clock,
  createSession,
  memoryPair,
  type RealtimeSession,
  runAgents,
  runTools,
  selectItems,
  type Transport,
  tool,
} from 'realtime-primitives'
import { call, createEmulator, createManualClock, reply, silence } from 'realtime-primitives/testing'
import { expect, it } from 'vitest'
import { runs } from '../../support/runs.js'

// A process joins a call whose model calls tools of the process that held the call before, at any time of the join.

const names = ['pay', 'look'] as const

interface Join {
  /** When the model starts, from the moment at which the process joins, in milliseconds. */
  readonly startsAt: number
  /** How long the model works before it calls. */
  readonly worksMs: number
  readonly calls: readonly (typeof names)[number][]
  /** Delay of the connection in each direction. */
  readonly delayMs: number
  readonly features: 'tools' | 'agent' | 'agent with slow instructions' | 'another agent'
}

const anyJoin: fc.Arbitrary<Join> = fc.record({
  startsAt: fc.integer({ min: -200, max: 400 }),
  worksMs: fc.integer({ min: 0, max: 600 }),
  calls: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
  delayMs: fc.constantFrom(0, 20, 80, 200),
  features: fc.constantFrom('tools', 'agent', 'agent with slow instructions', 'another agent'),
})

/** A transport whose frames take a while. */
function delayed(inner: Transport, clock: Clock, delayMs: number): Transport {
  const on = (type: 'message', listener: (frame: string) => void) =>
    inner.on(type, (frame) => {
      if (type === 'message') clock.after(delayMs, () => listener(frame))
      else listener(frame)
    })
  const send = (frame: string) => void clock.after(delayMs, () => inner.state === 'open' && inner.send(frame))
  return Object.create(inner, { on: { value: on }, send: { value: send } }) as Transport
}

function outputsOf(session: RealtimeSession): string[] {
  return selectItems(session.getState()).flatMap(({ item }) =>
    item.type === 'function_call_output' ? [item.output] : [],
  )
}

it('runTools, runAgents: in a session that was joined, each call that the model makes meanwhile runs once', async () => {
  await fc.assert(
    fc.asyncProperty(anyJoin, async ({ startsAt, worksMs, calls, delayMs, features }) => {
      // A sideband receives no events of the time before it.
      fc.pre(startsAt + worksMs > 0)
      const clock = createManualClock()
      const ran: string[] = []
      let made: readonly string[] = []
      const tools = names.map((name) =>
        tool({
          name,
          execute(_, { callId }) {
            ran.push(callId)
            return `${name} done`
          },
        }),
      )
      const emulator = createEmulator({
        clock,
        latencyMs: 0,
        script({ input, session }) {
          if (input.at(-1)?.type === 'function_call_output') return reply('OK.')
          const offered = (session.tools ?? []).map((known) => 'name' in known && known.name)
          made = calls.filter((name) => offered.includes(name))
          return [silence(worksMs), ...(made.length > 0 ? made.map((name) => call(name)) : ['No.'])]
        },
      })
      const answered = emulator.answerCall({ model: 'gpt-realtime-2.1' })
      if (!('callId' in answered)) throw new Error('refused')
      const [near, far] = memoryPair({ audio: 'media' })
      void answered.attach(far, () => {})
      const config = { output_modalities: ['text'], tools: tools.map(({ definition }) => definition) } as const
      const caller = createSession({ clock, transport: near, config })
      await Promise.all([caller.connect(), clock.advance(1_000)])

      clock.after(300 + startsAt, () => caller.sendMessage('Go.'))
      await clock.advance(300)
      const transport = delayed(emulator.connect({ callId: answered.callId }), clock, delayMs)
      const session = createSession({ clock, transport })
      const errors: string[] = []
      const agents: Agent[] = [
        {
          name: 'cashier',
          instructions: () =>
            new Promise((resolve) => clock.after(features === 'agent' ? 0 : 700, () => resolve('Cash.'))),
          tools,
        },
        { name: 'reception', instructions: 'You are the reception.' },
      ]
      const start = features === 'another agent' ? 'reception' : 'cashier'
      const onError = ({ code }: { readonly code: string }) => void errors.push(code)
      if (features === 'tools') runTools(session, tools).on('error', onError)
      else runAgents(session, { agents, start }).on('error', onError)
      await Promise.all([session.connect(), clock.advance(8_000)])

      expect(errors).toEqual([])
      expect(outputsOf(caller)).toEqual(made.map((name) => `${name} done`))
      expect(ran).toHaveLength(made.length)
      expect(new Set(ran).size).toBe(made.length)
      await Promise.all([session.close(), caller.close(), clock.advance(1_000)])
    }),
    { numRuns: runs({ usual: 20, certify: 1_000 }) },
  )
})
