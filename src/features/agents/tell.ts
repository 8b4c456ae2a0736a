import { afterColon } from '../tools/tell.js'
import { type AgentError, isAgentError } from './error.js'

/** What the model reads when it has handed over; it is the new agent that reads it. */
export function tellHandedOver(to: string): string {
  return JSON.stringify({
    agent: to,
    message: `You are ${to} from now on. Follow your new instructions, and take up at once what the caller asked for.`,
  })
}

/** What the model reads when it could not hand over, in the shape of a failed call. */
export function tellRefused(error: AgentError, from: string, to: string): string {
  return JSON.stringify({ error: { code: error.code, message: words(error, from, to) } })
}

function words(error: AgentError, from: string, to: string): string {
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
