import { defineErrors, isErrorOf, type MessageTable } from '../../errors.js'

/** Data of a {@link PersistenceError} by code. */
export interface PersistenceErrorData {
  /** An option has an invalid value. */
  INVALID_OPTION: {
    /** Name of the option. */
    option: string
    /** What is wrong, such as `must be a positive number of milliseconds`. */
    problem: string
  }
  /** The stored value is not the record of a call. The call starts anew. */
  INVALID_RECORD: {
    /** Key of the record. */
    key: string
    /** What is wrong, such as `has no list of calls`. */
    problem: string
  }
  /** Another version of this package has written the record. The call starts anew. */
  UNSUPPORTED_VERSION: {
    /** Key of the record. */
    key: string
    /** Version of the record format. */
    found: number
    /** The version that this package reads. */
    supported: number
  }
  /** Another process holds the lease of the call. */
  LEASE_TAKEN: {
    /** Key of the record. */
    key: string
    /** Name of the other process. */
    holder: string
    /** Time until the lease expires, in milliseconds. */
    remainingMs: number
  }
  /** Another process has continued the call, so this one has closed its session. */
  LEASE_LOST: {
    /** Key of the record. */
    key: string
    /** Name of the other process, if it is known. */
    holder: string | undefined
  }
  /** An operation of the store failed. It is repeated, and the call continues. The cause has the reason. */
  STORE_FAILED: {
    /** Key of the record. */
    key: string
    /** The operation. */
    operation: 'read' | 'compareAndSet' | 'lease'
    /** Attempts since the store last replied. */
    attempts: number
  }
  /** The store did not reply in time. It is the cause of a `STORE_FAILED`. */
  STORE_TIMEOUT: {
    /** The timeout, in milliseconds. */
    timeoutMs: number
  }
  /** A change could not be recorded. */
  NOT_WRITTEN: {
    /** Key of the record. */
    key: string
    /** Why, such as `the session was closed`. */
    problem: string
  }
}

/** Codes of {@link PersistenceError}. */
export type PersistenceErrorCode = keyof PersistenceErrorData

const messages: MessageTable<PersistenceErrorData> = {
  INVALID_OPTION: ({ option, problem }) => `The option "${option}" ${problem}.`,
  INVALID_RECORD: ({ key, problem }) =>
    `The record "${key}" cannot be read, because it ${problem}. The call starts anew. Check which program writes to the store.`,
  UNSUPPORTED_VERSION: ({ key, found, supported }) =>
    `The record "${key}" has the version ${found}, but this package reads the version ${supported}. The call starts anew. Let calls end before you deploy another version of the format.`,
  LEASE_TAKEN: ({ key, holder, remainingMs }) =>
    `The call "${key}" is held by "${holder}" for another ${remainingMs} ms. Try again later, or pass takeOver: 'always' if that process cannot reach the caller any more.`,
  LEASE_LOST: ({ key, holder }) =>
    `The call "${key}" was continued by ${holder === undefined ? 'another process' : `"${holder}"`}, so this session was closed. No action is needed.`,
  STORE_FAILED: ({ key, operation, attempts }) =>
    `The store failed ${attempts} ${attempts === 1 ? 'time' : 'times'} at ${operation} of "${key}". The call continues and the operation is repeated. Read error.cause, and check the store.`,
  STORE_TIMEOUT: ({ timeoutMs }) =>
    `The store did not reply within ${timeoutMs} ms. Check the store, or raise storeTimeoutMs.`,
  NOT_WRITTEN: ({ key, problem }) =>
    `A change of "${key}" was not recorded, because ${problem}. Check the store if this happens in running calls.`,
}

/** Error of persisting or resuming a call. It never contains transcripts. */
export class PersistenceError<
  Code extends PersistenceErrorCode = PersistenceErrorCode,
> extends /* @__PURE__ */ defineErrors<PersistenceErrorData>('PersistenceError', messages)<Code> {}

/**
 * Returns whether a value is a {@link PersistenceError}, optionally with a code. Narrows `data`.
 *
 * @example
 * ```ts
 * persistence.on('failed', (error) => {
 *   if (isPersistenceError(error, 'STORE_FAILED')) console.warn(error.data.operation, error.data.attempts)
 * })
 * ```
 */
export function isPersistenceError<Code extends PersistenceErrorCode = PersistenceErrorCode>(
  value: unknown,
  code?: Code,
): value is { [C in Code]: PersistenceError<C> }[Code] {
  return isErrorOf(value, 'PersistenceError', code)
}
