/** A copy that nobody can change; `undefined` when a copy would not be the same, as of an instance of a class. */
export function frozenCopy(value: unknown): { readonly value: unknown } | undefined {
  try {
    return isCopiable(value) ? { value: freeze(structuredClone(value)) } : undefined
  } catch {
    return undefined
  }
}

const copiable: readonly unknown[] = [Object.prototype, null, Array.prototype, Date.prototype]

function isCopiable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true
  if (value instanceof Map || value instanceof Set) return [...value].every(isCopiable)
  return copiable.includes(Object.getPrototypeOf(value)) && Object.values(value).every(isCopiable)
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  // Bytes cannot be frozen; they are copies.
  if (ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
