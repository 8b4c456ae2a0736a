import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('recording: writes and reads a log without text, audio, and keys', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+ ms local \{"type":"recording","startedAt":"/)
  expect(stdout).toContain('1 response.done')
  expect(stdout).toMatch(/^\d+ response\.output_audio\.delta$/m)
  expect(stdout).toContain('neither words nor keys are in it')
}, 180_000)

function run(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  const program = join(root, 'examples/recording/main.ts')
  return new Promise((resolve) => {
    const options = { cwd: root, env, timeout: 120_000 }
    const child = execFile(join(root, 'node_modules/.bin/tsx'), [program], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}
