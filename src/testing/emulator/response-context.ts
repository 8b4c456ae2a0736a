import type { ResponseCreateParams } from '../../protocol/response.js'
import type { Session } from '../../protocol/session.js'
import type { Conversation, Entry } from './conversation.js'
import { newEntry } from './new-item.js'
import { isRefusal, type Refusal, refusals } from './refusals.js'
import { formatsOf } from './settings.js'

const targets = ['auto', 'none']

/**
 * Returns the input of a response: the conversation, or the items and references of its `input`. Returns a refusal if a reference is
 * invalid.
 */
export function responseContext(
  { conversation: target = 'auto', input }: ResponseCreateParams,
  conversation: Conversation,
  session: Session,
): readonly Entry[] | Refusal {
  if (!targets.includes(target)) return refusals.invalidValue('response.conversation', target, targets)
  if (!input) return [...conversation.entries]
  const entries: Entry[] = []
  for (const [index, item] of input.entries()) {
    const param = `response.input[${index}]`
    const entry = item.type === 'item_reference' ? conversation.get(item.id) : newEntry(item, formatsOf(session), param)
    if (!entry) return refusals.unknownReference(`${param}.id`, 'id' in item ? (item.id ?? '') : '')
    if (isRefusal(entry)) return entry
    entries.push(entry)
  }
  return entries
}
