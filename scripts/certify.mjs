// What takes too long for `npm test`: property tests with more random runs, and the tests of `test/support/certify.ts`, which `CERTIFY=1` selects.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const paths = process.argv.slice(2)
const source = ['--project', 'source', '--typecheck.enabled=false', '--testTimeout=1800000']
const runs =
  paths.length > 0
    ? [[...source, ...paths]]
    : [
        [...source, 'test/unit', 'test/conformance', 'test/examples/voice-agent-cluster.test.ts'],
        ['--project', 'packed', '--project', 'audible', 'test/package', 'test/apps', 'test/browser'],
      ]
const env = { ...process.env, CERTIFY: '1' }
for (const options of runs) {
  const { status, error } = spawnSync(process.execPath, [vitest, 'run', ...options], { stdio: 'inherit', env })
  if (error) throw error
  if (status !== 0) process.exitCode = status ?? 1
}
