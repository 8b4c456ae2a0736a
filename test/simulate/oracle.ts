/** Reports that a law does not hold. */
export type Report = (law: string, detail: string) => void

/** A law that did not hold, with what was seen. */
export interface Violation {
  readonly law: string
  readonly detail: string
}

/** A law that is broken so often in one session is broken in a loop that may never end. */
const mostReports = 100_000

/**
 * Collects violations.
 * @param onEndless Called with a violation that is reported without end.
 */
export function createOracle(onEndless: (violation: Violation) => void): {
  readonly report: Report
  readonly violations: readonly Violation[]
} {
  const violations: Violation[] = []
  let reports = 0
  return {
    violations,
    report(law, detail) {
      reports += 1
      if (reports === mostReports) onEndless({ law, detail })
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
