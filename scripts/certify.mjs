// Runs tests that take too long for `npm test`: property tests with more runs, and the tests that `test/support/certify.ts` adds with `CERTIFY=1`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const { values, positionals: paths } = parseArgs({
  allowPositionals: true,
  // Duration of the cluster test, which kills processes. By default, it kills six.
  options: { minutes: { type: 'string' } },
})
const examples = ['voice-agent-cluster', 'voice-agent-multicore'].map((name) => `test/examples/${name}.test.ts`)
const source = ['--project', 'source', '--typecheck.enabled=false', '--testTimeout=1800000']
const runs =
  paths.length > 0
    ? [[...source, ...paths]]
    : [
        [...source, 'test/unit', 'test/conformance', ...examples],
        ['--project', 'packed', '--project', 'audible', 'test/package', 'test/apps', 'test/browser'],
      ]
const env = { ...process.env, CERTIFY: '1', ...(values.minutes && { CERTIFY_MINUTES: values.minutes }) }
for (const options of runs) {
  const { status, error } = spawnSync(process.execPath, [vitest, 'run', ...options], { stdio: 'inherit', env })
  if (error) throw error
  if (status !== 0) process.exitCode = status ?? 1
}
