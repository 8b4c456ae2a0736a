import { createEmitter } from '../../internal/emitter.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { createStore } from '../../session/store.js'
import type { GuardrailOptions } from '../guardrails/run-guardrails.js'
import type { ToolError } from '../tools/error.js'
import { resolveLimits } from '../tools/limits.js'
import { type RunToolsOptions, serveTools, type ToolEvents, type ToolRun } from '../tools/run-tools.js'
import type { ToolContext } from '../tools/tool.js'
import { createActiveAgent } from './active-agent.js'
import type { Agent } from './agent.js'
import { runAgentGuardrails } from './agent-guardrails.js'
import { AgentError, isAgentError } from './error.js'
import type { Handoff, ProposedHandoff, RefusedHandoff } from './handoff.js'
import { handoffMessage, refusalMessage } from './model-messages.js'
import { createRegistry, type RegistryEntry } from './registry.js'
import { waitForResponseEnd } from './response-end.js'

/** Options of {@link runAgents}. */
export interface RunAgentsOptions<Name extends string = string> {
  /** All agents of the session. */
  readonly agents: readonly Agent<Name>[]
  /** The name of the first active agent. */
  readonly start: NoInfer<Name>
  /** Options of `runTools`, for the tools of all agents. */
  readonly tools?: RunToolsOptions
  /** Options of `runGuardrails`, for the guardrails of all agents. With `holdBack`, audio is played only after its transcript has passed. */
  readonly guardrails?: GuardrailOptions
  /**
   * How many times in a row agents can hand over without a user turn. After that, the active agent must respond.
   * @defaultValue 4
   */
  readonly maxHandoffs?: number
}

/** Events of {@link runAgents}. */
export interface AgentEvents<Name extends string = string> extends Omit<ToolEvents, 'error'> {
  /** A handoff is about to be made. A listener can veto it. */
  handoff: ProposedHandoff<Name>
  /** The server has acknowledged the new agent. Its `history` filter is applied after this. */
  handedOff: Handoff<Name>
  /** A handoff failed. The model receives the error, or `handOff` rejects. */
  refused: RefusedHandoff<Name>
  /** A tool, the first agent, or a `history` filter failed. */
  error: AgentError | ToolError
}

/** The state of {@link runAgents}. It is immutable. */
export interface AgentsState<Name extends string = string> {
  /** The active agent: the one that the server acknowledged last. */
  readonly current: Agent<Name>
}

/** The agents of a session while they run. */
export interface AgentRun<Name extends string = string> extends Stoppable, ReadableStore<AgentsState<Name>> {
  /** Stops tools, guardrails, and handoffs, without a message to the model. The server keeps the configuration of the active agent. */
  stop(): void
  /** Resolves when the server has acknowledged the first agent. Rejects with an `AgentError`. */
  readonly ready: Promise<void>
  /** The active agent, as in the state. */
  readonly current: Agent<Name>
  /**
   * Activates an agent. A running response continues with the previous agent. For the active agent, its configuration is sent again, and an
   * `instructions` function is called again.
   * @returns a promise that resolves when the server has acknowledged the agent and its `history` filter was applied
   * @throws {AgentError} `UNKNOWN_AGENT`, `VETOED`, `UPDATE_REFUSED`, `INSTRUCTIONS_FAILED`, `STOPPED`. The previous agent stays active.
   */
  handOff(to: Name | Agent<Name>, options?: HandOffOptions): Promise<void>
  /** Calls that wait for approval. */
  readonly approvals: ToolRun['approvals']
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof AgentEvents<Name>>(type: K, listener: (event: AgentEvents<Name>[K]) => void): () => void
}

/** Options of `handOff`. */
export interface HandOffOptions {
  /** Input for the `instructions` and `history` functions of the agent. */
  readonly input?: unknown
}

const rememberedResponses = 64

/**
 * Runs agents on one session. The active agent provides the instructions, tools, and guardrails. The model hands over by calling a function,
 * and the app by calling `handOff`. Do not call `runTools` or `runGuardrails` for the same session. Call it before or after `connect`.
 *
 * @example
 * ```ts
 * const run = runAgents(session, {
 *   start: 'reception',
 *   agents: [
 *     { name: 'reception', instructions: 'Find out what the caller needs.', handoffs: ['billing'] },
 *     { name: 'billing', instructions: 'Answer questions about invoices.', tools: [invoices], handoffs: ['reception'] },
 *   ],
 * })
 * ```
 * @throws {AgentError} `INVALID_AGENT`, `UNKNOWN_AGENT`, `INVALID_OPTION`. @throws {ToolError} `INVALID_TOOL`, `INVALID_OPTION`. @throws {GuardrailError} `INVALID_OPTION`, `GATE_TAKEN`.
 */
export function runAgents<const Name extends string>(
  session: RealtimeSession,
  options: RunAgentsOptions<Name>,
): AgentRun<Name> {
  const { agents, start, maxHandoffs = 4 } = options
  // Options are validated before the first subscription, so that an error leaves nothing behind.
  assertMaxHandoffs(maxHandoffs)
  resolveLimits(options.tools ?? {})
  const registry = createRegistry(agents, handOverByModel)
  const first = registry.get(start)
  if (!first) throw new AgentError('UNKNOWN_AGENT', { agent: String(start) })

  const emitter = createEmitter<AgentEvents>()
  const store = createStore<AgentsState>({ current: first.agent })
  const agentByResponse = new Map<string, Agent>()
  let handoffs = 0
  let hasStopped = false

  const stopGuardrails = runAgentGuardrails(session, agents, options.guardrails ?? {}, agentOf)
  const tools = serveTools(session, options.tools ?? {})
  const activeAgent = createActiveAgent({ session, clock: session.clock, tools, first })

  /** Returns the agent of a response: the one that was active when it was created, or when its first text was checked. */
  function agentOf(responseId: string): Agent {
    const known = agentByResponse.get(responseId)
    if (known) return known
    const { agent } = activeAgent.entry
    agentByResponse.set(responseId, agent)
    if (agentByResponse.size > rememberedResponses) agentByResponse.delete(String(agentByResponse.keys().next().value))
    return agent
  }

  async function handOverByModel(from: string, to: string, input: unknown, context: ToolContext): Promise<string> {
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

  /** Makes one handoff. Called inside `enqueue`. */
  async function handOver(to: RegistryEntry, handoff: Handoff): Promise<void> {
    const context = { session, from: handoff.from, input: handoff.input }
    try {
      if (handoff.cause === 'model') assertAllowed(handoff)
      propose(handoff)
      const onAcknowledged = () => {
        if (handoff.cause === 'model') handoffs += 1
        store.setState({ current: to.agent })
        emitter.emit('handedOff', handoff)
      }
      // The app receives a timeout and can try again. The model cannot.
      await activeAgent.activate(
        to,
        context,
        onAcknowledged,
        handoff.cause === 'model' ? 'connection' : 'request_timeout',
      )
    } catch (error) {
      if (isAgentError(error)) emitter.emit('refused', { ...handoff, error })
      throw error
    }
    await activeAgent.applyHistory(context).catch(report)
  }

  function assertAllowed({ from, to }: Handoff): void {
    const { name: inCharge } = activeAgent.entry.agent
    if (to === inCharge) throw new AgentError('ALREADY_IN_CHARGE', { agent: to })
    if (from !== inCharge) throw new AgentError('SUPERSEDED', { from, to, inCharge })
    if (handoffs >= maxHandoffs) throw new AgentError('TOO_MANY_HANDOFFS', { from, to, maxHandoffs })
  }

  function propose(handoff: Handoff): void {
    let veto: { readonly reason: string | undefined } | undefined
    emitter.emit('handoff', {
      ...handoff,
      veto(reason) {
        veto ??= { reason }
      },
    })
    const { from, to } = handoff
    if (veto) throw new AgentError('VETOED', { from, to, ...(veto as { reason: string | undefined }) })
  }

  function handOff(target: Name | Agent<Name>, { input }: HandOffOptions = {}): Promise<void> {
    const name = typeof target === 'string' ? target : target.name
    const to = registry.get(name)
    if (!to || (typeof target !== 'string' && to.agent !== target))
      return Promise.reject(new AgentError('UNKNOWN_AGENT', { agent: String(name) }))
    const done = activeAgent.enqueue(async () => {
      const from = activeAgent.entry.agent.name
      if (from === name) await activeAgent.activate(to, { session, from, input }, () => {}, 'request_timeout')
      else await handOver(to, { from, to: name, input, cause: 'app' })
    })
    // Callers that await the promise receive the rejection. `refused` has reported it.
    done.catch(() => {})
    return done
  }

  function entryOf(name: string): RegistryEntry {
    const entry = registry.get(name)
    if (!entry) throw new AgentError('UNKNOWN_AGENT', { agent: name })
    return entry
  }

  function report(error: unknown): void {
    if (!hasStopped) emitter.emit('error', error as AgentError)
  }

  function onItem({ item }: { readonly item: { readonly type: string; readonly role?: unknown } }): void {
    if (item.type === 'message' && item.role === 'user') handoffs = 0
  }

  const unsubscribers = [
    session.on('response.created', ({ response }) => void agentOf(response.id)),
    session.on('conversation.item.added', onItem),
    session.on('conversation.item.created', onItem),
    session.on('close', stop),
    tools.on('started', (event) => emitter.emit('started', event)),
    tools.on('settled', (event) => emitter.emit('settled', event)),
    tools.on('error', report),
  ]

  function stop(): void {
    hasStopped = true
    for (const off of unsubscribers) off()
    activeAgent.stop()
    tools.stop()
    stopGuardrails()
    emitter.clear()
    store.release()
  }

  const ready = activeAgent.start()
  ready.catch(report)
  if (session.getState().status === 'closed') stop()

  const run = asStoppable({
    stop,
    ready,
    getState: store.getState,
    subscribe: store.subscribe,
    getServerState: store.getServerState,
    get current() {
      return activeAgent.entry.agent
    },
    handOff,
    approvals: tools.approvals,
    on: emitter.on,
  })
  // The agents are those of the options, so their names have that type.
  return run as unknown as AgentRun<Name>
}

function assertMaxHandoffs(maxHandoffs: number): void {
  if (maxHandoffs >= 0 && (Number.isInteger(maxHandoffs) || maxHandoffs === Number.POSITIVE_INFINITY)) return
  const problem = 'must be a whole number of at least 0, or Infinity'
  throw new AgentError('INVALID_OPTION', { option: 'maxHandoffs', problem })
}
