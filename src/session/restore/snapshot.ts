import type { DeepReadonly } from '../../internal/deep-readonly.js'
import { redactStart, type TextDetector } from '../../internal/redaction/detector.js'
import { redactTexts } from '../../internal/redaction/redactor.js'
import { SessionError } from '../error.js'
import type { SessionConfigInput } from '../options.js'
import { wordsOf } from '../playback/played-transcript.js'
import { insert } from '../state/chunks.js'
import { markIncomplete } from '../state/connection-lost.js'
import { addId, hasId } from '../state/id-set.js'
import { isPart, partsOf } from '../state/item.js'
import { selectItems } from '../state/select.js'
import { type ItemState, initialState, type SessionState } from '../state/state.js'

/** A session as plain JSON. Another session, for example on another machine, continues from it. */
export interface SessionSnapshot {
  readonly version: 1
  /** The configuration that the client requested and the server acknowledged, without temporary changes. */
  readonly config?: DeepReadonly<SessionConfigInput>
  /** The conversation in order, with transcripts instead of audio, and with the played part of interrupted items. */
  readonly items: readonly ItemState[]
}

/** Options of {@link snapshot}. */
export interface SnapshotOptions {
  /**
   * Finds parts of texts that are replaced by their kind, such as `[card number]`. A session that continues from the snapshot sends the
   * replaced texts to the model.
   * @defaultValue nothing is replaced
   */
  redact?: TextDetector | undefined
}

/**
 * Returns a snapshot of a session that can be stored as JSON. It contains transcripts, so protect it as you protect those. Running
 * responses, audio that is not committed, and events that wait to be sent are not included.
 * @example
 * ```ts
 * const stored = JSON.stringify(snapshot(session))
 * const restored = createSession({ transport, snapshot: JSON.parse(stored) })
 * ```
 */
export function snapshot(session: { getState(): SessionState }, options: SnapshotOptions = {}): SessionSnapshot {
  const { redact } = options
  const state = session.getState()
  const items = selectItems(state)
  const { lastingConfig: config } = state
  if (!redact) return { version: 1, ...(config && { config }), items }
  return {
    version: 1,
    ...(config && { config: redactTexts(config, redact) }),
    items: items.map((item) => redactItem(item, redact)),
  }
}

function redactItem(state: ItemState, redact: TextDetector): ItemState {
  const { playedText } = state
  const redacted = { ...state, item: redactTexts(state.item, redact) }
  if (playedText === undefined) return redacted
  // An interruption can cut a match, and the rest of it is not found. The whole text contains it.
  const whole = 'content' in state.item ? partsOf(state.item).map(wordsOf).join(' ') : ''
  return { ...redacted, playedText: redactStart(whole, playedText, redact) }
}

/** Returns the state of a session that was not connected yet. */
export function startOf(options: {
  readonly config?: SessionState['config']
  readonly snapshot?: SessionSnapshot | undefined
}): SessionState {
  const state = options.snapshot ? stateOf(options.snapshot) : initialState
  return options.config ? { ...state, config: options.config, lastingConfig: options.config } : state
}

/**
 * Returns the initial state of a session that continues from a snapshot.
 * @throws {SessionError} `INVALID_SNAPSHOT` when the value is not a snapshot.
 */
export function stateOf(value: SessionSnapshot): SessionState {
  assertSnapshot(value)
  let { conversation } = initialState
  for (const item of value.items) {
    if (hasId(conversation.ids, item.id)) refuse('has two items with the same id')
    const items = insert(conversation.items, 'end', markIncomplete(item))
    conversation = { ...conversation, items, ids: addId(conversation.ids, item.id) }
  }
  return { ...initialState, config: value.config, lastingConfig: value.config, conversation }
}

function assertSnapshot(value: unknown): asserts value is SessionSnapshot {
  if (!isObject(value)) refuse('is not an object')
  if (value.version !== 1) refuse('has a version that is not 1')
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
