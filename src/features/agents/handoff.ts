import type { RealtimeSession } from '../../session/realtime.js'
import type { ToolContext } from '../tools/tool.js'
import type { ActiveAgent } from './active-agent.js'
import type { Agent } from './agent.js'
import { AgentError, isAgentError } from './error.js'
import { handoffMessage, refusalMessage } from './model-messages.js'
import type { RegistryEntry } from './registry.js'
import { waitForResponseEnd } from './response-end.js'

/** A change of the active agent. */
export interface Handoff<Name extends string = string> {
  readonly from: Name
  readonly to: Name
  /** The input of the model or of `handOff`. */
  readonly input: unknown
  /** Whether the model called a handoff function, or the app called `handOff`. */
  readonly cause: 'model' | 'app'
}

/** A handoff that has not been made yet. */
export interface ProposedHandoff<Name extends string = string> extends Handoff<Name> {
  /** Prevents the handoff if called before the listener returns. The model receives the reason. */
  veto(reason?: string): void
}

/** A handoff that failed. */
export interface RefusedHandoff<Name extends string = string> extends Handoff<Name> {
  readonly error: AgentError
}

/** Makes handoffs, one after the other. */
export interface Handoffs {
  /** Makes a handoff that the model requested. Resolves to the output of the call. */
  byModel(from: string, to: string, input: unknown, context: ToolContext): Promise<string>
  /** Makes a handoff that the app requested, or sends the configuration of the active agent again. @throws {AgentError} */
  byApp(target: string | Agent, input: unknown): Promise<void>
  /** The user took a turn, so the handoffs in a row are counted from 0. */
  userTurn(): void
}

export interface HandoffsOptions {
  readonly session: RealtimeSession
  readonly registry: ReadonlyMap<string, RegistryEntry>
  readonly activeAgent: ActiveAgent
  readonly maxHandoffs: number
  readonly onProposed: (handoff: ProposedHandoff) => void
  readonly onHandedOff: (handoff: Handoff, agent: Agent) => void
  readonly onRefused: (handoff: RefusedHandoff) => void
  readonly onHistoryFailed: (error: unknown) => void
}

export function createHandoffs(options: HandoffsOptions): Handoffs {
  const { session, registry, activeAgent, maxHandoffs } = options
  let handoffs = 0

  async function byModel(from: string, to: string, input: unknown, context: ToolContext): Promise<string> {
    // The response of the previous agent finishes first, so that the new agent sees the complete history.
    await waitForResponseEnd(session, context.responseId, context.signal)
    try {
      await activeAgent.enqueue(() => handOver(entryOf(to), { from, to, input, cause: 'model' }))
      return handoffMessage(to)
    } catch (error) {
      if (!isAgentError(error)) throw error
      return refusalMessage(error, from, to)
    }
  }

  function byApp(target: string | Agent, input: unknown): Promise<void> {
    const name = typeof target === 'string' ? target : target.name
    const to = registry.get(name)
    if (!to || (typeof target !== 'string' && to.agent !== target))
      return Promise.reject(new AgentError('UNKNOWN_AGENT', { agent: String(name) }))
    const done = activeAgent.enqueue(async () => {
      const from = activeAgent.entry.agent.name
      if (from === name) await activeAgent.activate(to, { session, from, input }, () => {}, 'request_timeout')
      else await handOver(to, { from, to: name, input, cause: 'app' })
    })
    // Callers that await the promise receive the rejection. `onRefused` has reported it.
    done.catch(() => {})
    return done
  }

  /** Makes one handoff. Called inside `enqueue`. */
  async function handOver(to: RegistryEntry, handoff: Handoff): Promise<void> {
    const context = { session, from: handoff.from, input: handoff.input }
    const isByModel = handoff.cause === 'model'
    try {
      if (isByModel) assertAllowed(handoff)
      propose(handoff)
      const onAcknowledged = () => {
        if (isByModel) handoffs += 1
        options.onHandedOff(handoff, to.agent)
      }
      // The app receives a timeout and can try again. The model cannot.
      await activeAgent.activate(to, context, onAcknowledged, isByModel ? 'connection' : 'request_timeout')
    } catch (error) {
      if (isAgentError(error)) options.onRefused({ ...handoff, error })
      throw error
    }
    await activeAgent.applyHistory(context).catch(options.onHistoryFailed)
  }

  function assertAllowed({ from, to }: Handoff): void {
    const { name: inCharge } = activeAgent.entry.agent
    if (to === inCharge) throw new AgentError('ALREADY_IN_CHARGE', { agent: to })
    if (from !== inCharge) throw new AgentError('SUPERSEDED', { from, to, inCharge })
    if (handoffs >= maxHandoffs) throw new AgentError('TOO_MANY_HANDOFFS', { from, to, maxHandoffs })
  }

  function propose(handoff: Handoff): void {
    let veto: { readonly reason: string | undefined } | undefined
    options.onProposed({
      ...handoff,
      veto(reason) {
        veto ??= { reason }
      },
    })
    const { from, to } = handoff
    if (veto) throw new AgentError('VETOED', { from, to, ...(veto as { reason: string | undefined }) })
  }

  function entryOf(name: string): RegistryEntry {
    const entry = registry.get(name)
    if (!entry) throw new AgentError('UNKNOWN_AGENT', { agent: name })
    return entry
  }

  return {
    byModel,
    byApp,
    userTurn() {
      handoffs = 0
    },
  }
}
