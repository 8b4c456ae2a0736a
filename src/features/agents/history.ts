import { createId } from '../../internal/id.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import { isSessionError } from '../../session/error.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import type { ItemState } from '../../session/state/state.js'
import { hasResult } from '../tools/mcp-call-progress.js'
import type { HistoryEntries } from './agent.js'

/** Returns the items that a history filter receives: all but those that something still waits for, and listings of MCP tools. */
export function completeItems(session: RealtimeSession): readonly ItemState[] {
  const items = selectItems(session.getState())
  const answered = new Set<unknown>()
  for (const { item } of items) {
    if (item.type === 'function_call_output') answered.add(item.call_id)
    if ('approval_request_id' in item) answered.add(item.approval_request_id)
  }
  return items.filter(({ status, item }) => {
    if (status === 'in_progress') return false
    if (item.type === 'function_call') return answered.has(item.call_id)
    if (item.type === 'mcp_approval_request') return answered.has(item.id)
    if (item.type === 'mcp_call') return hasResult(item)
    return item.type !== 'mcp_list_tools'
  })
}

/**
 * Applies the result of a history filter: creates new items at their position, and then deletes omitted ones. Resolves when the server has
 * acknowledged all changes. If it refuses a new item, nothing is deleted. Rejects with the first refusal.
 *
 * @param onCreate Called with the id of each new item before it is sent.
 */
export async function rewriteHistory(
  session: RealtimeSession,
  before: readonly ItemState[],
  after: HistoryEntries,
  onCreate: (itemId: string) => void,
): Promise<void> {
  // Items can change and be deleted while the filter runs, and a filter may return copies, so the id identifies an item.
  const presentIds = new Set(selectItems(session.getState()).map(({ id }) => id))
  const known = new Set(before.map(({ id }) => id))
  const kept = new Set<string>()
  const creations: Promise<unknown>[] = []
  let previousItemId = 'root'
  for (const entry of after) {
    if (isState(entry)) {
      kept.add(entry.id)
      if (presentIds.has(entry.id)) previousItemId = entry.id
      continue
    }
    // A new item with the id of an existing one replaces it. The server refuses an id that is in use.
    const isTaken = entry.id !== undefined && (presentIds.has(entry.id) || known.has(entry.id))
    const id = entry.id === undefined || isTaken ? createId('item') : entry.id
    onCreate(id)
    creations.push(session.items.create({ ...entry, id }, { previousItemId }))
    previousItemId = id
  }
  await settleAll(creations)
  // A server that cannot delete items keeps them in its history.
  const omitted = before.filter(({ id }) => !kept.has(id) && presentIds.has(id))
  if (omitted.length > 0 && !session.lacks('conversation.item.delete'))
    await settleAll(omitted.map(({ id }) => deleteIfPresent(session, id)))
}

function isState(entry: ItemState | ConversationItemInput): entry is ItemState {
  return 'item' in entry
}

async function deleteIfPresent(session: RealtimeSession, itemId: string): Promise<void> {
  try {
    await session.items.delete(itemId)
  } catch (error) {
    const isAbsent = isSessionError(error, 'SERVER_ERROR') && error.data.error.code === 'item_delete_invalid_item_id'
    if (!isAbsent) throw error
  }
}

/** Waits for all promises. Rejects with the first rejection. */
async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  const rejected = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected')
  if (rejected) throw rejected.reason
}
