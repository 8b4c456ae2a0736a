import type { InterruptedCall } from '../../features/tools/journal.js'
import { createId } from '../../internal/id.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { selectItems } from '../../session/state/select.js'

/**
 * Returns the tool call that the model made while no process was attached to a joined call, if it is the last item of the conversation. A sideband
 * receives only new events, and nothing lists the items. The last one is named by the acknowledgement of a new item, which is deleted
 * again. A call that no journal knows has not run, because its start would have been recorded.
 */
export async function findMissedCall(
  session: RealtimeSession,
  recorded: readonly { readonly callId: string }[],
): Promise<InterruptedCall | undefined> {
  const id = createId('item')
  const content = [{ type: 'input_text' as const, text: 'The connection was restored.' }]
  const acknowledgement: { readonly previous_item_id?: string | null | undefined } = await session.request({
    type: 'conversation.item.create',
    item: { id, type: 'message', role: 'system', content },
  })
  session.items.delete(id).catch(() => {})
  const lastId = acknowledgement.previous_item_id
  if (!lastId || selectItems(session.getState()).some((known) => known.id === lastId && known.status === 'completed'))
    return undefined
  const item = await session.items.retrieve(lastId)
  if (item.type !== 'function_call' || item.status !== 'completed') return undefined
  const { call_id: callId, name, arguments: text } = item
  if (recorded.some((call) => call.callId === callId)) return undefined
  return {
    callId,
    itemId: lastId,
    // The response is not known, so each missed call has a batch of its own.
    responseId: `missed_${callId}`,
    tool: name,
    arguments: text,
    outputId: createId('item'),
    progress: 'received',
  }
}
