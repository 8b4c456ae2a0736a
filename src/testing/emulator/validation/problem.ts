/** Why a value is invalid: where it is, what was found, and what is allowed. */
export interface OptionProblem {
  /** Path of the value, such as `scripts.default[1].step`. */
  option: string
  /** What was found, such as `"sing"` or `a list`. Text is quoted only where a fixed set of values is allowed. */
  found: string
  /** What is allowed. */
  allowed: string
  /** The allowed key or value that is most similar to the one that was found. */
  suggestion?: string
}

/** Returns a problem as one sentence, without a period. */
export function describeProblem({ option, found, allowed, suggestion }: OptionProblem): string {
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
  return `${option} is ${found}; allowed: ${allowed}${hint}`
}

/** Returns a path as text: `scripts.default[1].step`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!/^[\w-]+$/.test(name)) return `${text}[${JSON.stringify(name.slice(0, 60))}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}

/** Describes a value without its text, which may be a transcript or a key. */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Returns the candidate that is most similar to a word, or `undefined` if none is similar. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((one, other) => one.distance - other.distance)
  return best?.candidate
}

/** Returns the number of inserted, removed, replaced, and swapped characters between two words. */
function editDistance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 20 || from.length > 60) return Number.POSITIVE_INFINITY
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    const above = rows[row - 1] ?? []
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (rows[row - 2]?.[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    rows.push(current)
  }
  return rows.at(-1)?.at(-1) ?? 0
}
