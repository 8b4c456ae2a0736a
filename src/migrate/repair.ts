import { checker } from '../protocol/check.js'
import { clientEventSchemas } from '../protocol/client-events.js'
import { schemaOf } from '../protocol/event-map.js'
import { AnySession } from '../protocol/events/session.js'
import { type Check, leftOut, missing, type Problem } from '../protocol/rule.js'
import { serverEventSchemas } from '../protocol/server-events.js'
import { MigrationError } from './error.js'
import { formatPath, getIn, type Json, type Path, removeIn, setIn } from './json.js'
import type { Notes } from './migration.js'

/** Maximum number of repairs per event. An event that needs more is not an event of this protocol. */
const maxRepairs = 500

/**
 * Makes an almost valid GA event valid: removes unknown and invalid fields, and adds required ones. Returns a valid event, and an event of an
 * unknown type, unchanged.
 */
export function repair(event: Json, notes: Notes): Json | MigrationError<'NO_EQUIVALENT'> {
  const type = String(event.type)
  const isClient = schemaOf(clientEventSchemas, type) !== undefined
  const check = checkFor(type)
  if (check === undefined) return event
  let repaired = event
  let problem = check(repaired)
  for (let turn = 0; problem !== undefined && turn < maxRepairs; turn += 1) {
    const { path } = problem
    const value = getIn(repaired, path)
    const substitute = substituteFor(problem, value, isClient)
    if (substitute !== undefined) {
      if (value !== undefined && value !== null)
        notes.dropped.push({ path: formatPath(path), value, reason: reasonFor(problem) })
      else notes.assumed.push({ path: formatPath(path), value: substitute })
      repaired = setIn(repaired, path, substitute)
    } else {
      // A missing required field removes the object that requires it.
      const target = problem.found === missing ? path.slice(0, -1) : path
      if (target.length === 0) break
      notes.dropped.push({
        path: formatPath(target),
        value: getIn(repaired, target),
        reason: reasonFor(problem, target),
      })
      repaired = removeIn(repaired, target)
    }
    problem = check(repaired)
  }
  if (problem === undefined) return repaired
  const reason = `its ${formatPath(problem.path) || 'content'} must be ${problem.expected}, but is ${problem.found}.`
  return new MigrationError('NO_EQUIVALENT', { type, dialect: 'ga', reason })
}

const checkFor = /* @__PURE__ */ createChecks()

/** Creates the check of each type when its first event arrives. */
function createChecks(): (type: string) => Check | undefined {
  const known = new Map<string, Check>()
  return (type) => {
    const schema = schemaOf(clientEventSchemas, type) ?? schemaOf(serverEventSchemas, type)
    if (schema === undefined) return undefined
    const check = known.get(type) ?? withSession(type, checker(schema))
    known.set(type, check)
    return check
  }
}

/** Adds the check of the session, which the schemas of received events do not contain because any object passes there. */
function withSession(type: string, check: Check): Check {
  if (type !== 'session.created' && type !== 'session.updated') return check
  const checkSession = checker(AnySession)
  return (event) => {
    const problem = check(event)
    if (problem) return problem
    const found = checkSession((event as Json).session)
    return found && { ...found, path: ['session', ...found.path] }
  }
}

function reasonFor({ path, expected, found }: Problem, target: Path = path): string {
  if (expected === leftOut) return 'GA rejects events with unknown fields.'
  if (found === 'null') return 'GA does not accept null; omit the field instead.'
  if (target.length < path.length) return `GA requires ${formatPath(path.slice(target.length))} in it.`
  return `GA expects ${expected}.`
}

/** Fields that loggers remove from client events. The event is still useful without them. */
const redactableFields = new Set<unknown>(['audio', 'text', 'arguments', 'output', 'image_url'])

/** Returns a replacement for an invalid value, or `undefined` when the field should be removed. */
function substituteFor({ path, expected, found }: Problem, value: unknown, isClient: boolean): unknown {
  if (expected === leftOut) return undefined
  const isAbsent = value === undefined || value === null
  if (isAbsent) {
    if (isClient && !(found === missing && redactableFields.has(path.at(-1)))) return undefined
    return placeholders[expected]?.()
  }
  if (expected.startsWith('an integer') || expected === 'a number') {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
    const whole = expected === 'a number' ? number : Math.max(0, Math.floor(number))
    return whole === value ? undefined : whole
  }
  if (expected !== 'a string') return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const placeholders: Readonly<Record<string, () => unknown>> = {
  'a string': () => '',
  'a number': () => 0,
  'an array': () => [],
  'a boolean': () => false,
}
