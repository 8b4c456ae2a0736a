import type { McpToolInput, Tool as ReportedTool, ToolInput } from '../../protocol/tools.js'
import type { SessionConfigInput } from '../../session/options.js'
import type { RealtimeSession } from '../../session/realtime.js'
import type { SessionState } from '../../session/state/state.js'
import { ToolError } from './error.js'
import type { Tool } from './tool.js'

/** What `runTools` offers to the model: tools of this side, and MCP servers, whose tools the service calls by itself. */
export type OfferedTool = Tool | McpToolInput

/** The tools of one moment. */
export interface ToolSet {
  readonly byName: ReadonlyMap<string, Tool>
  readonly wire: readonly ToolInput[]
}

/** What changes in the same breath as the tools. */
export interface OfferChange {
  /** Settings that the server is told in the same update; no response sees the one without the other. */
  readonly config?: Omit<SessionConfigInput, 'tools'>
  /** The server has it; called before anything is told that the server said after. */
  readonly onTaken?: () => void
  /** Ends the wait for the acknowledgement. */
  readonly signal?: AbortSignal
  /** How long the acknowledgement may take, in milliseconds. @defaultValue the session's `requestTimeoutMs` */
  readonly timeoutMs?: number | undefined
}

interface Asked extends OfferChange {
  readonly set: ToolSet
}

/** Which tools the server has, and had when a response began. */
export interface Offer {
  set(tools: readonly OfferedTool[], change?: OfferChange): Promise<void>
  /** The tools that a response was created with. */
  of(responseId: string): ToolSet
  /** Nothing more is asked about a response. */
  forget(responseId: string): void
  /** No response of this connection goes on. */
  lose(): void
  stop(): void
}

/** @throws {ToolError} `INVALID_TOOL` when two tools have one name. */
export function toolSetOf(given: readonly OfferedTool[]): ToolSet {
  const tools = [...new Set(given)]
  const own = tools.filter((tool): tool is Tool => 'execute' in tool)
  const byName = new Map(own.map((tool) => [tool.name, tool]))
  const twice = own.find((tool) => byName.get(tool.name) !== tool)
  if (twice) throw new ToolError('INVALID_TOOL', { tool: twice.name, problem: 'another tool has the same name' })
  return { byName, wire: tools.map((tool) => ('execute' in tool ? tool.definition : tool)) }
}

export function createOffer(session: RealtimeSession): Offer {
  const atBeginning = new Map<string, ToolSet>()
  const asked: Asked[] = []
  let inForce: ToolSet = { byName: new Map(), wire: [] }
  let reported = session.getState().session

  /** The server has a set; those that were asked for before it are history. */
  function promote(next: Asked): void {
    const index = asked.indexOf(next)
    if (index < 0) return
    asked.splice(0, index + 1)
    inForce = next.set
    next.onTaken?.()
  }

  const undo = [
    session.on('response.created', ({ response }) => {
      atBeginning.set(response.id, inForce)
    }),
    // A response may follow in the same breath, before any promise has told of the acknowledgement.
    session.on('session.updated', ({ session: updated }) => {
      const before = reported
      reported = updated
      const [next] = asked
      if (next && isSaidBy(updated, next) && !isSaidBy(before, next)) promote(next)
    }),
  ]

  return {
    async set(tools, change = {}) {
      const set = toolSetOf(tools)
      const next = { ...change, set }
      asked.push(next)
      try {
        const { signal, timeoutMs } = change
        await session.update({ ...change.config, tools: [...set.wire] }, { signal, timeoutMs })
        promote(next)
      } catch (cause) {
        const index = asked.indexOf(next)
        if (index >= 0) asked.splice(index, 1)
        throw new ToolError('TOOLS_REFUSED', { tools: [...set.byName.keys()] }, { cause })
      }
    },
    of: (responseId) => atBeginning.get(responseId) ?? inForce,
    forget: (responseId) => void atBeginning.delete(responseId),
    lose: () => atBeginning.clear(),
    stop() {
      for (const off of undo) off()
    },
  }
}

/** Whether the server reports what was asked for. */
function isSaidBy(session: SessionState['session'], { set, config }: Asked): boolean {
  if (session?.type !== 'realtime') return false
  if (config?.instructions !== undefined && session.instructions !== config.instructions) return false
  return namesOf(session.tools) === namesOf(set.wire)
}

function namesOf(tools: unknown): string {
  const list = Array.isArray(tools) ? (tools as readonly (ReportedTool | ToolInput)[]) : []
  return JSON.stringify(list.map((tool) => ('name' in tool ? tool.name : 'server_label' in tool && tool.server_label)))
}
