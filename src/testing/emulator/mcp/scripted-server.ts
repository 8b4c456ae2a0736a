import type { McpError, McpListedTool } from '../../../protocol/items.js'
import type { Timers } from '../timers.js'
import { type McpServer, protocolError } from './mcp-server.js'

/** A tool of a scripted MCP server. */
export interface ScriptedMcpTool {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the arguments. @defaultValue `{ type: 'object' }` */
  readonly inputSchema?: Readonly<Record<string, unknown>>
  /** MCP annotations, such as `{ readOnlyHint: true }`, which `read_only` filters use. */
  readonly annotations?: Readonly<Record<string, unknown>>
  /** Output of each call. @defaultValue 'ok' */
  readonly output?: string
  /** Makes each call fail. */
  readonly error?:
    | { readonly type: 'tool_execution_error'; readonly message: string }
    | { readonly type: 'protocol_error' | 'http_error'; readonly code: number; readonly message: string }
}

/** An MCP server that needs no network. It is plain data. */
export interface ScriptedMcpServer {
  /** The tools of the server. `failed` makes the listing fail, as for a server that cannot be reached. */
  readonly tools: readonly ScriptedMcpTool[] | 'failed'
  /** Time until the tools are listed, and until a call has its result, in milliseconds. @defaultValue `latencyMs` of the emulator */
  readonly latencyMs?: number
}

/** JSON-RPC code of a call with a name or arguments that are invalid. */
const invalidParams = -32_602

/** Creates an MCP server from its script. */
export function createScriptedMcpServer(
  { tools, latencyMs }: ScriptedMcpServer,
  { timers, latencyMs: defaultLatencyMs }: { readonly timers: Timers; readonly latencyMs: number },
): McpServer {
  const latency = () => new Promise<void>((resolve) => void timers.after(latencyMs ?? defaultLatencyMs, resolve))

  return {
    async listTools() {
      await latency()
      if (tools === 'failed') throw new Error('The script of the MCP server makes its listing fail.')
      return tools.map(describeTool)
    },
    async callTool(name) {
      await latency()
      const tool = tools === 'failed' ? undefined : tools.find((tool) => tool.name === name)
      if (!tool) return { error: protocolError(invalidParams, `Unknown tool: ${name}`) }
      if (tool.error) return { error: tool.error as McpError }
      return { output: tool.output ?? 'ok' }
    },
    close() {},
  }
}

function describeTool({ name, description, inputSchema, annotations }: ScriptedMcpTool): McpListedTool {
  return {
    name,
    description: description ?? null,
    input_schema: inputSchema ?? { type: 'object' },
    annotations: annotations ?? null,
  }
}
