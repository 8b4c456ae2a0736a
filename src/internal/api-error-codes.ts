/** Codes of API errors after which another connection ends the same way (PROTOCOL.md, "Errors"). */
const fatalCodes = new Set<unknown>([
  'insufficient_quota',
  'invalid_api_key',
  'account_deactivated',
  'billing_hard_limit_reached',
  'beta_api_shape_disabled',
])

/** Returns whether an API error with this code (or type) will be repeated on every further connection. */
export function isFatalApiCode(code: unknown): boolean {
  return fatalCodes.has(code)
}
