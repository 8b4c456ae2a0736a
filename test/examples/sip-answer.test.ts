import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

function run(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  return new Promise((resolve) => {
    const child = execFile(
      join(root, 'node_modules/.bin/tsx'),
      [join(root, 'examples/sip-answer/main.ts'), '--fast'],
      { cwd: root, env, timeout: 160_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

it('sip-answer: completes a call with unchanged audio, a tool, an interruption, and a key', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/line {4}\+14155550123 calls/)
  expect(stdout).toMatch(/tool {4}weather\(\{"city":"Lisbon"\}\) = It is sunny in Lisbon, 21 degrees\./)
  expect(stdout).toMatch(/caller {2}cuts in after \d+ ms/)
  expect(stdout).toMatch(/^to the service (0\.99\d\d|1\.0000)( {2}(0\.99\d\d|1\.0000)){3} /m)
  expect(stdout).toMatch(/^echoed {9}(0\.9[89]\d\d|1\.0000) {2}(0\.9[89]\d\d|1\.0000) {2}\(cut off\) /m)
  expect(stdout).toMatch(/^key {12}5$/m)
  expect(stdout).toMatch(/^end {12}ended by the api$/m)
}, 270_000)
