import type { UsageErrorCode } from '../../../src/features/usage/error.js'
import type { ErrorClassEntry } from './entry.js'

export const usageErrors: ErrorClassEntry<UsageErrorCode> = {
  module: 'realtime-primitives',
  codes: {
    INVALID_OPTION: {
      when: '`runUsage()` received a price that is negative, has more than six decimals, or is for an unknown kind of token, or a budget that cannot work.',
      fix: 'Correct the option that the message names. Prices are per million tokens. See [usage](../../usage.md).',
    },
  },
}
