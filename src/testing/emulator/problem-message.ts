import { leftOut, missing, type Problem } from '../../protocol/rule.js'
import { listed, type Refusal, refusals } from './refusals.js'

/** Returns a validation problem as the error that the service reports. */
export function refusalOf({ path, expected, found }: Problem, sent: unknown): Refusal {
  const param = pathText(path)
  if (expected === leftOut) return refusals.unknownField(param)
  if (found === missing) return refusals.missing(param)
  const value = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], sent)
  const choices = expected.split(' or ')
  const literals = choices.flatMap(literalOf)
  if (literals.some((literal) => typeof literal === typeof value)) return refusals.invalidValue(param, value, literals)
  return (
    outOfBounds(param, value, expected) ??
    refusals.invalidType(param, choices.map(described).join(' or '), kindOf(value))
  )
}

/** Returns the error for a value of the right type that is out of bounds, such as `an integer from 5000 to 30000`. */
function outOfBounds(param: string, value: unknown, expected: string): Refusal | undefined {
  const minimum = numberAfter('from', expected)
  const maximum = numberAfter('to', expected) ?? numberAfter('at most', expected)
  if (typeof value === 'number') {
    const kind = expected.includes('integer') ? 'integer' : 'decimal'
    if (maximum !== undefined && value > maximum) {
      const problem = `${kind} above maximum value. Expected a value <= ${maximum}, but got ${value} instead.`
      return refusals.outOfBounds(param, `${kind}_above_max_value`, problem)
    }
    if (minimum !== undefined && value < minimum) {
      const problem = `${kind} below minimum value. Expected a value >= ${minimum}, but got ${value} instead.`
      return refusals.outOfBounds(param, `${kind}_below_min_value`, problem)
    }
  }
  if (typeof value === 'string' && maximum !== undefined) {
    const problem = `string too long. Expected a string with maximum length ${maximum}, but got a string with length ${value.length} instead.`
    return refusals.outOfBounds(param, 'string_above_max_length', problem)
  }
  if (Array.isArray(value) && expected.startsWith('an array of')) {
    return refusals.outOfBounds(
      param,
      'invalid_value',
      `expected ${expected}, but got ${value.length} entries instead.`,
    )
  }
  return undefined
}

function numberAfter(word: string, text: string): number | undefined {
  const digits = new RegExp(`\\b${word} (-?[\\d.]+)`).exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Returns the literal value of a choice such as `"auto"` or `24000`, as an array of zero or one value. */
function literalOf(choice: string): unknown[] {
  return /^(".*"|-?\d[\d.]*|true|false|null)$/.test(choice) ? [JSON.parse(choice)] : []
}

function described(choice: string): string {
  const [literal] = literalOf(choice)
  return literal === undefined ? choice.replace(/^an integer .*/, 'an integer') : listed([literal])
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return `a ${typeof value}`
}

function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )
}
