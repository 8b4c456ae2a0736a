import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** The data of each usage error. */
export interface UsageErrorData {
  /** A price or an option of the budget is invalid. */
  INVALID_OPTION: { option: string; problem: string }
}

export type UsageErrorCode = keyof UsageErrorData

const messages: MessageTable<UsageErrorData> = {
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** `runUsage` was called with invalid options. */
export class UsageError<Code extends UsageErrorCode = UsageErrorCode> extends RealtimeError<
  Code,
  UsageErrorData[Code]
> {
  constructor(code: Code, data: UsageErrorData[Code], options?: ErrorOptions) {
    super('UsageError', code, messages[code](data), data, options)
  }
}

/** Returns whether a value is a {@link UsageError}, with the given code if there is one. Narrows `data`. */
export function isUsageError<Code extends UsageErrorCode = UsageErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: UsageError<C> }[Code] {
  return isErrorOf(value, 'UsageError', code)
}
