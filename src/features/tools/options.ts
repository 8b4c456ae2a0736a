import { ToolError } from './error.js'

/** The numbers among the options of what answers calls. */
export interface ToolLimits {
  /** How long a result may be, in bytes of UTF-8. @defaultValue 65_536 */
  maxResultBytes?: number
  /** How often the model may call tools in a row without a turn of the caller; then it must answer. @defaultValue 16 */
  maxRounds?: number
}

/** The limits with what was left out. @throws {ToolError} `INVALID_OPTION`. */
export function limitsOf({ maxResultBytes = 65_536, maxRounds = 16 }: ToolLimits): Required<ToolLimits> {
  assertWhole('maxResultBytes', maxResultBytes, 1)
  assertWhole('maxRounds', maxRounds, 0)
  return { maxResultBytes, maxRounds }
}

function assertWhole(option: string, value: number, least: number): void {
  if (value >= least && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return
  throw new ToolError('INVALID_OPTION', { option, problem: `must be a whole number of at least ${least}, or Infinity` })
}

/** Refuses a deadline that is none. @throws {ToolError} `INVALID_OPTION`. */
export function assertTimeout(option: string, ms: number): void {
  if (typeof ms === 'number' && ms > 0) return
  throw new ToolError('INVALID_OPTION', { option, problem: 'must be a number of milliseconds above 0, or Infinity' })
}
