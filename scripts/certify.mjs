// Runs the property tests with more random runs than `npm test` does: `CERTIFY=1` selects the larger counts of `test/support/runs.ts`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const options = ['run', '--project', 'source', '--typecheck.enabled=false', '--testTimeout=1800000']
const paths =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ['test/unit', 'test/conformance', 'test/examples/voice-agent-cluster.test.ts']
const { status, error } = spawnSync(process.execPath, [vitest, ...options, ...paths], {
  stdio: 'inherit',
  env: { ...process.env, CERTIFY: '1' },
})
if (error) throw error
process.exitCode = status ?? 1
