/** A parsed JSON object. */
export type Json = Record<string, unknown>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the object at a key of another object. If there is none, adds an empty one. */
export function childOf(parent: Json, key: string): Json {
  const child = parent[key]
  if (isObject(child)) return child
  const created: Json = {}
  parent[key] = created
  return created
}

/** Moves a value from one object to another, unless the other has one. */
export function moveField(from: Json, key: string, to: Json, newKey: string): void {
  const value = from[key]
  if (value === undefined) return
  delete from[key]
  to[newKey] ??= value
}
