import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem, FunctionCallItem } from '../../protocol/items.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'

export function isCall(item: DeepReadonly<ConversationItem>): item is DeepReadonly<FunctionCallItem> {
  return item.type === 'function_call'
}

/** Whether the conversation contains the output of a call. */
export function hasOutput(session: RealtimeSession, callId: string): boolean {
  return selectItems(session.getState()).some(
    ({ item }) => item.type === 'function_call_output' && item.call_id === callId,
  )
}
