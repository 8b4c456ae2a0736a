import { defineErrors, isErrorOf, type MessageTable } from '../errors.js'

/** Version of the protocol: generally available (GA) or beta. */
export type Dialect = 'ga' | 'beta'

/** Data of a {@link MigrationError} by code. It contains no values of an event. */
export interface MigrationErrorData {
  /** An event has no equivalent in the other dialect. */
  NO_EQUIVALENT: {
    /** Type of the event. */
    type: string
    /** The dialect that has no equivalent. */
    dialect: Dialect
    /** The reason and what to do, as a sentence. */
    reason: string
  }
  /** A value is not an event, because it has no `type`. */
  NOT_AN_EVENT: {
    /** Kind of the value, such as `an array`. */
    found: string
  }
  /** A line of a log is not JSON, or contains no event. */
  BROKEN_LINE: {
    /** Line number, starting at 1. */
    line: number
    /** Length of the line, in characters. */
    length: number
    /** What is wrong, such as `is not JSON`. */
    problem: string
  }
}

/** Codes of {@link MigrationError}. */
export type MigrationErrorCode = keyof MigrationErrorData

const dialects = { ga: 'GA', beta: 'the beta' }

const messages: MessageTable<MigrationErrorData> = {
  NO_EQUIVALENT: ({ type, dialect, reason }) =>
    `The event "${type}" has no equivalent in ${dialects[dialect]}: ${reason}`,
  NOT_AN_EVENT: ({ found }) =>
    `Expected an event, which is an object with a "type", but found ${found}. Pass a parsed event.`,
  BROKEN_LINE: ({ line, length, problem }) =>
    `Line ${line} (${length} ${length === 1 ? 'character' : 'characters'}) ${problem}. Read it in the field "text" of the result.`,
}

/** Error of a migration: an event cannot be converted, or a value or line is not an event. */
export class MigrationError<
  Code extends MigrationErrorCode = MigrationErrorCode,
> extends /* @__PURE__ */ defineErrors<MigrationErrorData>('MigrationError', messages)<Code> {}

/**
 * Returns whether a value is a {@link MigrationError}, optionally with a given code. Narrows the type of `data`.
 *
 * @example
 * ```ts
 * const migration = toGA(event)
 * if ('error' in migration && isMigrationError(migration.error, 'NO_EQUIVALENT')) console.warn(migration.error.data.reason)
 * ```
 */
export function isMigrationError<Code extends MigrationErrorCode = MigrationErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: MigrationError<C> }[Code] {
  return isErrorOf(value, 'MigrationError', code)
}
