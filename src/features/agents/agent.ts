import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import type { SessionConfigInput } from '../../session/options.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ItemState } from '../../session/state/state.js'
import type { Guardrail } from '../guardrails/guardrail.js'
import type { ToolParameters } from '../tools/schema.js'
import type { RegisteredTool } from '../tools/tool-registration.js'

/** An agent: instructions, tools, and the agents that it can hand over to. */
export interface Agent<Name extends string = string> {
  readonly name: Name
  /** Instructions for the model while this agent is active. A function is called each time the agent becomes active, with 10 seconds to return. */
  readonly instructions: string | ((context: AgentContext) => string | Promise<string>)
  /**
   * Tools and MCP servers of the agent.
   * @defaultValue none
   */
  readonly tools?: readonly RegisteredTool[]
  /**
   * Names of the agents that the model can hand over to. Cycles are allowed.
   * @defaultValue none
   */
  readonly handoffs?: readonly NoInfer<Name>[]
  /**
   * Guardrails for the responses that were created while this agent was active.
   * @defaultValue none
   */
  readonly guardrails?: readonly Guardrail[]
  /**
   * The voice of the agent. The service refuses to change the voice once the model has produced audio, so later agents keep the current one
   * until a new server session.
   * @defaultValue the voice in the configuration of the session, or else that of the previous agent
   */
  readonly voice?: Voice
  /** When to hand over to this agent, for the other agents. */
  readonly handoffDescription?: string
  /**
   * The schema of the input that the model provides when it hands over to this agent. The agent receives it as `input`.
   * @defaultValue no input
   */
  readonly handoffParameters?: ToolParameters
  /**
   * Selects the items that the agent sees when it becomes active.
   * @defaultValue the whole conversation
   */
  readonly history?: HistoryFilter
}

/** The context of a handoff, for `instructions` and `history`. */
export interface AgentContext {
  readonly session: RealtimeSession
  /** The previous agent. `undefined` at the start. */
  readonly from: string | undefined
  /** The input of the model, of the type of `handoffParameters`, or the input of `handOff`. */
  readonly input: unknown
}

/**
 * Selects the history of an agent. It receives the complete items in order and returns those to keep, recognized by their id. New items in
 * the list are created at their position, and then all others are deleted on the server. Items always stay while they are incomplete, calls
 * without an output, approval requests without a decision, and listings of MCP tools. It has 10 seconds.
 */
export type HistoryFilter = (
  items: readonly ItemState[],
  context: AgentContext,
) => HistoryEntries | Promise<HistoryEntries>

/** Items to keep, and items to create. An item to create that has the `id` of an existing one replaces it, with an id of its own. */
export type HistoryEntries = readonly (ItemState | ConversationItemInput)[]

type Voice = NonNullable<NonNullable<NonNullable<SessionConfigInput['audio']>['output']>['voice']>
