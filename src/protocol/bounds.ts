import type * as z from 'zod/mini'
import { hasBase64Length } from './base64.js'

/** A limit that a value of the right type must keep, as data. */
export type Bound =
  | readonly ['between', minimum: number, maximum: number]
  | readonly ['integer', minimum: number, maximum: number]
  | readonly ['length', minimum: number, maximum: number]
  | readonly ['single']
  | readonly ['form', pattern: string]
  | readonly ['base64']
  | readonly ['names', most: number, longest: number]
  | readonly ['noneOf', known: readonly string[]]

/** How a bound is checked and reported. */
export interface BoundTest {
  /** What the value must be, such as `a number from 0 to 1`. */
  readonly expected: string
  /** How a value differs, such as `a number outside of that`. */
  readonly found: string
  holds(value: unknown): boolean
}

/** Returns how a bound is checked and reported. The value has the type of the schema already. */
export function boundTest(bound: Bound): BoundTest {
  switch (bound[0]) {
    case 'between': {
      const [, minimum, maximum] = bound
      return test<number>(
        `a number from ${minimum} to ${maximum}`,
        'a number outside of that',
        (value) => value >= minimum && value <= maximum,
      )
    }
    case 'integer': {
      const [, minimum, maximum] = bound
      const above = minimum > Number.MIN_SAFE_INTEGER ? ` of at least ${minimum}` : ''
      const range = maximum < Number.MAX_SAFE_INTEGER ? ` from ${minimum} to ${maximum}` : above
      return test<number>(
        `an integer${range}`,
        'another number',
        (value) => Number.isSafeInteger(value) && value >= minimum && value <= maximum,
      )
    }
    case 'length': {
      const [, minimum, maximum] = bound
      return minimum > 0
        ? test<Sized>('not empty', 'empty', ({ length }) => length >= minimum)
        : test<Sized>(`a string of at most ${maximum} characters`, 'a longer string', ({ length }) => length <= maximum)
    }
    case 'single':
      return test<Sized>('an array of exactly 1 entry', 'an array of another length', ({ length }) => length === 1)
    case 'form': {
      const pattern = new RegExp(bound[1])
      return test<string>(`a string that matches ${pattern}`, 'another string', (value) => pattern.test(value))
    }
    case 'base64':
      return test('base64', 'another string', hasBase64Length)
    case 'names': {
      const [, most, longest] = bound
      return test<object>(
        `an object of at most ${most} names of at most ${longest} characters`,
        'an object with more',
        (value) => {
          const names = Object.keys(value)
          return names.length <= most && names.every((name) => name.length <= longest)
        },
      )
    }
    case 'noneOf':
      return test<string>('a type that this version does not know', knownOne, (value) => !bound[1].includes(value))
  }
}

interface Sized {
  readonly length: number
}

function test<T>(expected: string, found: string, holds: (value: T) => boolean): BoundTest {
  return { expected, found, holds: holds as (value: unknown) => boolean }
}

/** Returns the bound of a zod check that this file made. */
export function boundOf(check: z.core.$ZodCheck<never>): Bound | undefined {
  return (check._zod.def as Partial<BoundDef>).bound
}

interface BoundDef {
  readonly check: 'custom'
  readonly bound: Bound
}

// Metadata that zod's checks store on a schema, so that a JSON Schema generated from ours contains the bounds.
interface Noted {
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: 'safeint'
  readonly patterns?: ReadonlySet<RegExp>
}

// zod's own checks (gte, maxLength, int, regex, …) each bring a class along: together 1.6 KB gzip, and these 0.3.
function createCheck<T>(bound: Bound, noted: Noted = {}): z.core.$ZodCheck<T> {
  const { expected, found, holds } = boundTest(bound)
  const def: BoundDef = { check: 'custom', bound }
  const internals = {
    def,
    onattach: [(schema: z.core.$ZodType) => void Object.assign(schema._zod.bag, noted)],
    check(payload: z.core.ParsePayload<T>) {
      if (holds(payload.value)) return
      const issue = { code: 'custom', input: payload.value, continue: true, message: expected, found } as const
      payload.issues.push(issue as unknown as z.core.$ZodRawIssue)
    },
  }
  return { _zod: internals } as unknown as z.core.$ZodCheck<T>
}

/** A number of a range, its ends included. */
export function between(minimum: number, maximum: number): z.core.$ZodCheck<number> {
  return createCheck(['between', minimum, maximum], { minimum, maximum })
}

/** A whole number of a range, its ends included. */
export function integer(
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
): z.core.$ZodCheck<number> {
  return createCheck(['integer', minimum, maximum], { minimum, maximum, format: 'safeint' })
}

/** Text of a bounded length, in UTF-16 code units. */
export function atMost(maximum: number): z.core.$ZodCheck<string> {
  return createCheck(['length', 0, maximum], { maximum })
}

/** Text or a list that is not empty. */
export function notEmpty<T extends { readonly length: number }>(): z.core.$ZodCheck<T> {
  return createCheck(['length', 1, Number.MAX_SAFE_INTEGER], { minimum: 1 })
}

/** A list of exactly one entry. */
export function single<T>(): z.core.$ZodCheck<readonly T[]> {
  return createCheck(['single'], { minimum: 1, maximum: 1 })
}

/** Text that matches a pattern without flags. */
export function form(pattern: RegExp): z.core.$ZodCheck<string> {
  return createCheck(['form', pattern.source], { patterns: new Set([pattern]) })
}

/** Text that may be base64, by its length. The server judges its digits. */
export function base64(): z.core.$ZodCheck<string> {
  return createCheck(['base64'])
}

/** An object with few and short names. */
export function fewNames(most: number, longest: number): z.core.$ZodCheck<object> {
  return createCheck(['names', most, longest])
}

/** What a type is that belongs to another option of a union. */
export const knownOne = 'a known one'

/** A type that is none of the known ones: what has a known type must have its shape. */
export function noneOf(known: readonly string[]): z.core.$ZodCheck<string> {
  return createCheck(['noneOf', known])
}
