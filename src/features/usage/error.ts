import { isErrorOf, type MessageTable, RealtimeError } from '../../errors.js'

/** What each usage error knows. */
export interface UsageErrorData {
  /** A price, or an option of the budget, has a value that cannot work. */
  INVALID_OPTION: { option: string; problem: string }
}

export type UsageErrorCode = keyof UsageErrorData

const messages: MessageTable<UsageErrorData> = {
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
}

/** A failure of counting usage: how it was set up. */
export class UsageError<Code extends UsageErrorCode = UsageErrorCode> extends RealtimeError<
  Code,
  UsageErrorData[Code]
> {
  constructor(code: Code, data: UsageErrorData[Code], options?: ErrorOptions) {
    super('UsageError', code, messages[code](data), data, options)
  }
}

/** Whether a value is a {@link UsageError}, of the given code if one is given; it narrows `data`. */
export function isUsageError<Code extends UsageErrorCode = UsageErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: UsageError<C> }[Code] {
  return isErrorOf(value, 'UsageError', code)
}
