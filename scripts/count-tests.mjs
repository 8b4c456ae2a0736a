// Prints the last line of a test run from vitest's JSON report: `N passed, N failed`, and `, N skipped` with the reasons if there are any.
import { readFileSync } from 'node:fs'

let passed = 0
let failed = 1
let skipped = []
try {
  const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  passed = report.numPassedTests
  // A file that does not load, or a run that stops early, counts as a failure although no test has failed.
  failed = report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1)
  skipped = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status === 'skipped' || status === 'pending')
} catch {
  console.error('The test run wrote no report.')
}
for (const { fullName, meta } of skipped) {
  const reason = meta?.skipReason
  console.log(`skipped: ${fullName}${reason ? ` (${reason})` : ''}`)
}
console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
