import * as z from 'zod/mini'
import type { JsonObject } from '../../protocol/scalars.js'
import { ToolError } from './error.js'
import { isStandardSchema, type ToolParameters } from './schema.js'

/**
 * Returns the JSON Schema of a tool's parameters as sent to the server: the input of the schema, before any transformation.
 * @throws {ToolError} `INVALID_TOOL` if the schema cannot be converted or does not describe an object.
 */
export function jsonSchemaOf(tool: string, parameters: ToolParameters | undefined, given?: JsonObject): JsonObject {
  const { $schema: _, ...schema } = given ?? convert(tool, parameters)
  if (schema.type !== 'object')
    throw new ToolError('INVALID_TOOL', { tool, problem: 'parameters must be an object at the top level' })
  return schema
}

function convert(tool: string, parameters: ToolParameters | undefined): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {}, additionalProperties: false }
  if (!isStandardSchema(parameters)) return parameters
  try {
    if ('_zod' in parameters) return z.toJSONSchema(parameters as unknown as z.core.$ZodType, { io: 'input' })
    const converted = parameters['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    if (converted) return converted
  } catch (cause) {
    const problem = 'parameters cannot be converted to JSON Schema; simplify them, or set jsonSchema'
    throw new ToolError('INVALID_TOOL', { tool, problem }, { cause })
  }
  const problem = `schemas of ${parameters['~standard'].vendor} cannot be converted to JSON Schema; set jsonSchema`
  throw new ToolError('INVALID_TOOL', { tool, problem })
}
