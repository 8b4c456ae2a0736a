import { type FailedCall, ToolError } from './error.js'
import type { StandardIssue } from './schema.js'
import type { Tool } from './tool.js'

/** Arguments that do not fit, with what the model is told about it. */
export interface Misfit {
  readonly error: ToolError
  readonly details: string
}

/** The arguments of a call as its tool takes them. */
export async function readArguments(
  tool: Tool,
  call: FailedCall,
  text: string,
): Promise<{ readonly value: unknown } | Misfit> {
  const parsed = parseObject(text)
  if (!parsed) return misfit(call, undefined, 'they are no JSON object')
  const result = await tool.validate(parsed)
  if (!result.issues) return { value: result.value }
  const details = result.issues.slice(0, 8).map(describe).join('; ')
  return misfit(call, knownField(tool, result.issues[0]), details)
}

/** A JSON object; no text at all is an empty one. */
export function parseObject(text: string): Record<string, unknown> | undefined {
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

function misfit(call: FailedCall, field: string | undefined, details: string): Misfit {
  return { error: new ToolError('INVALID_ARGUMENTS', { ...call, field }), details }
}

function pathOf({ path = [] }: StandardIssue): string[] {
  return path.map((part) => String(typeof part === 'object' ? part.key : part))
}

function describe(issue: StandardIssue): string {
  const path = pathOf(issue).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}

/** The parameter that an issue is about. Other names may come from the arguments themselves, which an error must not hold. */
function knownField({ definition }: Tool, issue: StandardIssue | undefined): string | undefined {
  const field = issue && pathOf(issue)[0]
  const { properties } = definition.parameters ?? {}
  return field !== undefined && Object.hasOwn(Object(properties), field) ? field : undefined
}
