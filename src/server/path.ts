// Below these the names are the caller's own words, which no message may repeat.
const privateNames: readonly unknown[] = ['metadata', 'variables', 'headers']

/** Writes where a problem is, as in `session.tools[0].name`; a name that does not look like a field's is written `*`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      const isField = /^[a-z]\w{0,39}$/i.test(key) && !privateNames.includes(path[index - 1])
      return `${index === 0 ? '' : '.'}${isField ? key : '*'}`
    })
    .join('')
}
