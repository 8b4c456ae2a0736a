import { isToolError, type StandardSchema, tool } from 'realtime-primitives'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'

const execute = () => 'ok'

/** A schema of a library that is not zod. */
const foreign: StandardSchema<{ city: string }, { city: string }> = {
  '~standard': {
    version: 1,
    vendor: 'foreign',
    validate: (value) => ({ value: value as { city: string } }),
  },
}

describe('the parameters of a tool', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string', description: 'A town' }, days: { default: 1, type: 'number' } },
    required: ['city'],
  }

  it('are written as JSON Schema from zod', () => {
    const parameters = z.object({ city: z.string().describe('A town'), days: z.number().default(1) })
    expect(tool({ name: 'weather', description: 'The weather', parameters, execute }).definition).toEqual({
      type: 'function',
      name: 'weather',
      description: 'The weather',
      parameters: schema,
    })
  })

  it('are written as JSON Schema from zod/mini', () => {
    const parameters = mini.object({ city: mini.string(), days: mini.optional(mini.number()) })
    expect(tool({ name: 'weather', parameters, execute }).definition.parameters).toEqual({
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'number' } },
      required: ['city'],
    })
  })

  it('are the input type of a transformation', () => {
    const parameters = z.object({ when: z.string().transform((text) => new Date(text)) })
    expect(tool({ name: 'remind', parameters, execute }).definition.parameters).toMatchObject({
      properties: { when: { type: 'string' } },
    })
  })

  it('can be plain JSON Schema or omitted', () => {
    expect(tool({ name: 'weather', parameters: schema, execute }).definition.parameters).toEqual(schema)
    expect(tool({ name: 'now', execute }).definition).toEqual({
      type: 'function',
      name: 'now',
      parameters: { type: 'object', properties: {}, additionalProperties: false },
    })
  })

  it('can be any Standard Schema with JSON Schema', () => {
    const speaking = { '~standard': { ...foreign['~standard'], jsonSchema: { input: () => schema } } }
    expect(tool({ name: 'a', parameters: foreign, jsonSchema: schema, execute }).definition.parameters).toEqual(schema)
    expect(tool({ name: 'b', parameters: speaking, execute }).definition.parameters).toEqual(schema)
  })
})

describe('an invalid tool', () => {
  const problems: [string, () => unknown, string][] = [
    [
      'a name with a space',
      () => tool({ name: 'get weather', execute }),
      'name must be 1 to 64 letters, digits, underscores, or hyphens',
    ],
    [
      'a name that is too long',
      () => tool({ name: 'x'.repeat(65), execute }),
      'name must be 1 to 64 letters, digits, underscores, or hyphens',
    ],
    ['no function', () => tool({ name: 'x', execute: 5 as never }), 'execute must be a function'],
    [
      'needsApproval that is neither',
      () => tool({ name: 'x', execute, needsApproval: 'yes' as never }),
      'needsApproval must be true, false, or a function',
    ],
    ['no time', () => tool({ name: 'x', execute, timeoutMs: 0 }), 'timeoutMs must be more than 0'],
    [
      'time that is no number',
      () => tool({ name: 'x', execute, timeoutMs: Number.NaN }),
      'timeoutMs must be more than 0',
    ],
    [
      'an unknown scheduling',
      () => tool({ name: 'x', execute, scheduling: 'later' as never }),
      'scheduling must be blocking, background, or silent',
    ],
    [
      'an unknown cause to stop',
      () => tool({ name: 'x', execute, abortOn: ['interrupt'] as never }),
      'abortOn must be a list of interruption and drop',
    ],
    [
      'words at no time',
      () => tool({ name: 'x', execute, progress: { afterMs: 0, text: 'One moment.' } }),
      'progress.afterMs must be more than 0 and finite',
    ],
    [
      'no words',
      () => tool({ name: 'x', execute, progress: { afterMs: 100 } as never }),
      'progress.text must be a string',
    ],
    [
      'parameters that are no object',
      () => tool({ name: 'x', execute, parameters: z.string() }),
      'parameters must be an object at the top level',
    ],
    [
      'a union at the top',
      () => tool({ name: 'x', execute, parameters: z.union([z.object({}), z.object({})]) }),
      'parameters must be an object at the top level',
    ],
    [
      'a date',
      () => tool({ name: 'x', execute, parameters: z.object({ at: z.date() }) }),
      'parameters cannot be converted to JSON Schema; simplify them, or set jsonSchema',
    ],
    [
      'a silent schema',
      () => tool({ name: 'x', execute, parameters: foreign } as never),
      'schemas of foreign cannot be converted to JSON Schema; set jsonSchema',
    ],
  ]

  it.each(problems)('is rejected: %s', (_what, make, problem) => {
    const error = thrownBy(make)
    expect(isToolError(error, 'INVALID_TOOL')).toBe(true)
    expect((error as Error).message).toMatch(/^The tool "[^"]+" is invalid: /)
    expect((error as Error).message).toContain(`: ${problem}.`)
  })
})

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
