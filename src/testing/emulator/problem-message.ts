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
  if (Array.isArray(value) && path.at(-1) === 'output_modalities') return refusals.wrongModalities(param, value)
  const kinds = choices.map(described)
  const kind = kindOf(value)
  return (
    choices.map((choice) => outOfBounds(param, value, choice)).find((refusal) => refusal !== undefined) ??
    (kinds.includes(kind)
      ? refusals.outOfBounds(param, 'invalid_value', `expected ${expected}.`)
      : refusals.invalidType(param, kinds.join(' or '), kind))
  )
}

/** Returns the error for a value of the right type that is out of bounds, such as `an integer from 5000 to 30000`. */
function outOfBounds(param: string, value: unknown, expected: string): Refusal | undefined {
  if (typeof value === 'number') return numberOutOfBounds(param, value, expected)
  if (typeof value === 'string') return textOutOfBounds(param, value, expected)
  if (Array.isArray(value)) {
    if (expected === 'not empty') {
      const problem = 'empty array. Expected an array with minimum length 1, but got an empty array instead.'
      return refusals.outOfBounds(param, 'empty_array', problem)
    }
    if (!expected.startsWith('an array of')) return undefined
    const problem = `expected ${expected}, but got ${value.length} entries instead.`
    return refusals.outOfBounds(param, 'invalid_value', problem)
  }
  return typeof value === 'object' && value !== null ? objectOutOfBounds(param, value, expected) : undefined
}

function numberOutOfBounds(param: string, value: number, expected: string): Refusal | undefined {
  const kind = expected.includes('integer') ? 'integer' : 'decimal'
  if (kind === 'integer' && !Number.isInteger(value)) return undefined
  const minimum = numberAfter('from', expected) ?? numberAfter('at least', expected)
  const maximum = numberAfter('to', expected) ?? (kind === 'integer' ? Number.MAX_SAFE_INTEGER : undefined)
  if (minimum !== undefined && value < minimum) return refusals.belowMinimum(param, kind, minimum, value)
  if (maximum !== undefined && value > maximum) return refusals.aboveMaximum(param, kind, maximum, value)
  return undefined
}

function textOutOfBounds(param: string, value: string, expected: string): Refusal | undefined {
  if (expected === 'base64') return refusals.invalidAudio(param, 'mono PCM16 at 24kHz')
  if (expected === 'not empty') {
    const problem = 'empty string. Expected a string with minimum length 1, but got an empty string instead.'
    return refusals.outOfBounds(param, 'empty_string', problem)
  }
  const pattern = /^a string that matches \/(.*)\/\w*$/.exec(expected)?.[1]
  if (pattern !== undefined) return refusals.wrongPattern(param, pattern)
  const maximum = numberAfter('at most', expected)
  return maximum === undefined ? undefined : refusals.tooLong(param, maximum, value.length)
}

/** Returns the error for an object with too many or too long names, such as `metadata`. */
function objectOutOfBounds(param: string, value: object, expected: string): Refusal | undefined {
  const [most, longest] = [...expected.matchAll(/at most (\d+)/g)].map(([, digits]) => Number(digits))
  if (most === undefined || longest === undefined) return undefined
  const names = Object.keys(value)
  if (names.length > most) {
    const problem = `too many properties. Expected an object with at most ${most} properties, but got an object with ${names.length} properties instead.`
    return refusals.outOfBounds(param, 'object_above_max_properties', problem)
  }
  const length = Math.max(...names.map((name) => name.length))
  const problem = `property name too long. Expected names with maximum length ${longest}, but got a name with length ${length} instead.`
  return refusals.outOfBounds(param, 'string_above_max_length', problem)
}

function numberAfter(word: string, text: string): number | undefined {
  const digits = new RegExp(`\\b${word} (-?[\\d.]+)`).exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Returns the literal value of a choice such as `"auto"` or `24000`, as an array of zero or one value. */
function literalOf(choice: string): unknown[] {
  return /^(".*"|-?\d[\d.]*|true|false|null)$/.test(choice) ? [JSON.parse(choice)] : []
}

/** Returns the kind of value that a choice describes, without its bounds. */
function described(choice: string): string {
  const [literal] = literalOf(choice)
  return literal === undefined
    ? choice.replace(/^(an integer|a number|a string|an array|an object) .*/, '$1')
    : listed([literal])
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
