import {
  createApprovals,
  createSession,
  type GuardrailOptions,
  holdBack,
  memoryPair,
  type RunAgentsOptions,
  type RunToolsOptions,
  runAgents,
  runGuardrails,
  runInputGuardrails,
  runMcp,
  runTools,
  runUsage,
  tool,
} from 'realtime-primitives'
import { describe, expect, it, vi } from 'vitest'

/** A session on which one can count who listens. */
function create() {
  const [transport] = memoryPair()
  const session = createSession({ transport })
  return { transport, session, on: vi.spyOn(session, 'on'), subscribe: vi.spyOn(session, 'subscribe') }
}

const rounds = 'must be a whole number of at least 0, or Infinity'
const noNumbers = [Number.NaN, -1, 2.5, '8' as unknown as number, null as unknown as number]

describe('an invalid number is rejected by its option name', () => {
  it.each(noNumbers)('maxRounds: %j', (maxRounds) => {
    const { session, on, subscribe } = create()
    const message = `The option "maxRounds" ${rounds}.`
    expect(() => runTools(session, [], { maxRounds })).toThrow(
      expect.objectContaining({ name: 'ToolError', shortMessage: message }),
    )
    expect(() => runMcp(session, { maxRounds })).toThrow(message)
    const agents = {
      agents: [
        {
          name: 'a',
          instructions: 'Be brief.',
          guardrails: [{ name: 'g', check: () => ({ tripped: false }) as const }],
        },
      ],
    }
    expect(() => runAgents(session, { ...agents, start: 'a', tools: { maxRounds } })).toThrow(message)
    expect(on).not.toHaveBeenCalled()
    expect(subscribe).not.toHaveBeenCalled()
  })

  it.each([...noNumbers, 0])('maxResultBytes: %j', (maxResultBytes) => {
    const { session, on } = create()
    expect(() => runTools(session, [], { maxResultBytes })).toThrow(
      'The option "maxResultBytes" must be a whole number of at least 1, or Infinity.',
    )
    expect(on).not.toHaveBeenCalled()
  })

  it.each(noNumbers)('maxHandoffs: %j', (maxHandoffs) => {
    const { session, on } = create()
    const options: RunAgentsOptions<'a'> = {
      agents: [{ name: 'a', instructions: 'Be brief.' }],
      start: 'a',
      maxHandoffs,
    }
    expect(() => runAgents(session, options)).toThrow(
      expect.objectContaining({ name: 'AgentError', shortMessage: `The option "maxHandoffs" ${rounds}.` }),
    )
    expect(on).not.toHaveBeenCalled()
  })

  it.each([Number.NaN, 0, -1, '8' as unknown as number])('timeoutMs of approvals: %j', (timeoutMs) => {
    expect(() => createApprovals({ timeoutMs })).toThrow(
      'The option "timeoutMs" must be a number of milliseconds above 0, or Infinity.',
    )
  })

  it.each([Number.NaN, -1, '8' as unknown as number])('debounceMs: %j', (debounceMs) => {
    const { session } = create()
    expect(() => runGuardrails(session, [], { debounceMs })).toThrow('The option "debounceMs" must be 0 or more.')
  })

  it.each([Number.NaN, 0, '8' as unknown as number])('deadlines and bounds of guardrails: %j', async (value) => {
    const { session } = create()
    const deadline = 'must be more than 0 and finite.'
    const guardrail = { name: 'g', check: () => ({ tripped: false }) as const, deadlineMs: value }
    expect(() => runGuardrails(session, [guardrail])).toThrow(`The option "deadlineMs of g" ${deadline}`)
    await expect(runInputGuardrails(session, [], { transcriptDeadlineMs: value })).rejects.toThrow(
      `The option "transcriptDeadlineMs" ${deadline}`,
    )
    expect(() => holdBack({ maxHeldBytes: value })).toThrow('The option "maxHeldBytes" must be more than 0.')
  })

  it.each(['8', {}, true])('granularity: %j', (value) => {
    const { session } = create()
    const granularity = value as unknown as NonNullable<GuardrailOptions['granularity']>
    expect(() => runGuardrails(session, [], { granularity })).toThrow(
      'The option "granularity" must be "sentence", "words", or a whole number of characters of at least 1.',
    )
  })

  it.each([Number.NaN, 0, 2, '0.5' as unknown as number])('warnAt of a budget: %j', (warnAt) => {
    const { session } = create()
    const prices = { m: { input: { text: 1 } } }
    expect(() => runUsage(session, { prices, budget: { limit: 1, warnAt } })).toThrow(
      'The option "budget.warnAt" must be above 0 and at most 1.',
    )
  })

  it.each([Number.NaN, 0, '8' as unknown as number])('timeoutMs and progress of a tool: %j', (ms) => {
    const base = { name: 't', parameters: { type: 'object' }, execute: () => 1 } as const
    expect(() => tool({ ...base, timeoutMs: ms })).toThrow('timeoutMs must be more than 0')
    expect(() => tool({ ...base, progress: { afterMs: ms, text: 'a' } })).toThrow(
      'progress.afterMs must be more than 0',
    )
  })
})

describe('a valid number', () => {
  it.each<RunToolsOptions>([
    {},
    { maxRounds: 0, maxResultBytes: 1 },
    { maxRounds: Number.POSITIVE_INFINITY, maxResultBytes: Number.POSITIVE_INFINITY },
  ])('is accepted: %j', (options) => {
    const { session } = create()
    runTools(session, [], options).stop()
    runMcp(session, options).stop()
    runAgents(session, {
      agents: [{ name: 'a', instructions: 'Be brief.' }],
      start: 'a',
      maxHandoffs: options.maxRounds ?? 0,
      tools: options,
    }).stop()
    expect(() => createApprovals({ timeoutMs: Number.POSITIVE_INFINITY })).not.toThrow()
  })
})
