import type { RealtimeSession } from '../../session/realtime.js'
import type { Guardrail } from '../guardrails/guardrail.js'
import { type GuardrailOptions, runGuardrails } from '../guardrails/run-guardrails.js'
import type { Agent } from './agent.js'

const passed = { tripped: false } as const

/**
 * Runs the guardrails of all agents as one set, of which each judges the responses of its own agents. So a verdict about a response of an
 * older agent counts after a handoff as well.
 */
export function runAgentGuardrails(
  session: RealtimeSession,
  agents: readonly Agent[],
  options: GuardrailOptions,
  agentOf: (responseId: string) => Agent,
): () => void {
  const all = new Set(agents.flatMap(({ guardrails = [] }) => guardrails))
  // Held sound goes on only when somebody judges it.
  if (all.size === 0 && !options.holdBack) return () => {}
  const judges = [...all].map((guardrail): Guardrail => {
    const { name, onFailure = 'closed', deadlineMs } = guardrail
    return {
      name,
      onFailure,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      check(input) {
        const { guardrails = [] } = agentOf(input.responseId ?? '')
        return guardrails.includes(guardrail) ? guardrail.check(input) : passed
      },
    }
  })
  return runGuardrails(session, judges, options).stop
}
