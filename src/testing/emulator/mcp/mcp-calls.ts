import { createId } from '../../../internal/id.js'
import type { ConversationItemInput } from '../../../protocol/item-inputs.js'
import type { McpCallItem } from '../../../protocol/items.js'
import { type Conversation, createEntry } from '../conversation.js'
import { type Refusal, refusals } from '../refusals.js'
import type { Emit } from '../response-writer.js'
import type { McpCallResult } from './mcp-server.js'
import type { CallableMcpTool } from './mcp-tools.js'
import { needsApproval } from './tool-filter.js'

/** A call whose arguments are complete. */
export interface WrittenMcpCall {
  readonly item: McpCallItem
  readonly outputIndex: number
  readonly callable: CallableMcpTool
  /** Sends the final item. */
  complete(item: McpCallItem): void
}

/** The MCP calls of a session. They run beside the responses: a response can be done before its calls. */
export interface McpCalls {
  /** Runs a call, after its approval if it needs one. */
  run(call: WrittenMcpCall): void
  /** Returns why an item that a client creates is rejected: a response to no open approval request. */
  check(item: ConversationItemInput): Refusal | undefined
  /** Handles an item that a client has created: a response to an approval request starts or ends its call. */
  receive(item: ConversationItemInput): void
}

/** Creates the calls of a session. */
export function createMcpCalls({
  emit,
  conversation,
}: {
  readonly emit: Emit
  readonly conversation: Conversation
}): McpCalls {
  const awaiting = new Map<string, WrittenMcpCall>()

  function requestApproval(call: WrittenMcpCall): void {
    const { server_label, name, arguments: args } = call.item
    const id = createId('item')
    const previousId = conversation.lastId
    const { item } = createEntry({ id, type: 'mcp_approval_request', server_label, name, arguments: args })
    awaiting.set(id, call)
    conversation.insertAfter(previousId, createEntry(item))
    emit({ type: 'conversation.item.added', previous_item_id: previousId, item })
    emit({ type: 'conversation.item.done', previous_item_id: previousId, item })
  }

  async function start({ item, outputIndex, callable, complete }: WrittenMcpCall): Promise<void> {
    const { server, signal } = callable
    const place = { item_id: item.id, output_index: outputIndex }
    emit({ type: 'response.mcp_call.in_progress', ...place })
    const result = await server.callTool(item.name, item.arguments, signal).catch(brokenServer)
    if (signal.aborted) return
    const hasFailed = 'error' in result
    emit({ type: hasFailed ? 'response.mcp_call.failed' : 'response.mcp_call.completed', ...place })
    complete(hasFailed ? { ...item, error: result.error } : { ...item, output: result.output })
  }

  return {
    run(call) {
      if (needsApproval(call.callable.config, call.callable.tool)) requestApproval(call)
      else void start(call)
    },
    check(item) {
      if (item.type !== 'mcp_approval_response' || awaiting.has(item.approval_request_id)) return undefined
      return refusals.unknownApproval(item.approval_request_id)
    },
    receive(item) {
      if (item.type !== 'mcp_approval_response') return
      const { approval_request_id: requestId } = item
      const call = awaiting.get(requestId)
      awaiting.delete(requestId)
      if (!call) return
      const decided = { ...call.item, approval_request_id: requestId }
      if (item.approve) void start({ ...call, item: decided })
      // No source shows what the service does with a rejected call. Its item is completed without output and without error.
      else call.complete(decided)
    },
  }
}

const brokenServer = (): McpCallResult => ({
  error: { type: 'http_error', code: 502, message: 'The MCP server could not be reached.' },
})
