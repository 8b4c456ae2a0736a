import type { DeepReadonly } from '../../internal/deep-readonly.js'
import type { ConversationItem } from '../../protocol/items.js'
import { selectItems } from '../../session/state/select.js'
import type { ItemState, SessionState } from '../../session/state/state.js'

/** What the matchers accept: a session, or its state. */
export type MatcherSubject = SessionState | { getState(): SessionState }

/** A turn of a conversation. */
export interface ConversationTurn {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

/** Returns the items of a session. @throws {TypeError} when the value is neither a session nor a state. */
export function itemsOf(subject: unknown): readonly ItemState[] {
  const value = subject as Partial<SessionState> & { getState?: () => SessionState }
  const state = typeof value?.getState === 'function' ? value.getState() : value
  if (state?.conversation === undefined)
    throw new TypeError('The matcher expects a session, or the state of a session.')
  return selectItems(state as SessionState)
}

/** Returns the turns with text or speech, in order. Consecutive messages of one speaker are one turn. */
export function turnsOf(items: readonly ItemState[]): readonly ConversationTurn[] {
  const turns: ConversationTurn[] = []
  for (const { item } of items) {
    if (item.type !== 'message' || (item.role !== 'user' && item.role !== 'assistant')) continue
    const role = item.role
    const text = textOf(item)
    const last = turns.at(-1)
    if (last?.role === role) turns[turns.length - 1] = { role, text: `${last.text} ${text}`.trim() }
    else turns.push({ role, text })
  }
  return turns
}

/** Returns the text and the transcripts of a message. */
function textOf(item: DeepReadonly<ConversationItem>): string {
  const parts = 'content' in item && Array.isArray(item.content) ? item.content : []
  return parts
    .map((part: { readonly text?: unknown; readonly transcript?: unknown }) => part.text ?? part.transcript ?? '')
    .join(' ')
    .trim()
}
