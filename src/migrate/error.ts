import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Dialect of the protocol. */
export type Dialect = 'ga' | 'beta'

/** Data of each migration error. It contains no values of an event. */
export interface MigrationErrorData {
  /** An event has no equivalent in the other dialect. */
  NO_EQUIVALENT: {
    /** Type of the event. */
    type: string
    /** Dialect without an equivalent. */
    dialect: Dialect
    /** Reason, and what to do. */
    reason: string
  }
  /** A value is not an event: it has no `type`. */
  NOT_AN_EVENT: {
    /** Kind of the value, such as `an array`. */
    found: string
  }
  /** A line of a log is not JSON, or contains no event. */
  BROKEN_LINE: {
    /** Line number, from 1. */
    line: number
    /** Number of characters of the line. */
    length: number
    /** The problem, worded to follow the line number. */
    problem: string
  }
}

/** Codes of {@link MigrationError}. */
export type MigrationErrorCode = keyof MigrationErrorData

const dialects = { ga: 'GA', beta: 'the beta' }

const messages: MessageTable<MigrationErrorData> = {
  NO_EQUIVALENT: ({ type, dialect, reason }) => `"${type}" has no equivalent in ${dialects[dialect]}: ${reason}`,
  NOT_AN_EVENT: ({ found }) => `An event is an object with a type, but this is ${found}; pass parsed events.`,
  BROKEN_LINE: ({ line, length, problem }) =>
    `Line ${line} (${length} characters) ${problem}; see the field "text" of the result.`,
}

/** An event that cannot be translated, or a value or line that is not an event. */
export class MigrationError<Code extends MigrationErrorCode = MigrationErrorCode> extends RealtimeError<
  Code,
  MigrationErrorData[Code]
> {
  constructor(code: Code, data: MigrationErrorData[Code]) {
    super('MigrationError', code, messages[code](data), data)
  }
}

/** Returns whether a value is a {@link MigrationError}, optionally with a given code. Narrows the type of `data`. */
export function isMigrationError<Code extends MigrationErrorCode = MigrationErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: MigrationError<C> }[Code] {
  return isErrorOf(value, 'MigrationError', code)
}
