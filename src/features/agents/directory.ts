import { type OfferedTool, toolSetOf } from '../tools/offer.js'
import { type Tool, type ToolContext, tool } from '../tools/tool.js'
import type { Agent } from './agent.js'
import { AgentError } from './error.js'

/** An agent with everything that it offers to the model: its tools, and a function for each handoff. */
export interface Member {
  readonly agent: Agent
  readonly offered: readonly OfferedTool[]
}

/** Hands over when the model says so; answers what the model is told. */
export type HandOver = (from: string, to: string, input: unknown, context: ToolContext) => Promise<string>

/**
 * The agents by name.
 * @throws {AgentError} `INVALID_AGENT`, also when a tool has the name of a function that hands over. @throws {ToolError} `INVALID_TOOL` when two tools of an agent have one name.
 */
export function createDirectory(agents: readonly Agent[], handOver: HandOver): ReadonlyMap<string, Member> {
  const byName = new Map(agents.map((agent) => [agent.name, agent]))
  for (const agent of agents) {
    const problem = problemOf(agent, byName)
    if (problem) throw new AgentError('INVALID_AGENT', { agent: String(agent.name), problem })
  }
  return new Map(agents.map((agent) => [agent.name, memberOf(agent, byName, handOver)]))
}

function problemOf(agent: Agent, byName: ReadonlyMap<string, Agent>): string | undefined {
  const { name, instructions, handoffs = [] } = agent
  if (typeof name !== 'string' || name === '') return 'name must be text'
  if (byName.get(name) !== agent) return 'another agent has the same name'
  if (typeof instructions !== 'string' && typeof instructions !== 'function')
    return 'instructions must be text or a function'
  const unknown = handoffs.find((to) => !byName.has(to))
  return unknown === undefined ? undefined : `it hands over to "${unknown}", which is none of the agents`
}

function memberOf(agent: Agent, byName: ReadonlyMap<string, Agent>, handOver: HandOver): Member {
  const { name, tools = [], handoffs = [] } = agent
  const ownNames = new Set(tools.flatMap((offered) => ('execute' in offered ? [offered.name] : [])))
  const taken = new Set<string>()
  const transfers = [...new Set(handoffs)].flatMap((to): Tool[] => {
    const target = byName.get(to)
    if (!target) return []
    const functionName = freeName(to, taken)
    if (ownNames.has(functionName)) {
      const problem = `its tool "${functionName}" has the name of the function that hands over to "${to}"; rename the tool`
      throw new AgentError('INVALID_AGENT', { agent: name, problem })
    }
    taken.add(functionName)
    return [transferTool(functionName, target, (input, context) => handOver(name, to, input, context))]
  })
  const offered = [...tools, ...transfers]
  toolSetOf(offered)
  return { agent, offered }
}

function transferTool(
  functionName: string,
  { name, handoffDescription, handoffParameters }: Agent,
  execute: (input: unknown, context: ToolContext) => Promise<string>,
): Tool {
  return tool({
    name: functionName,
    description: [`Hands the conversation over to ${name}.`, handoffDescription].filter(Boolean).join(' '),
    ...(handoffParameters ? { parameters: handoffParameters } : {}),
    execute,
    // A handoff goes on over a drop, and each of its steps has a deadline of its own.
    abortOn: [],
    timeoutMs: Number.POSITIVE_INFINITY,
  })
}

const longestName = 64

/** What the model calls to hand over: `transfer_to_` and the name, in the letters that function names may have. */
function freeName(agent: string, taken: ReadonlySet<string>): string {
  const letters = agent.replace(/[^\w-]+/g, '_').replace(/^_+|_+$/g, '')
  const base = `transfer_to_${letters === '' ? 'agent' : letters}`.slice(0, longestName)
  let name = base
  for (let count = 2; taken.has(name); count++) {
    const suffix = `_${count}`
    name = base.slice(0, longestName - suffix.length) + suffix
  }
  return name
}
