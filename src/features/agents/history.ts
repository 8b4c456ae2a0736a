import { createId } from '../../internal/id.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import type { ItemState } from '../../session/state/state.js'
import type { HistoryEntries } from './agent.js'

/** Returns the items that a history filter receives: complete ones, without calls that have no output. */
export function completeItems(session: RealtimeSession): readonly ItemState[] {
  const items = selectItems(session.getState())
  const answered = new Set(items.flatMap(({ item }) => (item.type === 'function_call_output' ? [item.call_id] : [])))
  return items.filter(
    ({ status, item }) => status !== 'in_progress' && (item.type !== 'function_call' || answered.has(item.call_id)),
  )
}

/**
 * Applies the result of a history filter: creates new items at their position and deletes omitted ones. Resolves when the server has
 * acknowledged all changes. Rejects with the first refusal, after all changes were attempted.
 */
export async function rewriteHistory(
  session: RealtimeSession,
  before: readonly ItemState[],
  after: HistoryEntries,
): Promise<void> {
  const known = new Set<unknown>(before)
  const kept = new Set(after.filter((entry) => known.has(entry)))
  const requests: Promise<unknown>[] = []
  let previousItemId = 'root'
  for (const entry of after) {
    if (isState(entry, known)) previousItemId = entry.id
    else {
      const id = entry.id ?? createId('item')
      requests.push(session.items.create({ ...entry, id }, { previousItemId }))
      previousItemId = id
    }
  }
  const omitted = before.filter((state) => !kept.has(state))
  // A server that cannot delete items keeps them in its history.
  if (omitted.length > 0 && !session.lacks('conversation.item.delete'))
    for (const { id } of omitted) requests.push(session.items.delete(id))
  const refused = (await Promise.allSettled(requests)).find((result) => result.status === 'rejected')
  if (refused) throw refused.reason
}

function isState(entry: ItemState | ConversationItemInput, known: ReadonlySet<unknown>): entry is ItemState {
  return known.has(entry)
}
