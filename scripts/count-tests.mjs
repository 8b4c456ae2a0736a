// Prints the closing line of a test run from vitest's JSON report: `N passed, N failed`.
import { readFileSync } from 'node:fs'

let passed = 0
let failed = 1
try {
  const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  passed = report.numPassedTests
  // A file that does not load, or a run that ends early, has no failed test and has failed all the same.
  failed = report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1)
} catch {
  console.error('The test run left no report.')
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
