import type { ItemState } from '../../../src/session/state/state.js'

/** An item in the form in which both sides are compared. */
export interface ComparedItem {
  readonly id: string | undefined
  readonly kind: string
  readonly text: string
}

interface AnyItem {
  readonly id?: string | undefined
  readonly type: string
  readonly role?: string
  readonly content?: readonly { readonly text?: unknown; readonly transcript?: unknown }[]
  readonly name?: string
  readonly arguments?: string
  readonly output?: string
  readonly call_id?: string
}

export function comparedItem(item: AnyItem): ComparedItem {
  return { id: item.id, kind: [item.type, item.role].join(' ').trim(), text: textOf(item) }
}

function textOf({ content, name, arguments: args, output, call_id: callId }: AnyItem): string {
  if (content) return content.map((part) => String(part.text ?? part.transcript ?? '')).join('|')
  return [callId, name, args, output].filter((part) => part !== undefined).join(' ')
}

/**
 * Compares the conversation of a client with that of the server. Returns the first difference. An item that was truncated has no transcript
 * on the server that truncated it, and the played part on a server to which it was restored.
 */
export function compareConversations(client: readonly ItemState[], server: readonly AnyItem[]): string | undefined {
  for (let index = 0; index < Math.max(client.length, server.length); index++) {
    const [state, item] = [client[index], server[index]]
    if (!state || !item) {
      const extra = JSON.stringify(state ? comparedItem(state.item as AnyItem) : comparedItem(item as AnyItem))
      return `the ${state ? 'client' : 'server'} has one more item at ${index}: ${extra}`
    }
    const [ours, theirs] = [comparedItem(state.item as AnyItem), comparedItem(item)]
    const isCut = state.truncatedAtMs !== undefined || state.playedText !== undefined
    // Without a player, the played part is an estimate.
    const isPlayedPart =
      state.playedText === undefined ? ours.text.startsWith(theirs.text) : theirs.text === state.playedText
    const isSameText = ours.text === theirs.text || (isCut && (theirs.text === '' || isPlayedPart))
    if (ours.id !== theirs.id || ours.kind !== theirs.kind || !isSameText)
      return `item ${index}: the client has ${JSON.stringify(ours)}, the server has ${JSON.stringify(theirs)}`
  }
  return undefined
}
