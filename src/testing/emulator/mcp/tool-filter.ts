import type { McpListedTool } from '../../../protocol/items.js'
import type { McpTool, McpToolFilter } from '../../../protocol/tools.js'

/** Returns whether the model may use a tool. */
export function isAllowed({ allowed_tools: allowed }: McpTool, tool: McpListedTool): boolean {
  if (!allowed) return true
  return Array.isArray(allowed) ? allowed.includes(tool.name) : matches(allowed, tool)
}

/** Returns whether calls of a tool need an approval, as they do by default. */
export function needsApproval({ require_approval: policy }: McpTool, tool: McpListedTool): boolean {
  if (!policy) return true
  if (typeof policy === 'string') return policy !== 'never'
  if (policy.always && matches(policy.always, tool)) return true
  return !(policy.never && matches(policy.never, tool))
}

/** Returns whether a tool fulfills all conditions of a filter. */
function matches({ tool_names: names, read_only: readOnly }: McpToolFilter, tool: McpListedTool): boolean {
  if (names && !names.includes(tool.name)) return false
  return typeof readOnly !== 'boolean' || (tool.annotations?.readOnlyHint === true) === readOnly
}
