import { TransportError } from './error.js'

/** Longest delay of a timer that all runtimes support, in milliseconds: about 25 days. */
export const maxTimerMs = 2 ** 31 - 1

/**
 * Returns the value of an option that must be an integer from `min` to 2147483647.
 * @throws {TransportError} `INVALID_OPTION` for any other value.
 */
export function integerOption(option: string, value: number, min: number): number {
  if (Number.isInteger(value) && value >= min && value <= maxTimerMs) return value
  const problem = `must be a whole number between ${min} and ${maxTimerMs}`
  throw new TransportError('INVALID_OPTION', { option, problem })
}
