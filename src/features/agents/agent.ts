import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import type { SessionConfigInput } from '../../session/options.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { ItemState } from '../../session/state/state.js'
import type { Guardrail } from '../guardrails/guardrail.js'
import type { OfferedTool } from '../tools/offer.js'
import type { ToolParameters } from '../tools/schema.js'

/** Somebody the model can be: what it is told, what it can do, and to whom it can hand over. */
export interface Agent<Name extends string = string> {
  readonly name: Name
  /** What the model is told while this agent is in charge; a function is asked each time it takes over, for at most 10 seconds. */
  readonly instructions: string | ((context: AgentContext) => string | Promise<string>)
  /**
   * What it can call.
   * @defaultValue none
   */
  readonly tools?: readonly OfferedTool[]
  /**
   * Names of the agents that it can hand the conversation over to. Circles are fine.
   * @defaultValue none
   */
  readonly handoffs?: readonly NoInfer<Name>[]
  /**
   * Judges what is said in responses that began while this agent was in charge.
   * @defaultValue none
   */
  readonly guardrails?: readonly Guardrail[]
  /**
   * How it speaks. It holds as long as the server allows it: once the model was heard, the voice stays as it is until a new connection.
   * @defaultValue the voice of the session
   */
  readonly voice?: Voice
  /** When to hand over to this agent, for the models of the others. */
  readonly handoffDescription?: string
  /**
   * What the model has to say when it hands over to this agent: a schema, as for a tool. It arrives as `input`.
   * @defaultValue nothing
   */
  readonly handoffParameters?: ToolParameters
  /**
   * What it sees of the conversation when it takes over.
   * @defaultValue all of it
   */
  readonly history?: HistoryFilter
}

/** How an agent came to be in charge. */
export interface AgentContext {
  readonly session: RealtimeSession
  /** Who was in charge before; undefined at the start. */
  readonly from: string | undefined
  /** What the model, or `handOff`, had to say about it: of the type of `handoffParameters`. */
  readonly input: unknown
}

/**
 * Decides about the history that an agent finds. It gets the finished items in order and answers those that stay, with new ones between
 * them where they belong; what it leaves out is deleted on the server. Items that are still forming, and calls that wait for their
 * output, stay in any case. It may take 10 seconds.
 */
export type HistoryFilter = (
  items: readonly ItemState[],
  context: AgentContext,
) => HistoryEntries | Promise<HistoryEntries>

/** Items that stay, and items to create. */
export type HistoryEntries = readonly (ItemState | ConversationItemInput)[]

type Voice = NonNullable<NonNullable<NonNullable<SessionConfigInput['audio']>['output']>['voice']>
