import type { Problem } from './rule.js'

/**
 * Returns the JSON text of a value, or the problem that prevents it. Values that `JSON.stringify` would silently drop or replace by `null` (NaN,
 * functions, holes in arrays) are problems. Fields that are `undefined` are omitted.
 */
export function serialize(event: unknown): string | Problem {
  // The objects that contain the current value, each with its key in the previous one.
  const trail: { readonly value: object; readonly key: string | number }[] = []
  let problem: Problem | undefined
  // Called for every value, parents first, with its object as `this`.
  function check(this: unknown, name: string, value: unknown): unknown {
    while (trail.length > 0 && trail.at(-1)?.value !== this) trail.pop()
    const key = Array.isArray(this) ? Number(name) : name
    const found =
      whyNot(value, Array.isArray(this)) ?? (trail.some((holder) => holder.value === value) ? 'a cycle' : undefined)
    if (found !== undefined) {
      const path = trail.length === 0 ? [] : [...trail.slice(1).map((holder) => holder.key), key]
      problem = { path, expected: 'a value that JSON can carry', found }
      throw problem
    }
    if (typeof value === 'object' && value !== null) trail.push({ value, key })
    return value
  }
  try {
    return JSON.stringify(event, check) ?? { path: [], expected: 'a value that JSON can carry', found: 'undefined' }
  } catch (error) {
    // Other messages may quote the event. They come from a getter, a toJSON, or a stack overflow.
    const found =
      error instanceof RangeError ? 'an object that is too deep or too large' : 'an object that throws when it is read'
    return problem ?? { path: [], expected: 'a value that JSON can carry', found }
  }
}

function whyNot(value: unknown, inArray: boolean): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : String(value)
    case 'bigint':
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    case 'undefined':
      return inArray ? 'undefined' : undefined
    default:
      return undefined
  }
}
