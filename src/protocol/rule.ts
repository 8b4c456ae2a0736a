import { type Bound, boundTest, knownOne } from './bounds.js'

/** A problem of a value. Contains nothing of the value itself. */
export interface Problem {
  readonly path: (string | number)[]
  /** The expected kind of value, such as `a string`. */
  readonly expected: string
  /** The kind of value that was found, such as `null`. */
  readonly found: string
}

/** Returns the problem of a value, or `undefined` if it has none. */
export type Check = (value: unknown) => Problem | undefined

/** Description of a value that has the right type but is not one of the allowed values. */
const another = 'another'
/** Expected kind of a field that its object does not allow. */
export const leftOut = 'left out'
/** Kind of a field that is missing. */
export const missing = 'missing'

/**
 * The shape of a value, as data. Without its functions it is plain JSON: the build writes the rules of all events into the package, so that
 * a session needs neither zod nor the schemas.
 */
export type Rule =
  | 'string'
  | 'boolean'
  | 'number'
  | 'unknown'
  | readonly ['literal', values: readonly unknown[]]
  | readonly ['optional' | 'nullable' | 'array', inner: Rule]
  | ObjectRule
  | readonly ['union', options: readonly Rule[]]
  | VariantsRule
  | readonly ['bounded', inner: Rule, bounds: readonly Bound[]]
  /** A check that cannot be described. Schemas of other dialects may use all of zod. */
  | readonly ['custom', check: Check]

/** `rest` describes the fields that `fields` does not contain. Without it they may have any value, and `never` forbids them. */
export type ObjectRule = readonly ['object', fields: { readonly [key: string]: Rule }, rest?: Rule | 'never']

/** Options that differ in the value of one field, each with its values. */
export type VariantsRule = readonly [
  'variants',
  discriminator: string,
  options: readonly (readonly [values: readonly unknown[], option: Rule])[],
]

/**
 * Compiles a rule to a function that checks values. It builds nothing unless there is a problem; zod's parser builds a new object for every
 * object that it accepts, which takes a fifth of the time to decode an event. It reads only own fields, so that a polluted prototype cannot
 * complete an event.
 */
export function compileRule(rule: Rule): Check {
  switch (rule) {
    case 'string':
      return (value) => (typeof value === 'string' ? undefined : problem('a string', value))
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? undefined : problem('a boolean', value))
    case 'number':
      return (value) => (Number.isFinite(value) ? undefined : problem('a number', value))
    case 'unknown':
      return () => undefined
  }
  switch (rule[0]) {
    case 'literal': {
      const [, values] = rule
      return (value) => (values.includes(value) ? undefined : notOneOf(values, value))
    }
    case 'optional': {
      const inner = compileRule(rule[1])
      return (value) => (value === undefined ? undefined : inner(value))
    }
    case 'nullable': {
      const inner = compileRule(rule[1])
      return (value) => (value === null ? undefined : inner(value))
    }
    case 'array':
      return checkArray(compileRule(rule[1]))
    case 'object':
      return checkObject(rule)
    case 'union':
      return checkUnion(rule[1].map(compileRule))
    case 'variants':
      return checkVariants(rule)
    case 'bounded':
      return checkBounds(compileRule(rule[1]), rule[2])
    case 'custom':
      return rule[1]
  }
}

function checkBounds(check: Check, bounds: readonly Bound[]): Check {
  const tests = bounds.map(boundTest)
  return (value) => {
    const found = check(value)
    if (found !== undefined) return found
    const failed = tests.find((test) => !test.holds(value))
    return failed && { path: [], expected: failed.expected, found: failed.found }
  }
}

function checkArray(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return problem('an array', value)
    for (let index = 0; index < value.length; index += 1) {
      const found = check(value[index])
      if (found !== undefined) return within(index, found)
    }
    return undefined
  }
}

function checkObject([, shape, rest]: ObjectRule): Check {
  const fields = Object.entries(shape).map(([key, field]) => ({
    key,
    isRequired: field[0] !== 'optional',
    check: compileRule(field),
  }))
  const checkRest = rest === undefined || rest === 'never' ? undefined : compileRule(rest)
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return problem('an object', value)
    const record = value as Readonly<Record<string, unknown>>
    for (const { key, isRequired, check } of fields) {
      if (Object.hasOwn(record, key)) {
        const found = check(record[key])
        if (found !== undefined) return within(key, found)
      } else if (isRequired) return within(key, check(undefined) ?? problem('present', undefined))
    }
    if (rest === undefined) return undefined
    for (const key of Object.keys(record)) {
      if (Object.hasOwn(shape, key)) continue
      const found = checkRest === undefined ? problem(leftOut, record[key]) : checkRest(record[key])
      if (found !== undefined) return within(key, found)
    }
    return undefined
  }
}

function checkVariants([, discriminator, options]: VariantsRule): Check {
  const variants = new Map<unknown, Check>()
  for (const [values, option] of options) {
    const check = compileRule(option)
    for (const value of values) variants.set(value, check)
  }
  return (value) => {
    if (typeof value !== 'object' || value === null) return problem('an object', value)
    const found = Object.hasOwn(value, discriminator)
      ? (value as Readonly<Record<string, unknown>>)[discriminator]
      : undefined
    const check = variants.get(found)
    if (check !== undefined) return check(value)
    return within(discriminator, notOneOf([...variants.keys()], found))
  }
}

/** Reports the alternative that came closest to matching. If none came close, reports all of them. */
function checkUnion(checks: readonly Check[]): Check {
  return (value) => {
    const problems: Problem[] = []
    for (const check of checks) {
      const found = check(value)
      if (found === undefined) return undefined
      problems.push(found)
    }
    const nearest = problems.reduce((best, next) => (nearness(next) > nearness(best) ? next : best))
    if (nearest.path.length > 0) return nearest
    const plain = kindOf(value)
    const found = problems.find((missed) => missed.found !== plain)?.found ?? plain
    return { path: [], expected: problems.map(({ expected }) => expected).join(' or '), found }
  }
}

/** Returns how well a value matches an option: the depth of its problem, minus one half if the value is meant for another option. */
function nearness({ path, found }: Problem): number {
  const isOther = found === knownOne || found.startsWith(another)
  return path.length - (isOther ? 0.5 : 0)
}

function within(key: string | number, found: Problem): Problem {
  found.path.unshift(key)
  return found
}

function problem(expected: string, value: unknown): Problem {
  return { path: [], expected, found: kindOf(value) }
}

function notOneOf(values: readonly unknown[], value: unknown): Problem {
  const expected = values.map((legal) => JSON.stringify(legal)).join(' or ')
  const isSameKind = values.some((legal) => typeof legal === typeof value)
  return { path: [], expected, found: isSameKind ? `${another} ${typeof value}` : kindOf(value) }
}

/** Returns the kind of a value, such as `a string`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return missing
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
