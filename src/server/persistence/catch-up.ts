import { hasOutput, isCall } from '../../features/tools/function-call-item.js'
import type { InterruptedCall } from '../../features/tools/journal.js'
import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { createId } from '../../internal/id.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { RealtimeSession } from '../../session/realtime.js'
import { partsOf } from '../../session/state/item.js'
import { selectItems } from '../../session/state/select.js'
import type { ItemState } from '../../session/state/state.js'

/** How many unfinished items are retrieved. The service sends an item with all of its audio. */
const maxRetrieved = 8

/**
 * Retrieves what happened in a joined call while no process was attached. A sideband receives only new events, and nothing lists the items of a
 * conversation. So this retrieves the items that were unfinished in the record, and the last item of the conversation. Unknown items before
 * that one stay unknown.
 *
 * @returns the tool calls that no process has received. A call that no journal knows has not run, because its start would have been recorded.
 */
export async function catchUp(
  session: RealtimeSession,
  recorded: readonly { readonly callId: string }[],
): Promise<InterruptedCall[]> {
  const unfinished = selectItems(session.getState())
    .filter((state) => isUnfinished(session, state))
    .slice(-maxRetrieved)
  const retrieve = (id: string) => session.items.retrieve(id).catch(() => undefined)
  const [last, ...items] = await Promise.all([
    retrieveLastItem(session).catch(() => undefined),
    ...unfinished.map(({ id }) => retrieve(id)),
  ])
  const calls = [...items, last].flatMap((item) => (item && isCall(item) ? [item] : []))
  const missed = [...new Map(calls.map((call) => [call.call_id, call])).values()].filter(
    ({ status, call_id: callId }) =>
      status === 'completed' && !recorded.some((call) => call.callId === callId) && !hasOutput(session, callId),
  )
  // The responses are not known. As calls of one response, they have one follow-up response.
  const responseId = `missed_${missed[0]?.call_id}`
  return missed.map(({ id, call_id: callId, name: tool, arguments: text }) => {
    const call = { callId, itemId: String(id), responseId, tool, arguments: text }
    return { ...call, outputId: createId('item'), progress: 'received' }
  })
}

/** Whether the service may have more of an item than the record. */
function isUnfinished(session: RealtimeSession, { item, status, playedText }: DeepReadonly<ItemState>): boolean {
  if (status !== 'completed') return playedText === undefined
  const { session: resource } = session.getState()
  const isTranscribed = resource?.type === 'realtime' && Boolean(resource.audio?.input?.transcription)
  const isUserTurn = item.type === 'message' && item.role === 'user'
  return isTranscribed && isUserTurn && partsOf(item).some((part) => part.type === 'input_audio' && !part.transcript)
}

/**
 * Returns the last item of the conversation, if the session does not know it yet. The acknowledgement of a new item names it. The new item is
 * deleted again.
 */
async function retrieveLastItem(session: RealtimeSession): Promise<DeepReadonly<ConversationItem> | undefined> {
  const id = createId('item')
  const content = [{ type: 'input_text' as const, text: 'The connection was restored.' }]
  const acknowledgement: { readonly previous_item_id?: string | null | undefined } = await session.request({
    type: 'conversation.item.create',
    item: { id, type: 'message', role: 'system', content },
  })
  session.items.delete(id).catch(() => {})
  const lastId = acknowledgement.previous_item_id
  const isKnown = selectItems(session.getState()).some((known) => known.id === lastId && known.status === 'completed')
  return lastId && !isKnown ? session.items.retrieve(lastId) : undefined
}
