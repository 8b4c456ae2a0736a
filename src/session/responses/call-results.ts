import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import { selectItems } from '../state/select.js'
import type { ResponseState, SessionState } from '../state/state.js'
import type { SettledCall } from './settled-response.js'

type Item = DeepReadonly<ConversationItem>

const callTypes = ['function_call', 'mcp_call', 'mcp_approval_request']

/** Returns the tool calls of a response that are complete. */
export function callsOf({ output }: ResponseState): Item[] {
  return output.flatMap(({ item }) =>
    callTypes.includes(item.type) && !('status' in item && item.status === 'incomplete') ? [item] : [],
  )
}

function resultOf(state: SessionState, call: Item): string | undefined {
  const items = selectItems(state)
  if (call.type === 'function_call') {
    const { call_id } = call as { call_id: string }
    const found = items.findLast(({ item }) => item.type === 'function_call_output' && item.call_id === call_id)
    return found && String((found.item as { output?: unknown }).output ?? '')
  }
  const latest = (items.findLast(({ id }) => id === call.id)?.item ?? call) as McpFields
  const { output, error } = latest
  return output ?? (error == null ? undefined : JSON.stringify(error))
}

/** Whether a call has its result, or a refused approval. */
export function hasResult(state: SessionState, call: Item): boolean {
  if (call.type !== 'mcp_approval_request') return resultOf(state, call) !== undefined
  const related = selectItems(state).filter(({ item }) => (item as McpFields).approval_request_id === call.id)
  const decision = related.find(({ item }) => item.type === 'mcp_approval_response')?.item as McpFields | undefined
  if (!decision?.approve) return decision !== undefined
  return related.some(({ item }) => item.type === 'mcp_call' && resultOf(state, item) !== undefined)
}

/** The fields of MCP items that are read here. */
interface McpFields {
  readonly output?: string | null
  readonly error?: unknown
  readonly approve?: boolean
  readonly approval_request_id?: string | null
}

/** Returns a call with its result. A refused approval is no call. */
export function settledCall(state: SessionState, call: Item): SettledCall[] {
  if (call.type === 'mcp_approval_request') {
    const run = selectItems(state).find(
      ({ item }) => item.type === 'mcp_call' && (item as McpFields).approval_request_id === call.id,
    )
    return run ? settledCall(state, run.item) : []
  }
  const { call_id, id, name, arguments: text } = call as Record<string, unknown>
  return [
    { callId: String(call_id ?? id), name: String(name), arguments: String(text ?? ''), output: resultOf(state, call) },
  ]
}
