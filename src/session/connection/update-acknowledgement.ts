/**
 * Returns whether a configuration of the server has every value of a `session.update`. `session.updated` does not name the request that it
 * acknowledges, so its contents are the only relation to it.
 */
export function hasChange(actual: unknown, change: unknown): boolean {
  if (change === undefined || change === actual) return true
  if (change === null) return actual === undefined
  if (!isObject(change) || !isObject(actual)) return false
  if (Array.isArray(change) && !(Array.isArray(actual) && actual.length === change.length)) return false
  return Object.entries(change).every(([key, value]) => hasChange(actual[key], value))
}

/** Returns whether two `session.update`s set one value of the configuration differently. */
export function areInConflict(first: unknown, second: unknown): boolean {
  if (first === undefined || second === undefined) return false
  if (!isObject(first) || !isObject(second) || Array.isArray(first) || Array.isArray(second))
    return !hasChange(first, second) || !hasChange(second, first)
  return Object.entries(first).some(([key, value]) => areInConflict(value, second[key]))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
