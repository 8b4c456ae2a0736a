import * as z from 'zod/mini'
import { closest, describeFound, type OptionProblem, pathText } from './problem.js'

/** A schema of an option. Its input is anything, for example the content of a file. */
export type OptionSchema<Value> = z.ZodMiniType<Value>

interface ProblemParams {
  readonly found: string
  readonly allowed: string
  readonly suggestion?: string | undefined
}

/** Reports a problem of the current value, or of a value below it. */
function report(context: z.core.ParsePayload, params: ProblemParams, path: readonly PropertyKey[] = []): never {
  context.issues.push({ code: 'custom', input: context.value, params: { ...params }, path: [...path] })
  return z.NEVER
}

/**
 * Returns the schema of a single value.
 * @param allowed - What is allowed, as an error states it.
 */
export function value<Value>(allowed: string, accepts: (value: unknown) => boolean): OptionSchema<Value> {
  return z.transform((input: unknown, context) =>
    accepts(input) ? (input as Value) : report(context, { found: describeFound(input), allowed }),
  ) as unknown as OptionSchema<Value>
}

/** Returns the schema of one of several strings. The error quotes the string that was found. */
export function oneOf<const Values extends readonly string[]>(
  values: Values,
  others?: { readonly allowed: string; readonly accepts: (value: unknown) => boolean },
): OptionSchema<Values[number]> {
  const allowed = [...values, ...(others ? [others.allowed] : [])].join(', ')
  return z.transform((input: unknown, context) => {
    if (values.includes(input as string) || others?.accepts(input)) return input
    if (typeof input !== 'string') return report(context, { found: describeFound(input), allowed })
    return report(context, { found: JSON.stringify(input.slice(0, 60)), allowed, suggestion: closest(input, values) })
  }) as unknown as OptionSchema<Values[number]>
}

/** Text of at least one character. */
export const text = value<string>('text', (input) => typeof input === 'string' && input !== '')

/** Text that can be empty. */
export const anyText = value<string>('text', (input) => typeof input === 'string')

export const flag = value<boolean>('true or false', (input) => typeof input === 'boolean')

/** Returns the schema of a function, in options of TypeScript. */
export function callback<Callback>(allowed: string): OptionSchema<Callback> {
  return value<Callback>(allowed, (input) => typeof input === 'function')
}

/** Returns the schema of an integer. */
export function integer(min: number, max: number = Number.POSITIVE_INFINITY): OptionSchema<number> {
  const allowed =
    max === Number.POSITIVE_INFINITY ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`
  return value<number>(allowed, (input) => Number.isInteger(input) && Number(input) >= min && Number(input) <= max)
}

/** Returns the schema of a finite number that is not negative. */
export function amount(unit = ''): OptionSchema<number> {
  const allowed = `a number of at least 0${unit && `, in ${unit}`}`
  return value<number>(allowed, (input) => Number.isFinite(input) && Number(input) >= 0)
}

/**
 * Returns the schema of a number that can be infinite: `Infinity`, `.inf` in YAML, or the text "Infinity" in JSON.
 */
export function unbounded(min: number, zero: 'allowed' | 'excluded' = 'allowed', unit = ''): OptionSchema<number> {
  const bound = zero === 'excluded' ? 'above 0' : `of at least ${min}`
  const allowed = `a number ${bound}${unit && `, in ${unit}`}, or Infinity`
  return z.transform((input: unknown, context) => {
    const read = input === 'Infinity' ? Number.POSITIVE_INFINITY : input
    const isNumber = typeof read === 'number' && read >= min && !(zero === 'excluded' && read === 0)
    return isNumber ? read : report(context, { found: describeFound(input), allowed })
  }) as unknown as OptionSchema<number>
}

/** Returns the schema of a list. */
export function list<Value>(item: OptionSchema<Value>, allowed = 'a list'): OptionSchema<readonly Value[]> {
  return z.pipe(value<readonly unknown[]>(allowed, Array.isArray), z.array(item)) as unknown as OptionSchema<
    readonly Value[]
  >
}

/** Returns the schema of an object whose keys are names. */
export function namedValues<Value>(
  item: OptionSchema<Value>,
  allowed = 'an object',
): OptionSchema<Readonly<Record<string, Value>>> {
  return z.pipe(value<object>(allowed, isPlainObject), z.record(z.string(), item)) as unknown as OptionSchema<
    Readonly<Record<string, Value>>
  >
}

/** An object that is passed through. */
export const anyObject = value<Readonly<Record<string, unknown>>>('an object', isPlainObject)

/** A key that may be missing. */
export function optional<Value>(schema: OptionSchema<Value>): OptionSchema<Value | undefined> {
  return z.optional(schema) as unknown as OptionSchema<Value | undefined>
}

/** Returns the schema of an object. A key that is not in the shape is reported before anything else, with the most similar key. */
export function object<Value>(
  shape: Readonly<Record<string, OptionSchema<unknown>>>,
  allowed = 'an object',
): OptionSchema<Value> {
  const keys = Object.keys(shape)
  const withKnownKeys = z.transform((input: unknown, context) => {
    if (!isPlainObject(input)) return report(context, { found: describeFound(input), allowed })
    const unknown = Object.keys(input).find((key) => !keys.includes(key))
    if (unknown === undefined) return input
    const params = { found: 'an unknown key', allowed: keys.join(', '), suggestion: closest(unknown, keys) }
    return report(context, params, [unknown])
  })
  return z.pipe(withKnownKeys, z.object(shape)) as unknown as OptionSchema<Value>
}

/** Returns the schema of an object of which only some keys are checked. */
export function withKeys<Value>(shape: Readonly<Record<string, OptionSchema<unknown>>>): OptionSchema<Value> {
  return z.pipe(value<object>('an object', isPlainObject), z.object(shape)) as unknown as OptionSchema<Value>
}

/**
 * Returns the schema of a value whose form decides which schema applies, so that an error names the field inside of it.
 * @param select - Returns the schema for a value, or `undefined` when no form fits.
 */
export function choose<Value>(
  allowed: string,
  select: (value: unknown) => OptionSchema<unknown> | undefined,
): OptionSchema<Value> {
  return z.transform((input: unknown, context) => {
    const schema = select(input)
    if (!schema) return report(context, { found: describeFound(input), allowed })
    const result = z.safeParse(schema, input)
    if (result.success) return result.data
    for (const { path, ...issue } of result.error.issues) {
      context.issues.push({ ...(issue as z.core.$ZodIssueCustom), path: [...path], input })
    }
    return z.NEVER
  }) as unknown as OptionSchema<Value>
}

/** Returns a schema that converts the values of another one. */
export function converted<From, To>(schema: OptionSchema<From>, convert: (value: From) => To): OptionSchema<To> {
  return z.pipe(schema, z.transform(convert)) as unknown as OptionSchema<To>
}

/** The result of {@link validate}. */
export type Validated<Value> =
  | { readonly value: Value }
  | { readonly problem: OptionProblem; readonly path: readonly PropertyKey[] }

/**
 * Checks a value and returns the converted one, or the first problem.
 * @param name - Name of the value in the problem, in front of the path.
 */
export function validate<Value>(schema: OptionSchema<Value>, input: unknown, name = ''): Validated<Value> {
  const result = z.safeParse(schema, input)
  if (result.success) return { value: result.data }
  const [issue] = result.error.issues
  const { found, allowed, suggestion } = (issue as { params?: ProblemParams }).params ?? {
    found: 'invalid',
    allowed: issue?.message ?? 'another value',
  }
  const path = issue?.path ?? []
  const option = pathText(name === '' ? path : [name, ...path]) || 'the value'
  return { path, problem: { option, found, allowed, ...(suggestion === undefined ? {} : { suggestion }) } }
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // An object of another realm, such as the context of a test runner, has the `Object.prototype` of that realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
