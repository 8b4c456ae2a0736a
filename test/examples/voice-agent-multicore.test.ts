import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('voice-agent-multicore: calls are answered by all processes', { retry: 2, timeout: 60_000 }, async () => {
  const { OPENAI_API_KEY: _, ...env } = process.env
  const { code, stdout } = await new Promise<{ code: number | null; stdout: string }>((resolve) => {
    const program = join(root, 'examples/voice-agent-multicore/main.ts')
    const options = { cwd: root, env, timeout: 50_000 }
    const child = execFile(join(root, 'node_modules/.bin/tsx'), [program], options, (_error, stdout) =>
      resolve({ code: child.exitCode, stdout }),
    )
  })
  expect(stdout).toMatch(/^4 calls were greeted by 2 processes: \d and \d\n$/)
  expect(code).toBe(0)
})
