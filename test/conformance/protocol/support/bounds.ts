import * as z from 'zod/mini'
import type { JsonSchema } from './oracle.js'

/** The bounds of every place in a schema, by path: `12..34`, `integer`, `at most 5 long`, a pattern. */
export function boundsOf(
  schema: JsonSchema,
  path: string,
  follow: (ref: JsonSchema) => JsonSchema,
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  const note = (at: string, fact: string) => {
    const facts = found.get(at) ?? new Set()
    facts.add(fact)
    found.set(at, facts)
  }
  const visit = (part: JsonSchema, at: string): void => {
    if (part.$ref !== undefined) visit(follow(part), at)
    for (const option of [...(part.anyOf ?? []), ...(part.oneOf ?? []), ...(part.allOf ?? [])]) visit(option, at)
    if (part.type === 'integer' && part.enum === undefined) note(at, 'integer')
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = part
    // The range of safe integers is how zod says that an integer has no bound.
    if (minimum > Number.MIN_SAFE_INTEGER) note(at, `at least ${minimum}`)
    if (maximum < Number.MAX_SAFE_INTEGER) note(at, `at most ${maximum}`)
    for (const key of ['minLength', 'maxLength', 'minItems', 'maxItems', 'pattern'] as const)
      if (part[key] !== undefined) note(at, `${key} ${part[key]}`)
    for (const [key, field] of Object.entries(part.properties ?? {})) visit(field, `${at}.${key}`)
    if (part.items) visit(part.items, `${at}[]`)
    if (typeof part.additionalProperties === 'object') visit(part.additionalProperties, `${at}.*`)
  }
  visit(schema, path)
  return found
}

/** The JSON Schema of one of our schemas, bounds included. */
export function toJsonSchema(schema: z.core.$ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as JsonSchema
}
