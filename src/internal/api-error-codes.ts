/** Codes of API errors that every further connection and request gets too (PROTOCOL.md, "Errors"). */
const fatalCodes = new Set<unknown>([
  'insufficient_quota',
  'invalid_api_key',
  'account_deactivated',
  'billing_hard_limit_reached',
  'beta_api_shape_disabled',
])

/** Returns whether a retry cannot succeed after an API error with this code or type. */
export function isFatalApiCode(code: unknown): boolean {
  return fatalCodes.has(code)
}
