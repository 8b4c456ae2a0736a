/** A place in a JSON value: the object or array that holds something, and its key there. */
export interface Place {
  readonly holder: Record<string, unknown>
  readonly key: string
}

/** Every place in a JSON value, outermost first. */
export function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...places(holder[key])])
}

/** Every object in a JSON value that is no array, outermost first, with the path to it. */
export function objects(
  value: unknown,
  path = '',
): { readonly path: string; readonly object: Record<string, unknown> }[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([key, field]) =>
    objects(field, Array.isArray(value) ? `${path}[${key}]` : `${path}${path === '' ? '' : '.'}${key}`),
  )
  return Array.isArray(value) ? inner : [{ path, object: value as Record<string, unknown> }, ...inner]
}
