/** A call of a tool of an MCP server, which the service runs. */
export interface McpCall {
  readonly step: 'mcp_call'
  /** The `server_label` of the MCP server. */
  readonly server: string
  readonly name: string
  /** Arguments as JSON text. */
  readonly arguments: string
}

/**
 * Creates a step that calls a tool of an MCP server. The session must contain the server, and its tools must be listed.
 * @param server - The `server_label` of the MCP server.
 * @param args - An object, sent as JSON, or text, sent unchanged even if it is not valid JSON.
 * @example
 * ```ts
 * const emulator = createEmulator({
 *   mcpServers: { docs: { tools: [{ name: 'search', output: 'Three pages about zod.' }] } },
 *   script: [mcpCall('docs', 'search', { q: 'zod' }), reply('I found three pages.')],
 * })
 * ```
 */
export function mcpCall(server: string, name: string, args: object | string = {}): McpCall {
  return { step: 'mcp_call', server, name, arguments: typeof args === 'string' ? args : JSON.stringify(args) }
}
