import { type Check, checker, leftOut, missing, type Problem } from '../protocol/check.js'
import { clientEventSchemas } from '../protocol/client-events.js'
import { schemaOf } from '../protocol/event-map.js'
import { serverEventSchemas } from '../protocol/server-events.js'
import { MigrationError } from './error.js'
import { formatPath, getIn, type Json, type Path, removeIn, setIn } from './json.js'
import type { Notes } from './migration.js'

// No event that a person wrote needs as many; what does is no event of this protocol.
const mostRepairs = 500

/**
 * Makes a GA event of one that almost is: takes out what GA does not know or cannot read, and fills in what it cannot do without.
 * An event that already is one, or whose type nobody knows, comes back as it is.
 */
export function repair(event: Json, notes: Notes): Json | MigrationError<'NO_EQUIVALENT'> {
  const type = String(event.type)
  const isClient = schemaOf(clientEventSchemas, type) !== undefined
  const check = checks(type)
  if (check === undefined) return event
  let repaired = event
  let problem = check(repaired)
  for (let turn = 0; problem !== undefined && turn < mostRepairs; turn += 1) {
    const { path } = problem
    const value = getIn(repaired, path)
    const substitute = substituteFor(problem, value, isClient)
    if (substitute !== undefined) {
      if (value !== undefined && value !== null)
        notes.dropped.push({ path: formatPath(path), value, reason: reasonFor(problem) })
      else notes.assumed.push({ path: formatPath(path), value: substitute })
      repaired = setIn(repaired, path, substitute)
    } else {
      // What is missing takes with it what cannot be without it.
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

const checks = /* @__PURE__ */ createChecks()

/** Reads each schema when the first event of its type comes. */
function createChecks(): (type: string) => Check | undefined {
  const known = new Map<string, Check>()
  return (type) => {
    const schema = schemaOf(clientEventSchemas, type) ?? schemaOf(serverEventSchemas, type)
    if (schema === undefined) return undefined
    const check = known.get(type) ?? checker(schema)
    known.set(type, check)
    return check
  }
}

function reasonFor({ path, expected, found }: Problem, target: Path = path): string {
  if (expected === leftOut) return 'GA refuses a whole event for a field that it does not know.'
  if (found === 'null') return 'GA wants it left out where there is nothing to say.'
  if (target.length < path.length) return `GA demands ${formatPath(path.slice(target.length))} in it.`
  return `GA wants ${expected}.`
}

// What loggers cut out of client events; an event without it is still an event.
const cut = new Set<unknown>(['audio', 'text', 'arguments', 'output', 'image_url'])

/** What can stand in for a value that GA cannot read, or undefined when it is better left out. */
function substituteFor({ path, expected, found }: Problem, value: unknown, isClient: boolean): unknown {
  if (expected === leftOut) return undefined
  const isAbsent = value === undefined || value === null
  if (isAbsent) {
    if (isClient && !(found === missing && cut.has(path.at(-1)))) return undefined
    return stand[expected]?.()
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

const stand: Readonly<Record<string, () => unknown>> = {
  'a string': () => '',
  'a number': () => 0,
  'an array': () => [],
  'a boolean': () => false,
}
