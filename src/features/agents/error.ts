import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'

/** The handoff that failed. */
export interface FailedHandoff {
  /** Name of the agent that handed over. */
  readonly from: string
  /** Name of the target agent. */
  readonly to: string
}

/** Data of an {@link AgentError} by code. */
export interface AgentErrorData {
  /** An agent or the list of agents is invalid. */
  INVALID_AGENT: {
    /** Name of the agent. */
    readonly agent: string
    /** What is wrong with it. */
    readonly problem: string
  }
  /** An option has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    readonly option: string
    /** What is wrong, such as `must be a whole number of at least 0, or Infinity`. */
    readonly problem: string
  }
  /** No agent has this name. */
  UNKNOWN_AGENT: {
    /** The requested name. */
    readonly agent: string
  }
  /** A listener of the `handoff` event called `veto`. */
  VETOED: FailedHandoff & {
    /** The reason that was passed to `veto`. The model receives it. */
    readonly reason: string | undefined
  }
  /** The model handed over to the agent that is already active. */
  ALREADY_IN_CHARGE: {
    /** Name of the active agent. */
    readonly agent: string
  }
  /** The agent that handed over was no longer active, because of an earlier handoff. */
  SUPERSEDED: FailedHandoff & {
    /** Name of the active agent. */
    readonly inCharge: string
  }
  /** The agents handed over too often without a user turn. */
  TOO_MANY_HANDOFFS: FailedHandoff & {
    /** Maximum number of handoffs between two user turns. */
    readonly maxHandoffs: number
  }
  /** The server refused or did not acknowledge the configuration of an agent. The cause has the reason. */
  UPDATE_REFUSED: {
    /** Name of the agent. */
    readonly agent: string
  }
  /** The `instructions` function of an agent threw, did not return a string, or timed out. The cause has the reason. */
  INSTRUCTIONS_FAILED: {
    /** Name of the agent. */
    readonly agent: string
  }
  /** The history of an agent could not be applied. The cause has the reason. */
  HISTORY_FAILED: {
    /** Name of the agent. */
    readonly agent: string
  }
  /** The agents were stopped, or the session was closed. */
  STOPPED: Record<never, never>
}

/** Codes of {@link AgentError}. */
export type AgentErrorCode = keyof AgentErrorData

const messages: MessageTable<AgentErrorData> = {
  INVALID_AGENT: ({ agent, problem }) => `The agent "${agent}" is invalid: ${problem}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNKNOWN_AGENT: ({ agent }) => `No agent is named "${agent}". Use an agent from the list passed to runAgents().`,
  VETOED: ({ from, to }) =>
    `A listener vetoed the handoff from "${from}" to "${to}", so "${from}" stays active. No action is needed.`,
  ALREADY_IN_CHARGE: ({ agent }) =>
    `The model handed over to "${agent}", which is already active. No action is needed, because the model received the error.`,
  SUPERSEDED: ({ from, to, inCharge }) =>
    `"${from}" handed over to "${to}" after a handoff to "${inCharge}" had already completed. No action is needed, because the model received the error.`,
  TOO_MANY_HANDOFFS: ({ from, to, maxHandoffs }) =>
    `"${from}" cannot hand over to "${to}" after ${maxHandoffs} ${maxHandoffs === 1 ? 'handoff' : 'handoffs'} without a user turn. Separate the tasks of the agents more clearly, or raise maxHandoffs.`,
  UPDATE_REFUSED: ({ agent }) =>
    `The server did not accept the configuration of the agent "${agent}", so the previous agent stays active. Read error.cause for the reason.`,
  INSTRUCTIONS_FAILED: ({ agent }) =>
    `The instructions of the agent "${agent}" could not be loaded, so the previous agent stays active. Read error.cause for the reason.`,
  HISTORY_FAILED: ({ agent }) =>
    `The history of the agent "${agent}" could not be applied, so the agent also sees items that the filter omitted. Read error.cause for the reason.`,
  STOPPED: () =>
    'No handoff is possible, because the agents were stopped or the session was closed. Call runAgents() on an open session.',
}

/** Error of an agent or of a handoff. It never contains instructions or the conversation. */
export class AgentError<
  Code extends AgentErrorCode = AgentErrorCode,
> extends /* @__PURE__ */ defineErrors<AgentErrorData>('AgentError', messages)<Code> {}

/**
 * Returns whether a value is an {@link AgentError}, with the given code if one is given. Narrows `data`.
 *
 * @example
 * ```ts
 * run.handOff('billing').catch((error: unknown) => {
 *   if (isAgentError(error, 'VETOED')) console.log(`${error.data.from} stays active.`)
 * })
 * ```
 */
export function isAgentError<Code extends AgentErrorCode = AgentErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: AgentError<C> }[Code] {
  return isErrorOf(value, 'AgentError', code)
}
