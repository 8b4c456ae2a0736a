/** Returns a frozen deep copy. Returns `undefined` for values that cannot be copied exactly, such as class instances. */
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
  // Typed arrays cannot be frozen. They are copies.
  if (ArrayBuffer.isView(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
