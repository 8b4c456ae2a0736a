import { createId } from '../../../internal/id.js'
import type { McpListedTool, McpListToolsItem } from '../../../protocol/items.js'
import { type Conversation, createEntry } from '../conversation.js'
import type { Emit } from '../response-writer.js'

/**
 * Lists the tools of an MCP server in the order of the service: an empty item, `in_progress`, `completed` or `failed`, and the item with its
 * tools (PROTOCOL.md, "MCP").
 * @returns The tools, or `undefined` if they could not be listed.
 */
export async function listTools(
  serverLabel: string,
  request: () => Promise<readonly McpListedTool[]>,
  {
    emit,
    conversation,
    isOver,
  }: { readonly emit: Emit; readonly conversation: Conversation; readonly isOver: () => boolean },
): Promise<readonly McpListedTool[] | undefined> {
  const id = createId('item')
  const item = (tools: readonly McpListedTool[]): McpListToolsItem => ({
    id,
    type: 'mcp_list_tools',
    server_label: serverLabel,
    tools: [...tools],
  })
  const previousId = conversation.lastId
  const entry = createEntry(item([]))
  conversation.insertAfter(previousId, entry)
  emit({ type: 'conversation.item.added', previous_item_id: previousId, item: entry.item })
  emit({ type: 'mcp_list_tools.in_progress', item_id: id })
  const tools = await request().catch(() => undefined)
  if (isOver()) return undefined
  emit({ type: tools ? 'mcp_list_tools.completed' : 'mcp_list_tools.failed', item_id: id })
  // A client may have deleted the item.
  if (conversation.get(id) === entry) {
    entry.item = item(tools ?? [])
    emit({ type: 'conversation.item.done', previous_item_id: conversation.previousOf(id), item: entry.item })
  }
  return tools
}
