import { type FailedCall, ToolError } from './error.js'
import type { StandardIssue } from './schema.js'
import type { Tool } from './tool.js'

/** Invalid arguments, with details for the model. */
export interface ArgumentError {
  readonly error: ToolError
  readonly details: string
}

/** Parses and validates the arguments of a call. */
export async function parseArguments(
  tool: Tool,
  call: FailedCall,
  text: string,
): Promise<{ readonly value: unknown } | ArgumentError> {
  const parsed = parseJsonObject(text)
  if (!parsed) return argumentError(call, undefined, 'they are not a JSON object')
  const result = await tool.validate(parsed)
  if (!result.issues) return { value: result.value }
  const details = result.issues.slice(0, 8).map(describe).join('; ')
  return argumentError(call, knownField(tool, result.issues[0]), details)
}

/** Parses a JSON object. Returns an empty object for an empty string, and `undefined` for anything else that is not an object. */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function argumentError(call: FailedCall, field: string | undefined, details: string): ArgumentError {
  return { error: new ToolError('INVALID_ARGUMENTS', { ...call, field }), details }
}

function pathOf({ path = [] }: StandardIssue): string[] {
  return path.map((part) => String(typeof part === 'object' ? part.key : part))
}

function describe(issue: StandardIssue): string {
  const path = pathOf(issue).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}

/** Returns the parameter of an issue. Unknown names are left out: they come from the arguments, which an error must not contain. */
function knownField({ definition }: Tool, issue: StandardIssue | undefined): string | undefined {
  const field = issue && pathOf(issue)[0]
  const { properties } = definition.parameters ?? {}
  return field !== undefined && Object.hasOwn(Object(properties), field) ? field : undefined
}
