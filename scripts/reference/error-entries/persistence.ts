import type { PersistenceErrorCode } from '../../../src/server/persistence/error.js'
import type { ErrorClassEntry } from './entry.js'

const guide = 'See [surviving restarts](../../surviving-restarts.md).'

export const persistenceErrors: ErrorClassEntry<PersistenceErrorCode> = {
  module: 'realtime-primitives/server',
  codes: {
    INVALID_OPTION: {
      when: '`persist()`, `resume()`, or `drain()` received a key or a number that is not allowed.',
      fix: 'Correct the option that the message names.',
    },
    INVALID_RECORD: {
      when: '`resume()` found a value that is not the record of a call. The call starts anew, and the error is in the result.',
      fix: `Check which other program writes to the keys of the store. ${guide}`,
    },
    UNSUPPORTED_VERSION: {
      when: '`resume()` found a record whose format has another version. The call starts anew, and the error is in the result.',
      fix: `Drain the old processes before the new ones start, or let calls end first. ${guide}`,
    },
    LEASE_TAKEN: {
      when: '`resume()` waited for `waitMs`, and another process still holds the call.',
      fix: "Usually nothing: that process continues the call. If it cannot reach the caller any more, pass `takeOver: 'always'`.",
    },
    LEASE_LOST: {
      when: 'Another process has continued the call, for example because this one was paused or could not reach the store. The session is closed, and no tool starts any more. The event `lost` has the error.',
      fix: `Nothing. If it happens in calls that should stay, raise \`leaseMs\`. ${guide}`,
    },
    STORE_FAILED: {
      when: 'An operation of the store failed or took longer than `storeTimeoutMs`. The call continues, and the operation is repeated with a growing delay. The event `failed` has the error, and `recovered` follows.',
      fix: 'Read `error.cause`, and check the store.',
    },
    STORE_TIMEOUT: {
      when: 'The store did not reply within `storeTimeoutMs`. It is the cause of a `STORE_FAILED`.',
      fix: 'Check the store, or raise `storeTimeoutMs`.',
    },
    NOT_WRITTEN: {
      when: '`flush()`, `handOver()`, or the start of a tool call waited for a write that did not take place, because the store does not reply or the session was closed.',
      fix: 'Check the store.',
    },
  },
}
