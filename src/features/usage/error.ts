import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'

/** Data of a {@link UsageError} by code. */
export interface UsageErrorData {
  /** A price or an option of the budget is invalid. */
  INVALID_OPTION: {
    /** Path of the option, such as `budget.warnAt`. */
    option: string
    /** What is wrong, such as `must be an amount of 0 or more`. */
    problem: string
  }
}

/** Codes of {@link UsageError}. */
export type UsageErrorCode = keyof UsageErrorData

const messages: MessageTable<UsageErrorData> = {
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** Error of `runUsage`: an option is invalid. */
export class UsageError<
  Code extends UsageErrorCode = UsageErrorCode,
> extends /* @__PURE__ */ defineErrors<UsageErrorData>('UsageError', messages)<Code> {}

/**
 * Returns whether a value is a {@link UsageError}, with the given code if there is one. Narrows `data`.
 *
 * @example
 * ```ts
 * try {
 *   runUsage(session, options)
 * } catch (error) {
 *   if (isUsageError(error, 'INVALID_OPTION')) console.error(error.data.option)
 * }
 * ```
 */
export function isUsageError<Code extends UsageErrorCode = UsageErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: UsageError<C> }[Code] {
  return isErrorOf(value, 'UsageError', code)
}
