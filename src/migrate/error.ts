import { isErrorOf, type MessageTable, RealtimeError } from '../errors.js'

/** Which dialect of the protocol something is in. */
export type Dialect = 'ga' | 'beta'

/** What each migration error knows; none of it is taken from the values of an event. */
export interface MigrationErrorData {
  /** An event says something that the other dialect cannot say. */
  NO_EQUIVALENT: {
    /** The event's type. */
    type: string
    /** The dialect that cannot say it. */
    dialect: Dialect
    /** Why, and what to do. */
    reason: string
  }
  /** A value is no event: it has no `type`. */
  NOT_AN_EVENT: {
    /** What kind of thing it is, such as `an array`. */
    found: string
  }
  /** A line of a log is no JSON, or holds no event. */
  BROKEN_LINE: {
    /** Counted from 1. */
    line: number
    /** Characters of the line. */
    length: number
    /** What is wrong with it. */
    problem: string
  }
}

/** The codes of {@link MigrationError}. */
export type MigrationErrorCode = keyof MigrationErrorData

const dialects = { ga: 'GA', beta: 'the beta' }

const messages: MessageTable<MigrationErrorData> = {
  NO_EQUIVALENT: ({ type, dialect, reason }) => `"${type}" cannot be said in ${dialects[dialect]}: ${reason}`,
  NOT_AN_EVENT: ({ found }) => `An event is an object with a type, but this is ${found}; pass parsed events.`,
  BROKEN_LINE: ({ line, length, problem }) =>
    `Line ${line} (${length} characters) ${problem}; look at its text beside this error.`,
}

/** Something has no place in the other dialect, or is not what it is taken for. */
export class MigrationError<Code extends MigrationErrorCode = MigrationErrorCode> extends RealtimeError<
  Code,
  MigrationErrorData[Code]
> {
  constructor(code: Code, data: MigrationErrorData[Code]) {
    super('MigrationError', code, messages[code](data), data)
  }
}

/** Whether a value is a {@link MigrationError}, of the given code if one is given; it narrows `data`. */
export function isMigrationError<Code extends MigrationErrorCode = MigrationErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: MigrationError<C> }[Code] {
  return isErrorOf(value, 'MigrationError', code)
}
