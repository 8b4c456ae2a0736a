import type { ClientEvent } from '../../protocol/client-events.js'
import type { Sendable } from '../../protocol/encode-audio.js'
import { isProtocolError } from '../../protocol/error.js'
import type { ServerEvent } from '../../protocol/server-events.js'
import { isTransportError } from '../../transports/error.js'
import type { Handshake } from '../connection/connection-options.js'
import { isTemporary } from '../connection/failure.js'
import { isSessionError } from '../error.js'
import type { Restored } from '../events.js'
import type { ItemState } from '../state/state.js'
import { type History, historyOf } from './history.js'

type Outcome = 'restored' | 'refused' | 'try again'

/**
 * Sends a history to a new session on the server, all items at once. An item that the server fails to take for a temporary reason is sent once
 * more, to its own place. Rejects when the connection or the whole session is at fault.
 */
export async function restoreHistory(
  link: Handshake<Sendable<ClientEvent>, ServerEvent>,
  states: readonly ItemState[],
): Promise<Restored> {
  const { items, lost } = historyOf(states)
  const outcomes = await Promise.all(items.map((item) => sendItem(link, item)))
  for (const [index, item] of items.entries()) {
    if (outcomes[index] !== 'try again') continue
    const previous = items.findLast((_, other) => other < index && outcomes[other] === 'restored')
    outcomes[index] = await sendItem(link, item, previous?.id ?? 'root')
  }
  const isRestored = (_: unknown, index: number) => outcomes[index] === 'restored'
  const refused = items.filter((item, index) => !isRestored(item, index))
  return {
    itemIds: items.filter(isRestored).map(({ id }) => id),
    lost: [...lost, ...refused.map(({ id }) => ({ itemId: id, reason: 'refused' as const }))],
  }
}

async function sendItem(
  link: Handshake<Sendable<ClientEvent>, ServerEvent>,
  item: History['items'][number],
  previousItemId?: string,
): Promise<Outcome> {
  const place = previousItemId === undefined ? {} : { previous_item_id: previousItemId }
  try {
    await link.request({ type: 'conversation.item.create', item, ...place })
    return 'restored'
  } catch (error) {
    if (isSessionError(error, 'SERVER_ERROR')) return isTemporary(error.data.error) ? 'try again' : 'refused'
    // An item that the protocol does not allow, or that is too long for the transport, was never sent.
    if (isTransportError(error, 'FRAME_TOO_LARGE')) return 'refused'
    if (!isProtocolError(error)) throw error
    // The server has the item, although its acknowledgement cannot be used.
    return 'direction' in error.data && error.data.direction === 'server' ? 'restored' : 'refused'
  }
}
