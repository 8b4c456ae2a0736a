import { createEmitter } from '../../internal/emitter.js'
import type { ReadableStore } from '../../internal/readable-store.js'
import { createRememberedIds } from '../../internal/remembered-ids.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { createStore } from '../../session/store.js'
import { onUserTurn } from '../conversation-items.js'
import type { GuardrailOptions } from '../guardrails/run-guardrails.js'
import type { ToolError } from '../tools/error.js'
import type { ContinueCallsOptions, InterruptedCall, ToolJournal } from '../tools/journal.js'
import type { ToolRun } from '../tools/run-tools.js'
import type { Tool } from '../tools/tool.js'
import { resolveLimits } from '../tools/tool-limits.js'
import { type RunToolsOptions, startToolService, type ToolEvents } from '../tools/tool-service.js'
import { createActiveAgent } from './active-agent.js'
import type { Agent } from './agent.js'
import { runAgentGuardrails } from './agent-guardrails.js'
import { AgentError } from './error.js'
import { createHandoffs, type Handoff, type ProposedHandoff, type RefusedHandoff } from './handoff.js'
import { createRegistry } from './registry.js'

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
  /** Records the calls that start from now on in a journal. `persist` calls it. */
  setJournal(journal: ToolJournal): void
  /**
   * Continues calls of another process, when the server has acknowledged the first agent. If it refuses the agent, recorded results are sent
   * all the same, and the other calls fail. `resume` calls it.
   */
  continueCalls(calls: readonly InterruptedCall[], options: ContinueCallsOptions): Promise<void>
  /** Subscribes to an event. Returns an unsubscribe function. */
  on<K extends keyof AgentEvents<Name>>(type: K, listener: (event: AgentEvents<Name>[K]) => void): () => void
}

/** Options of `handOff`. */
export interface HandOffOptions {
  /** Input for the `instructions` and `history` functions of the agent. */
  readonly input?: unknown
}

const rememberedResponses = 64
/** How many items of `history` filters are remembered, so that none counts as a turn of the user. */
const rememberedItems = 4_096

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
  const registry = createRegistry(agents, (from, to, input, context) => handoffs.byModel(from, to, input, context))
  const first = registry.get(start)
  if (!first) throw new AgentError('UNKNOWN_AGENT', { agent: String(start) })

  const emitter = createEmitter<AgentEvents>()
  const store = createStore<AgentsState>({ current: first.agent })
  const agentByResponse = new Map<string, Agent>()
  const historyItems = createRememberedIds(rememberedItems)
  let hasStopped = false

  const stopGuardrails = runAgentGuardrails(session, agents, options.guardrails ?? {}, agentOf)
  const tools = startToolService(session, options.tools ?? {}, {
    findEarlierTool: findTool,
    isOwnItem: historyItems.has,
  })
  const onItemCreated = (itemId: string) => void historyItems.add(itemId)
  const activeAgent = createActiveAgent({ session, clock: session.clock, tools, first, onItemCreated })
  const handoffs = createHandoffs({
    session,
    registry,
    activeAgent,
    maxHandoffs,
    onProposed: (handoff) => emitter.emit('handoff', handoff),
    onHandedOff(handoff, current) {
      store.setState({ current })
      emitter.emit('handedOff', handoff)
    },
    onRefused: (handoff) => emitter.emit('refused', handoff),
    onHistoryFailed: report,
  })

  /** Returns the agent of a response: the one that was active when it was created, or when its first text was checked. */
  function agentOf(responseId: string): Agent {
    const known = agentByResponse.get(responseId)
    if (known) return known
    const { agent } = activeAgent.entry
    agentByResponse.set(responseId, agent)
    if (agentByResponse.size > rememberedResponses) agentByResponse.delete(String(agentByResponse.keys().next().value))
    return agent
  }

  /** Finds a tool of any agent. */
  function findTool(name: string): Tool | undefined {
    for (const { tools: offered } of registry.values())
      for (const entry of offered) if ('execute' in entry && entry.name === name) return entry
    return undefined
  }

  function report(error: unknown): void {
    if (!hasStopped) emitter.emit('error', error as AgentError)
  }

  const unsubscribers = [
    session.on('response.created', ({ response }) => void agentOf(response.id)),
    onUserTurn(session, handoffs.userTurn, historyItems.has),
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
    handOff: (to: Name | Agent<Name>, { input }: HandOffOptions = {}) => handoffs.byApp(to, input),
    approvals: tools.approvals,
    setJournal: tools.setJournal,
    continueCalls: tools.continueCalls,
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
