import type { DeepReadonly } from '../internal/deep-readonly.js'
import type { UserContent, UserContentInput } from '../protocol/content.js'
import type { ConversationItemInput } from '../protocol/item-inputs.js'
import type { ConversationItem } from '../protocol/items.js'
import type { LostItem } from './events.js'
import { playedTextOf, wordsOf } from './heard-text.js'
import { partsOf } from './state/item.js'
import type { ItemState } from './state/state.js'

/** A history in the form in which a new session can be told of it. */
export interface History {
  readonly items: readonly (ConversationItemInput & { id: string })[]
  readonly lost: readonly LostItem[]
}

/**
 * What of a conversation can be told to a new session: words, pictures, and calls with their outputs, under their own ids. Sound cannot;
 * its transcript stands for it, and of an interrupted answer only what was heard.
 */
export function historyOf(states: readonly ItemState[]): History {
  const items: (ConversationItemInput & { id: string })[] = []
  const lost: LostItem[] = []
  const callIds = (type: string) =>
    new Set(states.flatMap(({ item }) => (item.type === type && 'call_id' in item ? [item.call_id] : [])))
  const called = callIds('function_call')
  const answered = callIds('function_call_output')

  for (const state of states) {
    const told = tell(state, called, answered)
    if (typeof told === 'string') lost.push({ itemId: state.id, reason: told })
    else items.push({ ...told, id: state.id })
  }
  return { items, lost }
}

function tell(
  state: ItemState,
  called: ReadonlySet<unknown>,
  answered: ReadonlySet<unknown>,
): ConversationItemInput | LostItem['reason'] {
  const { item } = state
  switch (item.type) {
    case 'message':
      return tellMessage(state, item)
    case 'function_call':
      if (!answered.has(item.call_id)) return 'no output'
      return { type: 'function_call', call_id: item.call_id, name: item.name, arguments: item.arguments }
    case 'function_call_output':
      if (!called.has(item.call_id)) return 'no call'
      return { type: 'function_call_output', call_id: item.call_id, output: item.output }
    default:
      return 'not supported'
  }
}

type Message = Extract<DeepReadonly<ConversationItem>, { type: 'message' }>

function tellMessage(state: ItemState, item: Message): ConversationItemInput | LostItem['reason'] {
  const words = partsOf(item)
    .map(wordsOf)
    .filter((text) => text !== '')
  switch (item.role) {
    case 'system':
      return { type: 'message', role: 'system', content: words.map((text) => ({ type: 'input_text', text })) }
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
      const heard = playedText === undefined ? words : [playedText].filter((text) => text !== '')
      if (heard.length === 0) return 'no transcript'
      return { type: 'message', role: 'assistant', content: heard.map((text) => ({ type: 'output_text', text })) }
    }
    default:
      return 'not supported'
  }
}
