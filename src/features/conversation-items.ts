import type { DeepReadonly } from '../internal/deep-readonly.js'
import { forgetOldest } from '../internal/forget-oldest.js'
import { createRememberedIds } from '../internal/remembered-ids.js'
import type { ConversationItem } from '../protocol/items.js'
import type { RealtimeSession } from '../session/realtime.js'
import { selectItems } from '../session/state/select.js'

/** The part of a session that reports items. */
type ItemSource = Pick<RealtimeSession, 'on'>

/**
 * Calls a listener with each item that the server adds to the conversation, and with items that it completes. An item can be reported more
 * than once, because servers send different events. Returns an unsubscribe function.
 */
export function onConversationItem(
  session: ItemSource,
  listener: (item: DeepReadonly<ConversationItem>) => void,
): () => void {
  const report = ({ item }: { readonly item: DeepReadonly<ConversationItem> }) => listener(item)
  const unsubscribers = [
    session.on('conversation.item.added', report),
    session.on('conversation.item.created', report),
    session.on('conversation.item.done', report),
  ]
  return () => {
    for (const unsubscribe of unsubscribers) unsubscribe()
  }
}

/** A call of an MCP tool, which the server makes. */
export interface McpCall {
  readonly itemId: string
  readonly tool: string
  /** JSON text. */
  readonly arguments: string
}

export interface McpCallListeners {
  onStarted(call: McpCall): void
  /** `lost` if a new server session has replaced the one that made the call. */
  onEnded(call: McpCall, outcome: 'completed' | 'failed' | 'lost'): void
}

/** How many calls are followed. A joined session may miss the end of a call. */
const maxRunning = 256

/** Calls listeners when the server calls an MCP tool, and when the call has ended. Returns an unsubscribe function. */
export function onMcpCall(
  session: Pick<RealtimeSession, 'on' | 'getState'>,
  { onStarted, onEnded }: McpCallListeners,
): () => void {
  const running = new Map<string, McpCall>()

  /** The events of a call name only its item. */
  function callOf(itemId: string): McpCall {
    const item = selectItems(session.getState()).find(({ id }) => id === itemId)?.item
    if (item?.type !== 'mcp_call') return { itemId, tool: 'unknown', arguments: '' }
    return { itemId, tool: String(item.name), arguments: String(item.arguments) }
  }

  function end(itemId: string, outcome: 'completed' | 'failed' | 'lost'): void {
    const call = running.get(itemId)
    running.delete(itemId)
    if (call) onEnded(call, outcome)
  }

  const unsubscribers = [
    session.on('response.mcp_call.in_progress', ({ item_id }) => {
      const call = callOf(item_id)
      running.set(item_id, call)
      forgetOldest(running, maxRunning)
      onStarted(call)
    }),
    session.on('response.mcp_call.completed', ({ item_id }) => end(item_id, 'completed')),
    session.on('response.mcp_call.failed', ({ item_id }) => end(item_id, 'failed')),
    session.on('session.created', () => {
      for (const itemId of [...running.keys()]) end(itemId, 'lost')
    }),
  ]
  return () => {
    for (const unsubscribe of unsubscribers) unsubscribe()
  }
}

/** How many turns are remembered. A restored conversation reports all of its turns again. */
const rememberedTurns = 4_096

/**
 * Calls a listener once for each turn of the user, spoken or typed. Returns an unsubscribe function.
 * @param isOwn Whether a feature created the item, so that it is no turn of the user.
 */
export function onUserTurn(session: ItemSource, listener: () => void, isOwn: (itemId: string) => boolean): () => void {
  const seen = createRememberedIds(rememberedTurns)
  return onConversationItem(session, ({ type, id, ...item }) => {
    if (type !== 'message' || !('role' in item) || item.role !== 'user') return
    const itemId = String(id)
    if (!isOwn(itemId) && seen.add(itemId)) listener()
  })
}
