import { afterColon } from '../tools/model-messages.js'
import { type AgentError, isAgentError } from './error.js'

/** Returns the output of a handoff call. The new agent receives it. */
export function handoffMessage(to: string): string {
  return JSON.stringify({
    agent: to,
    message: `You are ${to} from now on. Follow your new instructions, and take up at once what the caller asked for.`,
  })
}

/** Returns the output of a failed handoff call, in the format of a failed tool call. */
export function refusalMessage(error: AgentError, from: string, to: string): string {
  return JSON.stringify({ error: { code: error.code, message: messageOf(error, from, to) } })
}

function messageOf(error: AgentError, from: string, to: string): string {
  if (isAgentError(error, 'VETOED')) {
    return `The handoff to ${to} was not allowed${afterColon(error.data.reason)}. You are still ${from}.`
  }
  if (isAgentError(error, 'SUPERSEDED')) return `The conversation was handed over to ${error.data.inCharge} before.`
  switch (error.code) {
    case 'ALREADY_IN_CHARGE':
      return `You are ${to} already. Help the caller yourself.`
    case 'TOO_MANY_HANDOFFS':
      return `The conversation was handed over too often. You are still ${from}: answer the caller before anything else.`
    default:
      return `The handoff to ${to} failed. You are still ${from}: go on yourself.`
  }
}
