import { ToolError } from './error.js'

/** The numeric options of `runTools` and `runMcp`. */
export interface ToolLimits {
  /** Maximum length of a result in bytes of UTF-8. @defaultValue 65_536 */
  maxResultBytes?: number
  /** How many times in a row the model can call tools without a user turn. After that, it must respond without tools. @defaultValue 16 */
  maxRounds?: number
}

/** Returns the limits with defaults applied. @throws {ToolError} `INVALID_OPTION`. */
export function resolveLimits({ maxResultBytes = 65_536, maxRounds = 16 }: ToolLimits): Required<ToolLimits> {
  assertWhole('maxResultBytes', maxResultBytes, 1)
  assertWhole('maxRounds', maxRounds, 0)
  return { maxResultBytes, maxRounds }
}

function assertWhole(option: string, value: number, least: number): void {
  if (value >= least && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return
  throw new ToolError('INVALID_OPTION', { option, problem: `must be a whole number of at least ${least}, or Infinity` })
}

/** Validates a timeout in milliseconds. @throws {ToolError} `INVALID_OPTION`. */
export function assertTimeout(option: string, ms: number): void {
  if (typeof ms === 'number' && ms > 0) return
  throw new ToolError('INVALID_OPTION', { option, problem: 'must be a number of milliseconds above 0, or Infinity' })
}
