// Runs the property tests with more random runs than `npm test` does: `CERTIFY=1` selects the larger counts of `test/support/runs.ts`.
import { spawnSync } from 'node:child_process'

const files = ['test/unit', 'test/conformance', 'test/examples']
const args = ['vitest', 'run', '--project', 'source', '--typecheck.enabled=false', '--testTimeout=1800000']
const { status, error } = spawnSync('npx', [...args, ...(process.argv.length > 2 ? process.argv.slice(2) : files)], {
  stdio: 'inherit',
  env: { ...process.env, CERTIFY: '1' },
})
if (error) throw error
process.exitCode = status ?? 1
