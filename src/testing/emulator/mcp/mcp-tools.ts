import type { McpListedTool } from '../../../protocol/items.js'
import type { McpTool } from '../../../protocol/tools.js'
import { isLoopback } from '../../../transports/endpoint.js'
import type { Conversation } from '../conversation.js'
import type { Emit } from '../response-writer.js'
import type { Timers } from '../timers.js'
import { listTools } from './list-tools.js'
import type { McpServer } from './mcp-server.js'
import { connectMcpServer } from './remote-server.js'
import { createScriptedMcpServer, type ScriptedMcpServer } from './scripted-server.js'
import { isAllowed } from './tool-filter.js'

/** Options of {@link createMcpTools}. */
export interface McpToolsOptions {
  readonly emit: Emit
  readonly timers: Timers
  readonly conversation: Conversation
  /** Scripted servers by label. A tool with another label is contacted by its URL if that is on this machine. */
  readonly servers: Readonly<Record<string, ScriptedMcpServer>>
  readonly latencyMs: number
}

/** A tool that the model can call. */
export interface CallableMcpTool {
  readonly server: McpServer
  /** The configuration of the server. */
  readonly config: McpTool
  readonly tool: McpListedTool
  /** Cancels requests to the server when the session ends. */
  readonly signal: AbortSignal
}

/** The MCP servers of a session and their tools. */
export interface McpTools {
  /**
   * Lists the tools of all MCP servers of a configuration that are not listed yet.
   * @returns A promise for the end of the listings that are running, or `undefined` if there are none.
   */
  list(tools: readonly unknown[]): Promise<void> | undefined
  /** Returns a tool that is listed and allowed, or why it cannot be called. */
  find(tools: readonly unknown[], server: string, name: string): CallableMcpTool | { readonly problem: string }
  /** Cancels all requests and ends the sessions with the servers. */
  dispose(): void
}

interface Listing {
  readonly server: McpServer
  readonly end: Promise<void>
  tools: readonly McpListedTool[] | 'pending' | 'failed'
}

/** Creates the MCP servers of a session. Each configuration is listed once, also when updates repeat it. */
export function createMcpTools({ emit, timers, conversation, servers, latencyMs }: McpToolsOptions): McpTools {
  const listings = new Map<string, Listing>()
  const abort = new AbortController()

  function connect(config: McpTool): McpServer {
    const script = servers[config.server_label]
    if (script) return createScriptedMcpServer(script, { timers, latencyMs })
    const url = config.server_url
    const isLocal = typeof url === 'string' && URL.canParse(url) && isLoopback(new URL(url))
    return isLocal ? connectMcpServer(config) : createScriptedMcpServer({ tools: 'failed' }, { timers, latencyMs })
  }

  function start(config: McpTool): Listing {
    const server = connect(config)
    const label = config.server_label
    const run = listTools(
      label,
      async () => {
        const tools = await server.listTools(abort.signal)
        return tools.filter((tool) => isAllowed(config, tool))
      },
      { emit, conversation, isOver: () => abort.signal.aborted },
    )
    const end = run.then((tools) => {
      listing.tools = tools ?? 'failed'
    })
    const listing: Listing = { server, tools: 'pending', end }
    return listing
  }

  return {
    list(tools) {
      const ends: Promise<void>[] = []
      for (const config of tools.filter(isMcpTool)) {
        const key = JSON.stringify(config)
        const listing = listings.get(key) ?? start(config)
        listings.set(key, listing)
        if (listing.tools === 'pending') ends.push(listing.end)
      }
      return ends.length === 0 ? undefined : Promise.all(ends).then(() => {})
    },
    find(tools, label, name) {
      const config = tools.filter(isMcpTool).find(({ server_label }) => server_label === label)
      if (!config) return { problem: `the session has no MCP server "${label}"` }
      const listing = listings.get(JSON.stringify(config))
      if (!listing || listing.tools === 'pending')
        return {
          problem: `the tools of the MCP server "${label}" are not listed yet; wait for mcp_list_tools.completed`,
        }
      if (listing.tools === 'failed') return { problem: `the tools of the MCP server "${label}" could not be listed` }
      const tool = listing.tools.find((tool) => tool.name === name)
      if (!tool) return { problem: `the MCP server "${label}" has no tool "${name}", or allowed_tools excludes it` }
      return { server: listing.server, config, tool, signal: abort.signal }
    },
    dispose() {
      abort.abort()
      for (const { server } of listings.values()) server.close()
      listings.clear()
    },
  }
}

function isMcpTool(tool: unknown): tool is McpTool {
  return typeof tool === 'object' && tool !== null && 'type' in tool && tool.type === 'mcp'
}
