import { MigrationError } from './error.js'
import { responseToGA, sessionToGA } from './fields-to-ga.js'
import { itemsToGA, itemToGA } from './items-to-ga.js'
import { has, isJson, type Json, kindOf } from './json.js'
import { createNotes, type Migration, type Notes } from './migration.js'
import { eventRenames } from './renames/event-types.js'
import { transcriptionFieldRenames } from './renames/session-fields.js'
import { repair } from './repair.js'
import type { GAEvent } from './types.js'

/**
 * Translates a client or server event of the beta to GA. The function is pure and does not modify its argument. The resulting events are valid
 * for `realtimeCodec`. GA events and events of unknown types are returned unchanged.
 *
 * `conversation.item.created` becomes `conversation.item.added` and `conversation.item.done`. For an item that is `in_progress`, `done` depends
 * on a later event; {@link createUpgrade} adds it.
 *
 * @example
 * ```ts
 * toGA({ type: 'session.update', session: { modalities: ['text'], temperature: 0.8 } })
 * // { kind: 'events', events: [{ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } }],
 * //   dropped: [{ path: 'session.temperature', value: 0.8, reason: '…' }], assumed: [] }
 * ```
 */
export function toGA<const Type extends string>(event: { readonly type: Type }): Migration<GAEvent<Type>>
export function toGA(event: unknown): Migration<GAEvent>
export function toGA(event: unknown): Migration<GAEvent> {
  if (!isJson(event) || !has(event, 'type') || typeof event.type !== 'string') {
    const found = isJson(event) ? 'an object without a type' : kindOf(event)
    return { kind: 'invalid', error: new MigrationError('NOT_AN_EVENT', { found }) }
  }
  const notes = createNotes()
  const events: Json[] = []
  for (const renamed of split(rewrite(event, event.type, notes))) {
    // Both parts of a split event need the same repairs, which are noted once.
    const repaired = repair(renamed, events.length === 0 ? notes : createNotes())
    if (repaired instanceof Error) return { kind: 'none', error: repaired }
    events.push(repaired)
  }
  // `repair` has validated them against the schemas of these types.
  return { kind: 'events', events: events as unknown as GAEvent[], ...notes }
}

const newTypes: ReadonlyMap<string, string> = new Map(
  eventRenames.flatMap(({ from, to }) => (typeof to === 'string' ? [[from, to]] : [])),
)

/** Renames fields and values, and the type if the event is not split. */
function rewrite(event: Json, type: string, notes: Notes): Json {
  switch (type) {
    case 'session.update':
    case 'session.created':
    case 'session.updated':
      return withSession(event, type, 'realtime', notes)
    case 'transcription_session.update':
      return withSession(gatherSessionFields(event), 'session.update', 'transcription', notes)
    case 'transcription_session.created':
    case 'transcription_session.updated':
      return withSession(event, type.slice('transcription_'.length), 'transcription', notes)
    case 'response.create':
    case 'response.created':
    case 'response.done':
      return withResponse(event, type === 'response.create' ? 'client' : 'server', notes)
    case 'conversation.item.create':
      return withItem(event, 'client', notes)
    case 'conversation.item.created':
    case 'conversation.item.added':
    case 'conversation.item.done':
    case 'conversation.item.retrieved':
    case 'response.output_item.added':
    case 'response.output_item.done':
      return withItem(event, 'server', notes)
    default: {
      const newType = newTypes.get(type)
      return newType === undefined ? event : { ...event, type: newType }
    }
  }
}

function withSession(event: Json, type: string, kind: 'realtime' | 'transcription', notes: Notes): Json {
  const { session } = event
  if (!isJson(session)) return { ...event, type }
  const isTranscription = kind === 'transcription' || session.object === 'realtime.transcription_session'
  return { ...event, type, session: sessionToGA(session, isTranscription ? 'transcription' : kind, notes) }
}

/** Moves settings of a transcription session that are beside `type` into `session`. Servers of the beta accepted both. */
function gatherSessionFields(event: Json): Json {
  if (has(event, 'session')) return event
  const names = new Set<string>([...transcriptionFieldRenames.map(({ from }) => from), 'include'])
  const entries = Object.entries(event)
  return {
    ...Object.fromEntries(entries.filter(([name]) => !names.has(name))),
    session: Object.fromEntries(entries.filter(([name]) => names.has(name))),
  }
}

function withResponse(event: Json, side: 'client' | 'server', notes: Notes): Json {
  if (!isJson(event.response)) return event
  const response = responseToGA(event.response, notes)
  const list = side === 'client' ? 'input' : 'output'
  if (!has(response, list)) return { ...event, response }
  return { ...event, response: { ...response, [list]: itemsToGA(response[list], side, `response.${list}`, notes) } }
}

function withItem(event: Json, side: 'client' | 'server', notes: Notes): Json {
  return has(event, 'item') ? { ...event, item: itemToGA(event.item, side, 'item', notes) } : event
}

/** Splits `conversation.item.created` into its two GA events. */
function split(event: Json): readonly Json[] {
  if (event.type !== 'conversation.item.created') return [event]
  const added = { ...event, type: 'conversation.item.added' }
  if (isJson(event.item) && event.item.status === 'in_progress') return [added]
  return [added, itemDoneEvent(event, event.item)]
}

/** Returns the `conversation.item.done` event for an event that completes an item. */
export function itemDoneEvent(event: Json, item: unknown, previous: unknown = event.previous_item_id): Json {
  const id = typeof event.event_id === 'string' ? event.event_id : ''
  return {
    type: 'conversation.item.done',
    event_id: `${id}_done`,
    ...(previous === undefined ? {} : { previous_item_id: previous }),
    item,
  }
}
