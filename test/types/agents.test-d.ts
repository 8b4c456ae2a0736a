import {
  type Agent,
  type AgentError,
  type Guardrail,
  isAgentError,
  type RealtimeSession,
  runAgents,
  runLatency,
  type Stoppable,
  type ToolError,
} from 'realtime-primitives'
import { runTelemetry } from 'realtime-primitives/telemetry'
import { describe, expectTypeOf, test } from 'vitest'

declare const session: RealtimeSession
declare const prices: Guardrail<{ price: string }>

describe('the names of agents', () => {
  const run = runAgents(session, {
    start: 'a',
    agents: [
      { name: 'a', instructions: 'A', handoffs: ['b'], guardrails: [prices] },
      { name: 'b', instructions: ({ from }) => `B, from ${from}`, handoffs: ['a'] },
    ],
  })

  test('do not prevent the run from being the tools of runLatency and runTelemetry', () => {
    expectTypeOf(runLatency).toBeCallableWith(session, { tools: run })
    expectTypeOf(runTelemetry).toBeCallableWith(session, { tools: run })
  })

  test('are inferred in options and events', () => {
    expectTypeOf(run.current.name).toEqualTypeOf<'a' | 'b'>()
    expectTypeOf(run.handOff('b', { input: 5 })).toEqualTypeOf<Promise<void>>()
    run.handOff(run.current)
    run.on('handedOff', ({ from, to, input, cause }) => {
      expectTypeOf(from).toEqualTypeOf<'a' | 'b'>()
      expectTypeOf(to).toEqualTypeOf<'a' | 'b'>()
      expectTypeOf(input).toBeUnknown()
      expectTypeOf(cause).toEqualTypeOf<'model' | 'app'>()
    })
    // @ts-expect-error there is no such agent
    run.handOff('c')
  })

  test('are checked against the agents', () => {
    // @ts-expect-error the first agent is none of them
    runAgents(session, { start: 'c', agents: [{ name: 'a', instructions: '' }] })
    // @ts-expect-error a handoff leads to none of them
    runAgents(session, { start: 'a', agents: [{ name: 'a', instructions: '', handoffs: ['c'] }] })
    // @ts-expect-error an agent has instructions
    runAgents(session, { start: 'a', agents: [{ name: 'a' }] })
  })

  test('are strings when the agents are not literals', () => {
    const agents: Agent[] = [{ name: 'a', instructions: 'A', handoffs: ['b'] }]
    const made = runAgents(session, { start: 'a', agents })
    expectTypeOf(made.current.name).toEqualTypeOf<string>()
    made.handOff('b')
  })
})

test('events have a discriminated type', () => {
  const run = runAgents(session, { start: 'a', agents: [{ name: 'a', instructions: 'A' }] })
  expectTypeOf(run).toExtend<Stoppable>()
  run.on('handoff', ({ veto }) => expectTypeOf(veto).toEqualTypeOf<(reason?: string) => void>())
  run.on('refused', ({ error }) => expectTypeOf(error).toEqualTypeOf<AgentError>())
  run.on('error', (error) => expectTypeOf(error).toEqualTypeOf<AgentError | ToolError>())
  run.on('settled', ({ durationMs }) => expectTypeOf(durationMs).toEqualTypeOf<number>())
  // @ts-expect-error there is no such event
  run.on('switched', () => {})
})

test('a history contains existing and new items', () => {
  runAgents(session, {
    start: 'a',
    agents: [
      {
        name: 'a',
        instructions: 'A',
        history: (items) => [
          { type: 'message', role: 'system', content: [{ type: 'input_text', text: 'So far: nothing.' }] },
          ...items.slice(-2),
        ],
      },
      // @ts-expect-error text is no item
      { name: 'b', instructions: 'B', history: () => ['nothing'] },
    ],
  })
})

test('narrowing the code of an error narrows its data', () => {
  const error: unknown = undefined
  if (isAgentError(error, 'SUPERSEDED')) expectTypeOf(error.data.inCharge).toEqualTypeOf<string>()
  if (isAgentError(error, 'VETOED')) expectTypeOf(error.data.reason).toEqualTypeOf<string | undefined>()
})
