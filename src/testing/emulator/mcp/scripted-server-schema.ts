import {
  amount,
  anyObject,
  anyText,
  choose,
  list,
  type OptionSchema,
  object,
  oneOf,
  optional,
  text,
  value,
} from '../validation/schema.js'
import type { ScriptedMcpServer } from './scripted-server.js'

const toolError = object({
  type: oneOf(['tool_execution_error', 'protocol_error', 'http_error']),
  code: optional(value<number>('an integer', Number.isInteger)),
  message: anyText,
})

const tool = object({
  name: text,
  description: optional(anyText),
  inputSchema: optional(anyObject),
  annotations: optional(anyObject),
  output: optional(anyText),
  error: optional(toolError),
})

const failed = oneOf(['failed'])

/** The schema of a scripted MCP server. */
export const scriptedMcpServer: OptionSchema<ScriptedMcpServer> = object({
  tools: choose('a list of tools, or failed', (input) =>
    Array.isArray(input) ? list(tool) : typeof input === 'string' ? failed : undefined,
  ),
  latencyMs: optional(amount('milliseconds')),
})
