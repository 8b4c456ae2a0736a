import { createId } from '../../internal/id.js'
import { checker } from '../../protocol/check.js'
import { type EventIn, type EventMap, schemaOf } from '../../protocol/event-map.js'
import type { Check } from '../../protocol/rule.js'
import { refusalOf } from './problem-message.js'
import { type Refusal, refusals } from './refusals.js'

/** A parsed client frame: an event, or the reason for its refusal. */
export type ReadEvent<Event> =
  | { readonly event: Event }
  | {
      readonly refusal: Refusal /** The `event_id` of the rejected event, if it had one. */
      readonly eventId: string | null
    }

// No event needs half of this depth. Stored values must be serializable again.
const maxDepth = 200

/**
 * Creates a parser for client frames that is as strict as the service: an unknown field rejects the whole event.
 * @param accepted - The event types that the error message lists for an unknown type.
 */
export function createEventReader<Events extends EventMap>(
  schemas: Events,
  accepted: readonly string[],
): (frame: string) => ReadEvent<EventIn<Events>> {
  const checks = new Map<string, Check>()
  function checkOf(type: string): Check | undefined {
    const schema = schemaOf(schemas, type)
    if (!schema) return undefined
    const known = checks.get(type) ?? checker(schema)
    checks.set(type, known)
    return known
  }
  return (frame) => readEvent(frame, checkOf, accepted)
}

function readEvent<Event>(
  frame: string,
  checkOf: (type: string) => Check | undefined,
  accepted: readonly string[],
): ReadEvent<Event> {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return { refusal: refusals.invalidJson(), eventId: null }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { refusal: refusals.notAnObject(), eventId: null }
  }
  if (isDeeperThan(maxDepth, value)) return { refusal: refusals.tooDeep(), eventId: null }
  const fields: Record<string, unknown> = withoutNulls(value)
  const eventId = typeof fields.event_id === 'string' && fields.event_id.length <= 512 ? fields.event_id : null
  const { type } = fields
  if (type === 'conversation.item.create') fields.item = withApprovalId(fields.item)
  if (type === undefined) return { refusal: refusals.missing('type'), eventId }
  const check = typeof type === 'string' ? checkOf(type) : undefined
  if (!check) {
    const found = typeof type === 'string' ? type : JSON.stringify(type)
    return { refusal: refusals.unknownEventType(found, accepted), eventId }
  }
  const problem = check(fields)
  return problem ? { refusal: refusalOf(problem, fields), eventId } : { event: fields as Event }
}

function isDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return limit === 0 || Object.values(value).some((inner) => isDeeperThan(limit - 1, inner))
}

/**
 * Returns the item to create, with an identifier if it is a response to an MCP approval request. The official document requires one, and SDKs
 * that work with the service send none.
 */
function withApprovalId(item: unknown): unknown {
  const isResponse =
    typeof item === 'object' && item !== null && 'type' in item && item.type === 'mcp_approval_response'
  return isResponse && (item as { id?: unknown }).id === undefined ? { ...item, id: createId('item') } : item
}

/** Removes top-level fields that are `null`, which count as omitted. */
function withoutNulls(event: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
}
