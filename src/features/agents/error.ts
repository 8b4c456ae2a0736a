import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** The handoff that failed. */
export interface FailedHandoff {
  readonly from: string
  readonly to: string
}

/** The data of each agent error, by code. */
export interface AgentErrorData {
  /** An agent or a list of agents is invalid. `problem` names what is wrong. */
  INVALID_AGENT: { readonly agent: string; readonly problem: string }
  /** An option has an invalid value. */
  INVALID_OPTION: { readonly option: string; readonly problem: string }
  /** There is no agent with that name. */
  UNKNOWN_AGENT: { readonly agent: string }
  /** A listener of `handoff` called `veto`. The model received `reason`. */
  VETOED: FailedHandoff & { readonly reason: string | undefined }
  /** The model handed over to the active agent. */
  ALREADY_IN_CHARGE: { readonly agent: string }
  /** The agent that handed over was no longer active, because of an earlier handoff. `inCharge` is the active agent. */
  SUPERSEDED: FailedHandoff & { readonly inCharge: string }
  /** The agents handed over `maxHandoffs` times in a row without a user turn. */
  TOO_MANY_HANDOFFS: FailedHandoff & { readonly maxHandoffs: number }
  /** The server refused or did not acknowledge the configuration of an agent. The cause has the reason. */
  UPDATE_REFUSED: { readonly agent: string }
  /** The `instructions` function of an agent threw, did not return a string, or timed out. The cause has the reason. */
  INSTRUCTIONS_FAILED: { readonly agent: string }
  /** The history of an agent could not be applied. The cause has the reason. */
  HISTORY_FAILED: { readonly agent: string }
  /** The agents were stopped or the session closed. */
  STOPPED: Record<never, never>
}

export type AgentErrorCode = keyof AgentErrorData

const messages: MessageTable<AgentErrorData> = {
  INVALID_AGENT: ({ agent, problem }) => `The agent "${agent}" is invalid: ${problem}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNKNOWN_AGENT: ({ agent }) => `There is no agent "${agent}". Use an agent from the list passed to runAgents.`,
  VETOED: ({ from, to }) => `The handoff from "${from}" to "${to}" was vetoed. "${from}" stays active.`,
  ALREADY_IN_CHARGE: ({ agent }) =>
    `The model handed over to "${agent}", which is already active. The model received the error.`,
  SUPERSEDED: ({ from, to, inCharge }) =>
    `"${from}" handed over to "${to}" after a handoff to "${inCharge}". The model received the error.`,
  TOO_MANY_HANDOFFS: ({ from, to, maxHandoffs }) =>
    `"${from}" cannot hand over to "${to}", because the agents handed over ${maxHandoffs} times without a user turn. Separate the tasks of the agents more clearly, or raise maxHandoffs.`,
  UPDATE_REFUSED: ({ agent }) =>
    `The server did not accept the configuration of agent "${agent}", so the previous agent stays active. The cause has the reason.`,
  INSTRUCTIONS_FAILED: ({ agent }) =>
    `The instructions of agent "${agent}" could not be loaded, so the previous agent stays active. The cause has the reason.`,
  HISTORY_FAILED: ({ agent }) =>
    `The history of agent "${agent}" could not be applied. The agent is active with the full history. The cause has the reason.`,
  STOPPED: () =>
    'The agents were stopped or the session closed, so no handoff is possible. Call runAgents on an open session.',
}

/** A failure of an agent or of a handoff. It never contains instructions or the conversation. */
export class AgentError<Code extends AgentErrorCode = AgentErrorCode> extends RealtimeError<
  Code,
  AgentErrorData[Code]
> {
  constructor(code: Code, data: AgentErrorData[Code], options?: ErrorOptions) {
    super('AgentError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is an {@link AgentError}, with the given code if one is given. Narrows `data`. */
export function isAgentError<Code extends AgentErrorCode = AgentErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: AgentError<C> }[Code] {
  return isErrorOf(value, 'AgentError', code)
}
