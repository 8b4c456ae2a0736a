import type { AgentErrorCode } from '../../../src/features/agents/error.js'
import type { ErrorClassEntry } from './entry.js'

export const agentErrors: ErrorClassEntry<AgentErrorCode> = {
  module: 'realtime-primitives',
  codes: {
    INVALID_AGENT: {
      when: '`runAgents()` received an agent without a name or instructions, two agents with the same name, a handoff to an agent that is not in the list, or a tool with the name of a handoff function.',
      fix: 'Correct the agent that the message names.',
    },
    INVALID_OPTION: {
      when: '`maxHandoffs` is not a whole number of at least 0 or `Infinity`.',
      fix: 'Correct the option that the message names.',
    },
    UNKNOWN_AGENT: {
      when: 'The option `start`, or the argument of `handOff()`, is not an agent of the list. `handOff()` rejects.',
      fix: 'Use the name of an agent that you passed to `runAgents()`, or that agent itself.',
    },
    VETOED: {
      when: 'A listener of the `handoff` event called `veto()`. The model received the reason, and `handOff()` rejects if the app requested the handoff.',
      fix: 'No action is needed. Tell the user why the handoff did not happen if the app requested it.',
      example: `import { type Agent, isAgentError, runAgents } from 'realtime-primitives'

const reception: Agent = { name: 'reception', instructions: 'Greet the caller.', handoffs: ['billing'] }
const billing: Agent = { name: 'billing', instructions: 'Answer questions about invoices.' }
const running = runAgents(session, { agents: [reception, billing], start: 'reception' })
try {
  await running.handOff('billing')
} catch (error) {
  if (!isAgentError(error, 'VETOED')) throw error
  console.warn(error.data.reason)
}`,
    },
    ALREADY_IN_CHARGE: {
      when: 'The model called the handoff function of the agent that is already active.',
      fix: 'No action is needed, because the model receives the error. If it happens often, state in the instructions when to hand over.',
    },
    SUPERSEDED: {
      when: 'A response of an agent handed over after another handoff had already made a different agent active.',
      fix: 'No action is needed, because the model receives the error.',
    },
    TOO_MANY_HANDOFFS: {
      when: 'The agents handed over more than `maxHandoffs` times (4 by default) without a user turn.',
      fix: 'Separate the tasks of the agents more clearly, so that they do not hand the user back and forth, or raise `maxHandoffs`.',
    },
    UPDATE_REFUSED: {
      when: 'The server refused the instructions, the tools, or the settings of an agent, or did not acknowledge them within `requestTimeoutMs`. The previous agent stays active.',
      fix: 'Read `error.cause`: usually a `SessionError` with `SERVER_ERROR` that names the field, or `TIMEOUT`.',
    },
    INSTRUCTIONS_FAILED: {
      when: 'The `instructions` function of an agent threw, did not return a string, or took longer than 10 seconds. The previous agent stays active.',
      fix: 'Read `error.cause`, and correct the function.',
    },
    HISTORY_FAILED: {
      when: 'The history function of an agent threw or timed out, or the server refused a change of the conversation. The agent is active with the full history.',
      fix: 'Read `error.cause`, and correct the function.',
    },
    STOPPED: {
      when: '`handOff()` was called or pending when the agents were stopped or the session closed.',
      fix: 'Call `runAgents()` on an open session.',
    },
  },
}
