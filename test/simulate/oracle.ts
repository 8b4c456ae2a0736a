/** Reports that a law does not hold. */
export type Report = (law: string, detail: string) => void

/** A law that did not hold, with what was seen. */
export interface Violation {
  readonly law: string
  readonly detail: string
}

/** Collects violations. */
export function createOracle(): { readonly report: Report; readonly violations: readonly Violation[] } {
  const violations: Violation[] = []
  return {
    violations,
    report(law, detail) {
      // One cause often breaks a law many times.
      if (violations.filter((known) => known.law === law).length < 5) violations.push({ law, detail })
    },
  }
}

/** Returns the first difference of two lists, or `undefined`. */
export function firstDifference<T>(actual: readonly T[], expected: readonly T[]): string | undefined {
  const length = Math.max(actual.length, expected.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [JSON.stringify(actual[index]), JSON.stringify(expected[index])]
    if (a !== b) return `at ${index}: ${a ?? 'nothing'} instead of ${b ?? 'nothing'}`
  }
  return undefined
}
