import type * as z from 'zod/mini'
import { hasBase64Length } from './base64.js'

/** What a check of this file adds to the issues of a parse, beside what zod asks for. */
export interface BoundIssue {
  /** What the value must be, such as `a number from 0 to 1`. */
  readonly message: string
  /** How the value differs, such as `a number outside of that`. */
  readonly found: string
}

// Metadata that zod's checks store on a schema, so that a JSON Schema generated from ours contains the bounds.
interface Noted {
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: 'safeint'
  readonly patterns?: ReadonlySet<RegExp>
}

// zod's own checks (gte, maxLength, int, regex, …) each bring a class along: together 1.6 KB gzip, and these 0.3.
function bound<T>(
  message: string,
  found: string,
  holds: (value: T) => boolean,
  noted: Noted = {},
): z.core.$ZodCheck<T> {
  const internals = {
    def: { check: 'custom' },
    onattach: [(schema: z.core.$ZodType) => void Object.assign(schema._zod.bag, noted)],
    check(payload: z.core.ParsePayload<T>) {
      if (holds(payload.value)) return
      const issue = { code: 'custom', input: payload.value, continue: true, message, found } as const
      payload.issues.push(issue as unknown as z.core.$ZodRawIssue)
    },
  }
  return { _zod: internals } as unknown as z.core.$ZodCheck<T>
}

/** A number of a range, its ends included. */
export function between(minimum: number, maximum: number): z.core.$ZodCheck<number> {
  const holds = (value: number) => value >= minimum && value <= maximum
  return bound(`a number from ${minimum} to ${maximum}`, 'a number outside of that', holds, {
    minimum,
    maximum,
  })
}

/** A whole number of a range, its ends included. */
export function integer(
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
): z.core.$ZodCheck<number> {
  const holds = (value: number) => Number.isSafeInteger(value) && value >= minimum && value <= maximum
  const isBelow = maximum < Number.MAX_SAFE_INTEGER
  const isAbove = minimum > Number.MIN_SAFE_INTEGER
  const range = isBelow
    ? `an integer from ${minimum} to ${maximum}`
    : `an integer${isAbove ? ` of at least ${minimum}` : ''}`
  return bound(range, 'another number', holds, { minimum, maximum, format: 'safeint' })
}

/** Text of a bounded length, in UTF-16 code units. */
export function atMost(maximum: number): z.core.$ZodCheck<string> {
  return bound(`a string of at most ${maximum} characters`, 'a longer string', ({ length }) => length <= maximum, {
    maximum,
  })
}

/** Text or a list that is not empty. */
export function notEmpty<T extends { readonly length: number }>(): z.core.$ZodCheck<T> {
  return bound('not empty', 'empty', ({ length }) => length > 0, { minimum: 1 })
}

/** A list of exactly one entry. */
export function single<T>(): z.core.$ZodCheck<readonly T[]> {
  return bound('an array of exactly 1 entry', 'an array of another length', ({ length }) => length === 1, {
    minimum: 1,
    maximum: 1,
  })
}

/** Text of a form. */
export function form(pattern: RegExp): z.core.$ZodCheck<string> {
  return bound(`a string that matches ${pattern}`, 'another string', (value) => pattern.test(value), {
    patterns: new Set([pattern]),
  })
}

/** Text that may be base64, by its length: what its digits are is for the server to judge. */
export function base64(): z.core.$ZodCheck<string> {
  return bound('base64', 'another string', hasBase64Length)
}

/** An object with few and short names. */
export function fewNames(most: number, longest: number): z.core.$ZodCheck<object> {
  const holds = (value: object) => {
    const names = Object.keys(value)
    return names.length <= most && names.every((name) => name.length <= longest)
  }
  return bound(`an object of at most ${most} names of at most ${longest} characters`, 'an object with more', holds)
}

/** What a type is that belongs to another option of a union. */
export const knownOne = 'a known one'

/** A type that is none of the known ones: what has a known type must have its shape. */
export function noneOf(known: readonly string[]): z.core.$ZodCheck<string> {
  return bound('a type that this version does not know', 'a known one', (value) => !known.includes(value))
}
