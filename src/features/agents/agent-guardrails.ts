import type { RealtimeSession } from '../../session/realtime.js'
import type { Guardrail } from '../guardrails/guardrail.js'
import { type GuardrailOptions, runGuardrails } from '../guardrails/run-guardrails.js'
import type { Agent } from './agent.js'

const passed = { tripped: false } as const

/**
 * Runs the guardrails of all agents. Each guardrail checks only the responses of its agents, also after a handoff.
 */
export function runAgentGuardrails(
  session: RealtimeSession,
  agents: readonly Agent[],
  options: GuardrailOptions,
  agentOf: (responseId: string) => Agent,
): () => void {
  const all = new Set(agents.flatMap(({ guardrails = [] }) => guardrails))
  // `holdBack` releases audio only after a check, even without guardrails.
  if (all.size === 0 && !options.holdBack) return () => {}
  const checks = [...all].map((guardrail): Guardrail => {
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
  return runGuardrails(session, checks, options).stop
}
