import { TransportError } from '../error.js'

/** The longest time that a timer of any runtime can wait, in milliseconds: about 25 days. */
export const maxTimerMs = 2 ** 31 - 1

/**
 * The value of an option that counts something, between `min` and 2147483647.
 * @throws {TransportError} `INVALID_OPTION` for anything else.
 */
export function wholeNumber(option: string, value: number, min: number): number {
  if (Number.isInteger(value) && value >= min && value <= maxTimerMs) return value
  const problem = `must be a whole number between ${min} and ${maxTimerMs}`
  throw new TransportError('INVALID_OPTION', { option, problem })
}
