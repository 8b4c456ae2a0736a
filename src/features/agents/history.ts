import { createId } from '../../internal/id.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'
import type { ItemState } from '../../session/state/state.js'
import type { HistoryEntries } from './agent.js'

/** The items that a filter may decide about: finished, and no call that still waits for its output. */
export function settledItems(session: RealtimeSession): readonly ItemState[] {
  const items = selectItems(session.getState())
  const answered = new Set(items.flatMap(({ item }) => (item.type === 'function_call_output' ? [item.call_id] : [])))
  return items.filter(
    ({ status, item }) => status !== 'in_progress' && (item.type !== 'function_call' || answered.has(item.call_id)),
  )
}

/**
 * Makes the history on the server what was decided: creates what is new behind what stands before it, and deletes what is left out.
 * Resolves when the server has done all of it, and rejects with its first refusal; the rest is done all the same.
 */
export async function rewriteHistory(
  session: RealtimeSession,
  before: readonly ItemState[],
  after: HistoryEntries,
): Promise<void> {
  const known = new Set<unknown>(before)
  const kept = new Set(after.filter((entry) => known.has(entry)))
  const asked: Promise<unknown>[] = []
  let previousItemId = 'root'
  for (const entry of after) {
    if (isState(entry, known)) previousItemId = entry.id
    else {
      const id = entry.id ?? createId('item')
      asked.push(session.items.create({ ...entry, id }, { previousItemId }))
      previousItemId = id
    }
  }
  for (const state of before) if (!kept.has(state)) asked.push(session.items.delete(state.id))
  const refused = (await Promise.allSettled(asked)).find((result) => result.status === 'rejected')
  if (refused) throw refused.reason
}

function isState(entry: ItemState | ConversationItemInput, known: ReadonlySet<unknown>): entry is ItemState {
  return known.has(entry)
}
