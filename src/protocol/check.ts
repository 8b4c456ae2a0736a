import * as z from 'zod/mini'
import { type BoundIssue, knownOne } from './bounds.js'

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
 * Compiles a schema to a function that checks values. zod's parser builds a new object for every object that it accepts, which would take a fifth
 * of the time to decode an event. This function builds nothing unless there is a problem. It reads only own fields, so that a polluted
 * prototype cannot complete an event.
 */
export function checker(schema: z.core.$ZodType): Check {
  const check = checkerOf(schema)
  const bounds = schema._zod.def.checks ?? []
  if (bounds.length === 0) return check
  return (value) => {
    const found = check(value)
    if (found !== undefined) return found
    const issues: z.core.$ZodRawIssue[] = []
    for (const bound of bounds) bound._zod.check({ value, issues } as z.core.ParsePayload<never>)
    const issue = issues[0] as Partial<BoundIssue> | undefined
    return issue && { path: [], expected: issue.message ?? inBounds, found: issue.found ?? kindOf(value) }
  }
}

const inBounds = 'valid according to its schema'

/** Checks with zod itself. Schemas of other dialects may use all of zod. */
function checkByZod(schema: z.core.$ZodType): Check {
  return (value) => {
    const [issue] = z.safeParse(schema, value).error?.issues ?? []
    if (issue === undefined) return undefined
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
    return { path, expected: inBounds, found: kindOf(value) }
  }
}

function checkerOf(schema: z.core.$ZodType): Check {
  const { def } = (schema as z.core.$ZodTypes)._zod
  // In zod, formats such as `email` and `int` are schemas and checks at once.
  if ('format' in def) return checkByZod(schema)
  switch (def.type) {
    case 'string':
      return (value) => (typeof value === 'string' ? undefined : problem('a string', value))
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? undefined : problem('a boolean', value))
    case 'number':
      return (value) => (Number.isFinite(value) ? undefined : problem('a number', value))
    case 'literal': {
      const values: readonly unknown[] = def.values
      return (value) => (values.includes(value) ? undefined : notOneOf(values, value))
    }
    case 'optional': {
      const inner = checker(def.innerType)
      return (value) => (value === undefined ? undefined : inner(value))
    }
    case 'nullable': {
      const inner = checker(def.innerType)
      return (value) => (value === null ? undefined : inner(value))
    }
    case 'array':
      return checkArray(checker(def.element))
    case 'object':
      return checkObject(def)
    case 'union': {
      const { discriminator } = def as { discriminator?: string }
      return discriminator === undefined ? checkUnion(def.options) : checkVariants(discriminator, def.options)
    }
    case 'unknown':
      return () => undefined
    default:
      return checkByZod(schema)
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

function checkObject(def: z.core.$ZodObjectDef): Check {
  const fields = Object.entries(def.shape).map(([key, field]) => ({
    key,
    isRequired: field._zod.optin === undefined,
    check: checker(field),
  }))
  const rest = def.catchall && def.catchall._zod.def.type !== 'unknown' ? def.catchall : undefined
  const checkRest = rest && rest._zod.def.type !== 'never' ? checker(rest) : undefined
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
      if (Object.hasOwn(def.shape, key)) continue
      const found = checkRest === undefined ? problem(leftOut, record[key]) : checkRest(record[key])
      if (found !== undefined) return within(key, found)
    }
    return undefined
  }
}

function checkVariants(discriminator: string, options: Options): Check {
  const variants = new Map<unknown, Check>()
  for (const option of options) {
    const values = valuesOf(option, discriminator)
    // An option of another dialect that the discriminator does not select.
    if (values.length === 0) return checkUnion(options)
    const check = checker(option)
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

type Options = readonly z.core.$ZodType[]

/** Returns the values of the discriminator that select an option. The option may be a union of variants. */
function valuesOf(option: z.core.$ZodType, discriminator: string): readonly unknown[] {
  const { def } = (option as z.core.$ZodTypes)._zod
  if (def.type === 'union') return def.options.flatMap((inner) => valuesOf(inner as z.core.$ZodType, discriminator))
  const field = def.type === 'object' ? def.shape[discriminator] : undefined
  return [...(field?._zod.values ?? [])]
}

/** Reports the alternative that came closest to matching. If none came close, reports all of them. */
function checkUnion(options: Options): Check {
  const checks = options.map(checker)
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

function kindOf(value: unknown): string {
  if (value === undefined) return missing
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
