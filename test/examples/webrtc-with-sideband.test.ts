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
      [join(root, 'examples/webrtc-with-sideband/main.ts')],
      { cwd: root, env, timeout: 120_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

it('webrtc-with-sideband: answers a function call, blocks a price, and detects the hang-up', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('monitor  weather({"city":"Lisbon"}) = It is sunny in Lisbon, 21 degrees.')
  expect(stdout).toContain('monitor  prices: explain')
  expect(stdout).toContain('agent    I cannot talk about prices.')
  expect(stdout).toMatch(
    /monitor {2}the caller hung up\nclient {3}heard \d+ ms of the weather, and \d+ ms of the price\n$/,
  )
}, 210_000)
