import { type Check, checker } from '../../protocol/check.js'
import { type ClientEvent, type ClientEventType, clientEventSchemas } from '../../protocol/client-events.js'
import { refusalOf } from './problem-refusal.js'
import { type Refusal, refusals } from './rules.js'

/** What a frame of a client holds: an event, or the reason why it is refused. */
export type ReadEvent =
  | { readonly event: ClientEvent }
  | {
      readonly refusal: Refusal /** The event that is at fault, if it said who it is. */
      readonly eventId: string | null
    }

// No event needs half of it, and what is stored must still be written out again.
const deepest = 200

/** Makes the function that reads frames, as strictly as the service: one field that it does not know, and the whole event is refused. */
export function createEventReader(): (frame: string) => ReadEvent {
  const checks = new Map<string, Check>()
  function checkOf(type: ClientEventType): Check {
    const known = checks.get(type) ?? checker(clientEventSchemas[type])
    checks.set(type, known)
    return known
  }
  return (frame) => readEvent(frame, checkOf)
}

function readEvent(frame: string, checkOf: (type: ClientEventType) => Check): ReadEvent {
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return { refusal: refusals.invalidJson(), eventId: null }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { refusal: refusals.notAnObject(), eventId: null }
  }
  if (isDeeperThan(deepest, value)) return { refusal: refusals.tooDeep(), eventId: null }
  const fields: Record<string, unknown> = withoutNulls(value)
  const eventId = typeof fields.event_id === 'string' && fields.event_id.length <= 512 ? fields.event_id : null
  const { type } = fields
  if (type === undefined) return { refusal: refusals.missing('type'), eventId }
  if (typeof type !== 'string' || !isClientEventType(type)) {
    return { refusal: refusals.unknownEventType(typeof type === 'string' ? type : JSON.stringify(type)), eventId }
  }
  const problem = checkOf(type)(fields)
  return problem ? { refusal: refusalOf(problem, fields), eventId } : { event: fields as unknown as ClientEvent }
}

function isDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return limit === 0 || Object.values(value).some((inner) => isDeeperThan(limit - 1, inner))
}

/** Fields that are null at the top of an event count as left out. */
function withoutNulls(event: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null))
}

function isClientEventType(type: string): type is ClientEventType {
  return Object.hasOwn(clientEventSchemas, type)
}
