import { type Tool, type ToolContext, tool } from '../tools/tool.js'
import { type RegisteredTool, toolSetOf } from '../tools/tool-registration.js'
import type { Agent } from './agent.js'
import { AgentError } from './error.js'

/** An agent with its tools, including one function for each handoff. */
export interface RegistryEntry {
  readonly agent: Agent
  readonly tools: readonly RegisteredTool[]
}

/** Makes a handoff that the model requested. Resolves to the output of the call. */
export type HandOver = (from: string, to: string, input: unknown, context: ToolContext) => Promise<string>

/**
 * Creates the map of agents by name.
 * @throws {AgentError} `INVALID_AGENT`, also if a tool has the name of a handoff function. @throws {ToolError} `INVALID_TOOL` if two tools of an
 * agent have the same name.
 */
export function createRegistry(agents: readonly Agent[], handOver: HandOver): ReadonlyMap<string, RegistryEntry> {
  const byName = new Map(agents.map((agent) => [agent.name, agent]))
  for (const agent of agents) {
    const problem = problemOf(agent, byName)
    if (problem) throw new AgentError('INVALID_AGENT', { agent: String(agent.name), problem })
  }
  return new Map(agents.map((agent) => [agent.name, entryOf(agent, byName, handOver)]))
}

function problemOf(agent: Agent, byName: ReadonlyMap<string, Agent>): string | undefined {
  const { name, instructions, handoffs = [] } = agent
  if (typeof name !== 'string' || name === '') return 'name must be a string that is not empty'
  if (byName.get(name) !== agent) return 'another agent has the same name'
  if (typeof instructions !== 'string' && typeof instructions !== 'function')
    return 'instructions must be a string or a function'
  const unknown = handoffs.find((to) => !byName.has(to))
  return unknown === undefined ? undefined : `handoffs contains "${unknown}", which is not in the list of agents`
}

function entryOf(agent: Agent, byName: ReadonlyMap<string, Agent>, handOver: HandOver): RegistryEntry {
  const { name, tools = [], handoffs = [] } = agent
  const ownNames = new Set(tools.flatMap((offered) => ('execute' in offered ? [offered.name] : [])))
  const taken = new Set<string>()
  const handoffTools = [...new Set(handoffs)].flatMap((to): Tool[] => {
    const target = byName.get(to)
    if (!target) return []
    const functionName = handoffFunctionName(to, taken)
    if (ownNames.has(functionName)) {
      const problem = `its tool "${functionName}" has the name of the function that hands over to "${to}"; rename the tool`
      throw new AgentError('INVALID_AGENT', { agent: name, problem })
    }
    taken.add(functionName)
    return [handoffTool(functionName, target, (input, context) => handOver(name, to, input, context))]
  })
  const offered = [...tools, ...handoffTools]
  toolSetOf(offered)
  return { agent, tools: offered }
}

function handoffTool(
  functionName: string,
  { name, handoffDescription, handoffParameters }: Agent,
  execute: (input: unknown, context: ToolContext) => Promise<string>,
): Tool {
  return tool({
    name: functionName,
    description: [`Hands the conversation over to ${name}.`, handoffDescription].filter(Boolean).join(' '),
    ...(handoffParameters ? { parameters: handoffParameters } : {}),
    execute,
    // A handoff continues after a lost connection, and each of its steps has its own timeout.
    abortOn: [],
    // Handing over to the agent in charge changes nothing.
    idempotent: true,
    timeoutMs: Number.POSITIVE_INFINITY,
  })
}

const longestName = 64

/** Returns the name of a handoff function: `transfer_to_` and the agent's name, with only the characters that function names can contain. */
function handoffFunctionName(agent: string, taken: ReadonlySet<string>): string {
  const letters = agent.replace(/[^\w-]+/g, '_').replace(/^_+|_+$/g, '')
  const base = `transfer_to_${letters === '' ? 'agent' : letters}`.slice(0, longestName)
  let name = base
  for (let count = 2; taken.has(name); count++) {
    const suffix = `_${count}`
    name = base.slice(0, longestName - suffix.length) + suffix
  }
  return name
}
