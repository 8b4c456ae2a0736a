import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('test-bench: holds a spoken call, and reports where a changed agent departs from its recording', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('the emulator recognized: What is the weather in Oslo?')
  expect(stdout).toMatch(/^caller: Thank you, goodbye\. \(interrupts\) answered after \d+ ms$/m)
  expect(stdout).toContain('the same agent: 0 departures')
  expect(stdout).toMatch(/item\.output is \{"city":"Oslo","sky":"sun"\} instead of \{"city":"Oslo","sky":"rain"\}/)
}, 180_000)

function run(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  const program = join(root, 'examples/test-bench/main.ts')
  return new Promise((resolve) => {
    const options = { cwd: root, env, timeout: 120_000 }
    const child = execFile(join(root, 'node_modules/.bin/tsx'), [program], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}
