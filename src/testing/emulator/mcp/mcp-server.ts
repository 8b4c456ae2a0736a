import type { McpError, McpListedTool } from '../../../protocol/items.js'

/** The result of a call: its output, or why it failed. */
export type McpCallResult = { readonly output: string } | { readonly error: McpError }

/** An MCP server as the emulator uses it, scripted or real. */
export interface McpServer {
  /** Returns all tools. Rejects if they cannot be listed. */
  listTools(signal: AbortSignal): Promise<readonly McpListedTool[]>
  /** Calls a tool. A failure is a result. */
  callTool(name: string, args: string, signal: AbortSignal): Promise<McpCallResult>
  /** Ends the session with the server. */
  close(): void
}

/** Returns why a call failed in the MCP protocol itself. */
export function protocolError(code: number, message: string): McpError {
  return { type: 'protocol_error', code, message }
}
