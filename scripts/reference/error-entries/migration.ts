import type { MigrationErrorCode } from '../../../src/migrate/error.js'
import type { ErrorClassEntry } from './entry.js'

export const migrationErrors: ErrorClassEntry<MigrationErrorCode> = {
  module: 'realtime-primitives/migrate',
  codes: {
    NO_EQUIVALENT: {
      when: 'An event uses a feature that the other version of the protocol does not have, such as an MCP tool in the beta, or has content that cannot be converted.',
      fix: 'Follow the reason in the message. `fromBeta()` and `toBeta()` do not send such an event.',
    },
    NOT_AN_EVENT: {
      when: 'A conversion function received a value that is not an object with a `type`, such as a JSON string.',
      fix: 'Parse the JSON first, and pass one event at a time.',
    },
    BROKEN_LINE: {
      when: 'A line of a log is not JSON, or contains no event. The other lines are converted.',
      fix: 'Read the line in the field `text` of the result. Lines that are not events, such as startup messages of a program, can be ignored.',
    },
  },
}
