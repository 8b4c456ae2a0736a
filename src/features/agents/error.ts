import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** A handoff that an error is about. */
export interface FailedHandoff {
  readonly from: string
  readonly to: string
}

/** What each agent error knows. */
export interface AgentErrorData {
  /** An agent, or a set of them, could never work; `problem` says what is wrong. */
  INVALID_AGENT: { readonly agent: string; readonly problem: string }
  /** An option has a value that cannot work. */
  INVALID_OPTION: { readonly option: string; readonly problem: string }
  /** There is no agent of that name. */
  UNKNOWN_AGENT: { readonly agent: string }
  /** A listener of `handoff` said no; `reason` is what the model was told. */
  VETOED: FailedHandoff & { readonly reason: string | undefined }
  /** The model handed over to the agent that is in charge already. */
  ALREADY_IN_CHARGE: { readonly agent: string }
  /** The agent that handed over was not in charge any more: another handoff came first. */
  SUPERSEDED: FailedHandoff & { readonly inCharge: string }
  /** The agents handed over again and again without a turn of the caller. */
  TOO_MANY_HANDOFFS: FailedHandoff & { readonly maxHandoffs: number }
  /** The server did not take the configuration of an agent; the cause is its refusal. */
  UPDATE_REFUSED: { readonly agent: string }
  /** The function that gives the instructions of an agent threw, answered no text or took too long; the cause says which. */
  INSTRUCTIONS_FAILED: { readonly agent: string }
  /** The history could not be made what an agent wants to see; the cause says why. */
  HISTORY_FAILED: { readonly agent: string }
  /** The agents were stopped, or the session closed. */
  STOPPED: Record<never, never>
}

export type AgentErrorCode = keyof AgentErrorData

const messages: MessageTable<AgentErrorData> = {
  INVALID_AGENT: ({ agent, problem }) => `The agent "${agent}" cannot work: ${problem}.`,
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  UNKNOWN_AGENT: ({ agent }) => `There is no agent "${agent}"; hand over to one of those that runAgents was given.`,
  VETOED: ({ from, to }) => `The handoff from "${from}" to "${to}" was vetoed; "${from}" is still in charge.`,
  ALREADY_IN_CHARGE: ({ agent }) => `The model handed over to "${agent}", which is in charge already; it was told so.`,
  SUPERSEDED: ({ from, to, inCharge }) =>
    `"${from}" handed over to "${to}" when "${inCharge}" was in charge already; the model was told so.`,
  TOO_MANY_HANDOFFS: ({ from, to, maxHandoffs }) =>
    `"${from}" may not hand over to "${to}", because the conversation was handed over ${maxHandoffs} times without a turn of the caller; tell the agents apart more clearly, or raise maxHandoffs.`,
  UPDATE_REFUSED: ({ agent }) =>
    `The server did not take the configuration of "${agent}"; the cause says why, and who was in charge still is.`,
  INSTRUCTIONS_FAILED: ({ agent }) =>
    `The instructions of "${agent}" could not be had, so it did not take over; the cause says why.`,
  HISTORY_FAILED: ({ agent }) =>
    `The history is not as "${agent}" wants to see it, and it is in charge all the same; the cause says why.`,
  STOPPED: () => 'The agents were stopped or the session closed, so nobody can take over.',
}

/** A failure of an agent, or of a handoff. It never holds instructions or what was said. */
export class AgentError<Code extends AgentErrorCode = AgentErrorCode> extends RealtimeError<
  Code,
  AgentErrorData[Code]
> {
  constructor(code: Code, data: AgentErrorData[Code], options?: ErrorOptions) {
    super('AgentError', code, messages[code](data), data, options)
  }
}

/** Whether a value is an {@link AgentError}, of the given code if one is given; it narrows `data`. */
export function isAgentError<Code extends AgentErrorCode = AgentErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: AgentError<C> }[Code] {
  return isErrorOf(value, 'AgentError', code)
}
