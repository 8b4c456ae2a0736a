/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** Path into an object. */
export type Path = readonly (string | number)[]

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function has(object: unknown, key: string): object is Json {
  return isJson(object) && Object.hasOwn(object, key)
}

/** Returns the value at a path, or `undefined`. */
export function getIn(root: unknown, path: Path): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

/** Returns a copy with another value at a path. Values on the path that are not objects are replaced by objects. */
export function setIn<Root>(root: Root, path: Path, value: unknown): Root {
  return edit(root, path, () => ({ value })) as Root
}

/** Returns a copy without the value at a path. Removing an array element shortens the array. */
export function removeIn<Root>(root: Root, path: Path): Root {
  return edit(root, path, () => undefined) as Root
}

function edit(node: unknown, [key, ...rest]: Path, replace: () => { value: unknown } | undefined): unknown {
  if (key === undefined) return replace()?.value
  const inner = getIn(node, [key])
  const next = rest.length === 0 ? replace() : { value: edit(inner, rest, replace) }
  if (Array.isArray(node)) {
    return next ? node.with(Number(key), next.value) : node.toSpliced(Number(key), 1)
  }
  const object = (isJson(node) ? node : {}) as Record<string | number, unknown>
  if (next) return { ...object, [key]: next.value }
  const { [key]: _, ...others } = object
  return others
}

/** Returns a copy with a mapped field. A missing field stays missing. */
export function mapField(object: Json, field: string, map: (value: unknown) => unknown): Json {
  return has(object, field) ? setIn(object, [field], map(object[field])) : object
}

/** Formats a path, as in `item.content[0].text`. */
export function formatPath(path: Path): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${key}`)).join('')
}

/** Returns the kind of a value, such as `an array`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
