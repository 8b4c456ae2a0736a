import { MigrationError } from './error.js'
import { isTranscription, responseToBeta, type Side, sessionToBeta } from './fields-to-beta.js'
import { itemsToBeta, itemToBeta, unsupportedItemReason } from './items-to-beta.js'
import { has, isJson, type Json, kindOf, mapField } from './json.js'
import { createNotes, type Migration, type Notes } from './migration.js'
import { eventRenames } from './renames/event-types.js'
import type { BetaEvent, BetaType } from './types.js'

/**
 * Translates a client or server event of GA to the beta. It is the inverse of {@link toGA}. The function is pure and does not modify its
 * argument. Client events keep only fields that the beta knows, because its servers reject events with unknown fields. Server events keep all
 * fields, because clients ignore unknown ones.
 *
 * @example
 * ```ts
 * const migration = toBeta({ type: 'response.output_text.delta', delta: 'Hi' })
 * if (migration.kind === 'events') console.log(migration.events[0]?.type) // response.text.delta
 * ```
 */
export function toBeta<const Type extends string>(event: { readonly type: Type }): Migration<BetaEvent<BetaType<Type>>>
export function toBeta(event: unknown): Migration<BetaEvent>
export function toBeta(event: unknown): Migration<BetaEvent> {
  if (!isJson(event) || !has(event, 'type') || typeof event.type !== 'string') {
    const found = isJson(event) ? 'an object without a type' : kindOf(event)
    return { kind: 'invalid', error: new MigrationError('NOT_AN_EVENT', { found }) }
  }
  const { type } = event
  const reason = unsupportedReason(type, event)
  if (reason !== undefined)
    return { kind: 'none', error: new MigrationError('NO_EQUIVALENT', { type, dialect: 'beta', reason }) }
  const notes = createNotes()
  return { kind: 'events', events: [rewrite(event, type, notes) as unknown as BetaEvent], ...notes }
}

const oldTypes: ReadonlyMap<string, string> = new Map(
  eventRenames.flatMap(({ from, to, isReversible }) =>
    isReversible && typeof to === 'string' && to.startsWith('response.') ? [[to, from]] : [],
  ),
)

const addedAfterBeta = 'it was added after the beta.'

const newTypes: Readonly<Record<string, string>> = {
  'conversation.item.done':
    'the beta reports an item once, with conversation.item.created, and its completion with response.output_item.done.',
  'conversation.item.input_audio_transcription.segment': addedAfterBeta,
  'input_audio_buffer.timeout_triggered': addedAfterBeta,
  'input_audio_buffer.dtmf_event_received': addedAfterBeta,
  'mcp_list_tools.in_progress': addedAfterBeta,
  'mcp_list_tools.completed': addedAfterBeta,
  'mcp_list_tools.failed': addedAfterBeta,
  'response.mcp_call_arguments.delta': addedAfterBeta,
  'response.mcp_call_arguments.done': addedAfterBeta,
  'response.mcp_call.in_progress': addedAfterBeta,
  'response.mcp_call.completed': addedAfterBeta,
  'response.mcp_call.failed': addedAfterBeta,
}

function unsupportedReason(type: string, event: Json): string | undefined {
  if (Object.hasOwn(newTypes, type)) return newTypes[type]
  return type === 'conversation.item.create' ? unsupportedItemReason(event.item) : undefined
}

function rewrite(event: Json, type: string, notes: Notes): Json {
  switch (type) {
    case 'session.update':
      return withSession(event, 'transcription_session.update', 'client', notes)
    case 'session.created':
    case 'session.updated':
      return withSession(event, `transcription_${type}`, 'server', notes)
    case 'response.create':
      return withResponse(event, 'client', notes)
    case 'response.created':
    case 'response.done':
      return withResponse(event, 'server', notes)
    case 'conversation.item.create':
      return mapField(event, 'item', (item) => itemToBeta(item, 'client', 'item', notes))
    case 'conversation.item.added':
      return withItem({ ...event, type: 'conversation.item.created' }, notes)
    case 'conversation.item.created':
    case 'conversation.item.retrieved':
    case 'response.output_item.added':
    case 'response.output_item.done':
      return withItem(event, notes)
    default: {
      const oldType = oldTypes.get(type)
      return oldType === undefined ? event : { ...event, type: oldType }
    }
  }
}

function withItem(event: Json, notes: Notes): Json {
  return mapField(event, 'item', (item) => itemToBeta(item, 'server', 'item', notes))
}

function withSession(event: Json, transcriptionType: string, side: Side, notes: Notes): Json {
  const type = isTranscription(event.session) ? transcriptionType : event.type
  return mapField({ ...event, type }, 'session', (session) =>
    isJson(session) ? sessionToBeta(session, side, notes) : session,
  )
}

function withResponse(event: Json, side: Side, notes: Notes): Json {
  const list = side === 'client' ? 'input' : 'output'
  return mapField(event, 'response', (response) => {
    if (!isJson(response)) return response
    return mapField(responseToBeta(response, side, notes), list, (items) =>
      itemsToBeta(items, side, `response.${list}`, notes),
    )
  })
}
