import type { DeepReadonly } from '../internal/deep-readonly.js'
import { SessionError } from './error.js'
import type { SessionConfigInput } from './options.js'
import { insert } from './state/chunks.js'
import { addId, hasId } from './state/id-set.js'
import { isPart } from './state/item.js'
import { breakOff } from './state/lose-connection.js'
import { selectItems } from './state/select.js'
import { type ItemState, initialState, type SessionState } from './state/state.js'

/** A session as plain JSON: what another session, on another machine or after a sleep, needs to go on where it stood. */
export interface SessionSnapshot {
  readonly version: 1
  /** The configuration that was in force, as far as this side had asked for it. */
  readonly config?: DeepReadonly<SessionConfigInput>
  /** The history in order, with what was heard of interrupted answers. Sound is not in it, its transcripts are. */
  readonly items: readonly ItemState[]
}

/**
 * A picture of a session that survives `JSON.stringify`. It holds transcripts: store it as you would store those. A response that runs, sound that no
 * turn has taken yet, and what waits to be sent are not in it.
 */
export function snapshot(session: { getState(): SessionState }): SessionSnapshot {
  const state = session.getState()
  return { version: 1, ...(state.config && { config: state.config }), items: selectItems(state) }
}

/**
 * The state that a session made from a snapshot begins with.
 * @throws {SessionError} `INVALID_SNAPSHOT`.
 */
export function stateOf(value: SessionSnapshot): SessionState {
  assertSnapshot(value)
  let { conversation } = initialState
  for (const item of value.items) {
    if (hasId(conversation.ids, item.id)) refuse('has two items with the same id')
    const items = insert(conversation.items, 'end', breakOff(item))
    conversation = { ...conversation, items, ids: addId(conversation.ids, item.id) }
  }
  return { ...initialState, config: value.config, conversation }
}

function assertSnapshot(value: unknown): asserts value is SessionSnapshot {
  if (!isObject(value)) refuse('is not an object')
  if (value.version !== 1) refuse('has another version than 1')
  if (value.config !== undefined && !isObject(value.config)) refuse('has a config that is not an object')
  if (!Array.isArray(value.items)) refuse('has no list of items')
  for (const entry of value.items)
    if (
      !isObject(entry) ||
      typeof entry.id !== 'string' ||
      !isObject(entry.item) ||
      typeof entry.item.type !== 'string'
    )
      refuse('has an item without an id or a type')
    else if (entry.item.type === 'message' && !Array.isArray(entry.item.content))
      refuse('has a message without content')
    else if (entry.item.type === 'message' && !(entry.item.content as unknown[]).every(isPart))
      refuse('has a message with a content part that is not an object with a type')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function refuse(problem: string): never {
  throw new SessionError('INVALID_SNAPSHOT', { problem })
}
