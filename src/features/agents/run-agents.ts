import { createEmitter } from '../../internal/emitter.js'
import { asStoppable, type Stoppable } from '../../internal/stoppable.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { GuardrailOptions } from '../guardrails/run-guardrails.js'
import type { ToolError } from '../tools/error.js'
import { limitsOf } from '../tools/options.js'
import { type RunToolsOptions, serveTools, type ToolEvents, type ToolRun } from '../tools/run-tools.js'
import type { ToolContext } from '../tools/tool.js'
import type { Agent } from './agent.js'
import { runAgentGuardrails } from './agent-guardrails.js'
import { createCharge } from './charge.js'
import { createDirectory, type Member } from './directory.js'
import { AgentError, isAgentError } from './error.js'
import type { Handoff, ProposedHandoff, RefusedHandoff } from './handoff.js'
import { responseEnd } from './response-end.js'
import { tellHandedOver, tellRefused } from './tell.js'

/** Options of {@link runAgents}. */
export interface RunAgentsOptions<Name extends string = string> {
  /** Everybody whom the model can be. */
  readonly agents: readonly Agent<Name>[]
  /** Who is in charge at first. */
  readonly start: NoInfer<Name>
  /** How tools run, as for `runTools`. */
  readonly tools?: RunToolsOptions
  /** What guardrails do, as for `runGuardrails`; with `holdBack`, sound is heard only after its words passed. */
  readonly guardrails?: GuardrailOptions
  /**
   * How often agents may hand over to each other without a turn of the caller; then the one in charge must answer.
   * @defaultValue 4
   */
  readonly maxHandoffs?: number
}

/** What {@link runAgents} tells its listeners. */
export interface AgentEvents<Name extends string = string> extends Omit<ToolEvents, 'error'> {
  /** A handoff is about to be made, and can be vetoed. */
  handoff: ProposedHandoff<Name>
  /** A handoff was made: the server has acknowledged the new agent. Its history is tidied after this. */
  handedOff: Handoff<Name>
  /** A handoff was not made; the model was told so, or `handOff` rejects. */
  refused: RefusedHandoff<Name>
  /** Something else failed: a tool, the first agent, or a history. */
  error: AgentError | ToolError
}

/** The agents of a session while they run. */
export interface AgentRun<Name extends string = string> extends Stoppable {
  /** Stops tools, guardrails, and handoffs, without a message to the model. The server keeps the configuration of the active agent. */
  stop(): void
  /** Resolves when the server has acknowledged the first agent, and rejects with an `AgentError`. */
  readonly ready: Promise<void>
  /** Who is in charge: the agent that the server acknowledged last. */
  readonly current: Agent<Name>
  /**
   * Puts an agent in charge, now: a response that runs goes on under the old one. To the agent in charge itself it tells the server its
   * configuration anew, which asks a function for instructions again.
   * @returns resolves when the server has acknowledged it and the history is as the agent wants it
   * @throws {AgentError} `UNKNOWN_AGENT`, `VETOED`, `UPDATE_REFUSED`, `INSTRUCTIONS_FAILED`, `STOPPED`; the old agent stays in charge.
   */
  handOff(to: Name | Agent<Name>, options?: HandOffOptions): Promise<void>
  /** Calls that wait for an approval. */
  readonly approvals: ToolRun['approvals']
  on<K extends keyof AgentEvents<Name>>(type: K, listener: (event: AgentEvents<Name>[K]) => void): () => void
}

/** Options of `handOff`. */
export interface HandOffOptions {
  /** What the agent is to know; its `instructions` and its `history` get it. */
  readonly input?: unknown
}

const rememberedResponses = 64

/**
 * Runs agents on one session: the one in charge gives the instructions, the tools and the guardrails, and hands over by a function that the
 * model calls, or by `handOff`. It is `runTools` and `runGuardrails` for each of them, so neither is to run beside it. It may be called before `connect`.
 *
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
  // Before anything listens to the session: what is refused leaves nothing behind.
  assertMaxHandoffs(maxHandoffs)
  limitsOf(options.tools ?? {})
  const directory = createDirectory(agents, handOverByModel)
  const first = directory.get(start)
  if (!first) throw new AgentError('UNKNOWN_AGENT', { agent: String(start) })

  const emitter = createEmitter<AgentEvents>()
  const begunUnder = new Map<string, Agent>()
  let handoffs = 0
  let hasStopped = false

  const stopGuardrails = runAgentGuardrails(session, agents, options.guardrails ?? {}, agentOf)
  const tools = serveTools(session, options.tools ?? {})
  const charge = createCharge({ session, clock: session.clock, tools, first })

  /** Who answers for a response: who was in charge when it began, or when its first words were judged. */
  function agentOf(responseId: string): Agent {
    const known = begunUnder.get(responseId)
    if (known) return known
    const { agent } = charge.member
    begunUnder.set(responseId, agent)
    if (begunUnder.size > rememberedResponses) begunUnder.delete(String(begunUnder.keys().next().value))
    return agent
  }

  async function handOverByModel(from: string, to: string, input: unknown, context: ToolContext): Promise<string> {
    // What the older agent still says is its own, and the history is whole when the next one sees it.
    await responseEnd(session, context.responseId, context.signal)
    try {
      await charge.inTurn(() => handOver(memberOf(to), { from, to, input, cause: 'model' }))
      return tellHandedOver(to)
    } catch (error) {
      if (!isAgentError(error)) throw error
      return tellRefused(error, from, to)
    }
  }

  /** One handoff, in its turn. */
  async function handOver(to: Member, handoff: Handoff): Promise<void> {
    const context = { session, from: handoff.from, input: handoff.input }
    try {
      if (handoff.cause === 'model') assertAllowed(handoff)
      propose(handoff)
      const onTaken = () => {
        if (handoff.cause === 'model') handoffs += 1
        emitter.emit('handedOff', handoff)
      }
      // The app learns of a timeout and can try again. For the model nobody would.
      await charge.change(to, context, onTaken, handoff.cause === 'model' ? 'connection' : 'request_timeout')
    } catch (error) {
      if (isAgentError(error)) emitter.emit('refused', { ...handoff, error })
      throw error
    }
    await charge.tidy(context).catch(report)
  }

  function assertAllowed({ from, to }: Handoff): void {
    const { name: inCharge } = charge.member.agent
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
    const to = directory.get(name)
    if (!to || (typeof target !== 'string' && to.agent !== target))
      return Promise.reject(new AgentError('UNKNOWN_AGENT', { agent: String(name) }))
    const done = charge.inTurn(async () => {
      const from = charge.member.agent.name
      if (from === name) await charge.change(to, { session, from, input }, () => {}, 'request_timeout')
      else await handOver(to, { from, to: name, input, cause: 'app' })
    })
    // Whoever awaits it still sees the rejection, and `refused` has told of it.
    done.catch(() => {})
    return done
  }

  function memberOf(name: string): Member {
    const member = directory.get(name)
    if (!member) throw new AgentError('UNKNOWN_AGENT', { agent: name })
    return member
  }

  function report(error: unknown): void {
    if (!hasStopped) emitter.emit('error', error as AgentError)
  }

  function noteTurn({ item }: { readonly item: { readonly type: string; readonly role?: unknown } }): void {
    if (item.type === 'message' && item.role === 'user') handoffs = 0
  }

  const undo = [
    session.on('response.created', ({ response }) => void agentOf(response.id)),
    session.on('conversation.item.added', noteTurn),
    session.on('conversation.item.created', noteTurn),
    session.on('close', stop),
    tools.on('started', (event) => emitter.emit('started', event)),
    tools.on('settled', (event) => emitter.emit('settled', event)),
    tools.on('error', report),
  ]

  function stop(): void {
    hasStopped = true
    for (const off of undo) off()
    charge.stop()
    tools.stop()
    stopGuardrails()
    emitter.clear()
  }

  const ready = charge.start()
  ready.catch(report)
  if (session.getState().status === 'closed') stop()

  const run = asStoppable({
    stop,
    ready,
    get current() {
      return charge.member.agent
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
