import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ClientEvent } from '../../protocol/client-events.js'
import type { UserContent, UserContentInput } from '../../protocol/content.js'
import type { Sendable } from '../../protocol/encode-audio.js'
import { isProtocolError } from '../../protocol/error.js'
import type { ConversationItemInput } from '../../protocol/item-inputs.js'
import type { ConversationItem } from '../../protocol/items.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { isTransportError } from '../../transports/error.js'
import type { Transport } from '../../transports/transport.js'
import type { Handshake } from '../connection/connection-options.js'
import { isTemporary } from '../connection/failure.js'
import { isSessionError } from '../error.js'
import type { LostItem, Restored } from '../events.js'
import { playedTextOf, wordsOf } from '../playback/played-transcript.js'
import { hasId, noIds } from '../state/id-set.js'
import { partsOf } from '../state/item.js'
import { selectItems } from '../state/select.js'
import type { ItemState } from '../state/state.js'
import { readState, type StateStore } from '../state/state-store.js'

/** A conversation as client events can send it. */
export interface History {
  readonly items: readonly (ConversationItemInput & { id: string })[]
  readonly lost: readonly LostItem[]
}

type SendOutcome = 'restored' | 'refused' | 'retry'

/**
 * Sends the items that a new session on the server does not have, all at once. Over a media track the user can speak before the restore, so
 * there each item has a position in front of such a turn. An item that the server refuses for a temporary reason, or because the item before
 * it was refused, is sent once more. Rejects when the connection or the whole session has failed.
 */
export async function restoreHistory(
  link: Handshake<Sendable<ClientEvent>, ServerEvent>,
  store: StateStore,
  audio: Transport['audio'],
): Promise<Restored> {
  const { conversation } = readState(store)
  const { absent } = conversation
  if (absent === noIds) return { itemIds: [], lost: [] }
  const known = selectItems({ conversation })
  const { items, lost: unsendable } = historyOf(known.filter(({ id }) => hasId(absent, id)))
  const firstOutcomes = await Promise.all(
    items.map((item, index) =>
      sendItem(link, item, audio === 'media' ? (items[index - 1]?.id ?? startOf(store)) : undefined),
    ),
  )
  const outcomes = [...firstOutcomes]
  for (const [index, item] of items.entries()) {
    const hasNoPosition = audio === 'media' && index > 0 && firstOutcomes[index - 1] !== 'restored'
    const isRetried = outcomes[index] === 'retry' || (outcomes[index] === 'refused' && hasNoPosition)
    if (!isRetried) continue
    const previous = items.findLast((_, other) => other < index && outcomes[other] === 'restored')
    outcomes[index] = await sendItem(link, item, previous?.id ?? startOf(store))
  }
  const refused = items.filter((_, index) => outcomes[index] !== 'restored')
  const lost = [...unsendable, ...refused.map(({ id }) => ({ itemId: id, reason: 'refused' as const }))]
  const lostIds = new Set(lost.map(({ itemId }) => itemId))
  return { itemIds: known.map(({ id }) => id).filter((id) => !lostIds.has(id)), lost }
}

/** Returns the `previous_item_id` of the first item. A server lists the tools of MCP servers before it gets the history. */
function startOf(store: StateStore): string {
  const { conversation } = readState(store)
  let id = 'root'
  for (const state of selectItems({ conversation })) {
    if (hasId(conversation.absent, state.id)) continue
    if (state.item.type !== 'mcp_list_tools') break
    id = state.id
  }
  return id
}

async function sendItem(
  link: Handshake<Sendable<ClientEvent>, ServerEvent>,
  item: History['items'][number],
  previousItemId: string | undefined,
): Promise<SendOutcome> {
  const position = previousItemId === undefined ? {} : { previous_item_id: previousItemId }
  try {
    await link.request({ type: 'conversation.item.create', item, ...position })
    return 'restored'
  } catch (error) {
    if (isSessionError(error, 'SERVER_ERROR')) return isTemporary(error.data.error) ? 'retry' : 'refused'
    // An item that breaks the protocol, or is too long for the transport, was never sent.
    if (isTransportError(error, 'FRAME_TOO_LARGE')) return 'refused'
    if (!isProtocolError(error)) throw error
    // The server has the item, although its acknowledgement has an invalid shape.
    return 'direction' in error.data && error.data.direction === 'server' ? 'restored' : 'refused'
  }
}

/**
 * Returns the items of a conversation that can be sent to a new session: text, images, and function calls with their outputs, with their
 * ids. Audio is replaced by its transcript, and an interrupted item by the part that was played.
 */
export function historyOf(states: readonly ItemState[]): History {
  const items: (ConversationItemInput & { id: string })[] = []
  const lost: LostItem[] = []
  const callIds = (type: string) =>
    new Set(states.flatMap(({ item }) => (item.type === type && 'call_id' in item ? [item.call_id] : [])))
  const called = callIds('function_call')
  const completed = callIds('function_call_output')

  for (const state of states) {
    const input = inputOf(state, called, completed)
    if (typeof input === 'string') lost.push({ itemId: state.id, reason: input })
    else items.push({ ...input, id: state.id })
  }
  return { items, lost }
}

function inputOf(
  state: ItemState,
  called: ReadonlySet<unknown>,
  completed: ReadonlySet<unknown>,
): ConversationItemInput | LostItem['reason'] {
  const { item } = state
  switch (item.type) {
    case 'message':
      return messageInputOf(state, item)
    case 'function_call':
      if (!completed.has(item.call_id)) return 'no output'
      return { type: 'function_call', call_id: item.call_id, name: item.name, arguments: item.arguments }
    case 'function_call_output':
      if (!called.has(item.call_id)) return 'no call'
      return { type: 'function_call_output', call_id: item.call_id, output: item.output }
    default:
      return 'not supported'
  }
}

type Message = Extract<DeepReadonly<ConversationItem>, { type: 'message' }>

function messageInputOf(state: ItemState, item: Message): ConversationItemInput | LostItem['reason'] {
  const texts = partsOf(item)
    .map(wordsOf)
    .filter((text) => text !== '')
  switch (item.role) {
    case 'system':
      return { type: 'message', role: 'system', content: texts.map((text) => ({ type: 'input_text', text })) }
    case 'user': {
      const content = partsOf(item).flatMap((part): UserContentInput[] => {
        const { image_url } = part as UserContent
        if (part.type === 'input_image' && image_url) return [{ type: 'input_image', image_url }]
        const text = wordsOf(part)
        return text === '' ? [] : [{ type: 'input_text', text }]
      })
      return content.length === 0 ? 'no transcript' : { type: 'message', role: 'user', content }
    }
    case 'assistant': {
      const playedText = playedTextOf(state)
      const played = playedText === undefined ? texts : [playedText].filter((text) => text !== '')
      if (played.length === 0) return 'no transcript'
      return { type: 'message', role: 'assistant', content: played.map((text) => ({ type: 'output_text', text })) }
    }
    default:
      return 'not supported'
  }
}
