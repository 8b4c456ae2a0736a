import type { ConversationItem } from '../../protocol/items.js'
import type { ParsedCondition } from './script-schema.js'
import type { Turn } from './turn.js'
import { isPlainObject } from './validation/schema.js'

/** Returns whether a turn matches a condition. */
export function matchesTurn(condition: ParsedCondition | ((turn: Turn) => boolean), turn: Turn): boolean {
  if (typeof condition === 'function') return condition(turn)
  const { text, pattern, toolResult, turn: number, session, metadata } = condition
  const results = trailingResults(turn.input)
  const isUserTurn = results.length === 0
  return (
    (number === undefined || number === turn.index + 1) &&
    (text === undefined || (isUserTurn && containsText(turn.text, text))) &&
    (pattern === undefined || (isUserTurn && containsText(turn.text, pattern))) &&
    (session === undefined || containsFields(turn.session, session)) &&
    (metadata === undefined || containsFields(turn.params.metadata ?? {}, metadata)) &&
    (toolResult === undefined ||
      results.some(
        ({ name, output }) =>
          (toolResult.name === undefined || toolResult.name === name) &&
          (toolResult.output === undefined || containsText(output, toolResult.output)),
      ))
  )
}

interface ToolResult {
  /** Name of the tool. `undefined` if its call is not part of the input. */
  readonly name: string | undefined
  readonly output: string
}

/** Returns the tool results after the last message. */
function trailingResults(input: readonly ConversationItem[]): readonly ToolResult[] {
  const since = input.findLastIndex(({ type }) => type === 'message') + 1
  return input.slice(since).flatMap((item) => {
    if (item.type !== 'function_call_output') return []
    const called = input.find((other) => other.type === 'function_call' && other.call_id === item.call_id)
    return [{ name: called?.type === 'function_call' ? called.name : undefined, output: item.output }]
  })
}

/** Returns whether text contains a string, in upper or lower case, or matches an expression. */
function containsText(text: string, wanted: string | RegExp): boolean {
  // `search` ignores the position that a global expression keeps.
  return typeof wanted === 'string' ? text.toLowerCase().includes(wanted.toLowerCase()) : text.search(wanted) >= 0
}

/** Returns whether a value has all the wanted fields. Lists have to be equal in length. */
function containsFields(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(value) &&
      value.length === wanted.length &&
      wanted.every((item, index) => containsFields(value[index], item))
    )
  }
  if (!isPlainObject(wanted)) return Object.is(value, wanted)
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Readonly<Record<string, unknown>>
  return Object.entries(wanted).every(([key, field]) => containsFields(fields[key], field))
}
