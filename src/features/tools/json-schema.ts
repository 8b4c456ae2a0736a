import * as z from 'zod/mini'
import type { JsonObject } from '../../protocol/scalars.js'
import { ToolError } from './error.js'
import { isStandardSchema, type ToolParameters } from './schema.js'

/**
 * The JSON Schema of a tool's parameters, as it goes over the wire: what the model must write, before any transformation.
 * @throws {ToolError} `INVALID_TOOL` when there is none, or when it does not describe an object.
 */
export function jsonSchemaOf(tool: string, parameters: ToolParameters | undefined, given?: JsonObject): JsonObject {
  const { $schema: _, ...schema } = given ?? convert(tool, parameters)
  if (schema.type !== 'object')
    throw new ToolError('INVALID_TOOL', { tool, problem: 'its parameters must be an object, at the top level' })
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
    const problem = 'its parameters cannot be written as JSON Schema; simplify them, or give jsonSchema'
    throw new ToolError('INVALID_TOOL', { tool, problem }, { cause })
  }
  const problem = `the schemas of ${parameters['~standard'].vendor} do not say themselves in JSON Schema; give jsonSchema`
  throw new ToolError('INVALID_TOOL', { tool, problem })
}
