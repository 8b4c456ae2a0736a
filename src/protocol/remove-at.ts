type Fields = Record<string, unknown>

/** Removes the value at a path from the object or array that contains it. */
export function removeAt(root: unknown, path: readonly (string | number)[]): void {
  const holder = path.slice(0, -1).reduce((value, key) => (value as Fields)[key], root) as Fields
  const last = path.at(-1) as string | number
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else delete holder[last]
}
