/** Differences without a reason, and reasons without a difference; `*` in a reason's key stands for anything. */
export function unexplained(facts: ReadonlySet<string>, reasons: Readonly<Record<string, string>>) {
  const patterns = Object.keys(reasons).map((key) => {
    const escaped = key.split('*').map((part) => part.replace(/[.[\]"()?+^$|\\]/g, '\\$&'))
    return { key, matches: new RegExp(`^${escaped.join('.*')}$`) }
  })
  return {
    withoutReason: [...facts].filter((fact) => !patterns.some(({ matches }) => matches.test(fact))),
    withoutDifference: patterns
      .filter(({ matches }) => ![...facts].some((fact) => matches.test(fact)))
      .map(({ key }) => key),
  }
}
