import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('guardrails: blocks a response and deletes a turn of the caller', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    'caller   what does the large one cost',
    'agent    Let me look it up for you.',
    'blocked  prices: "90 dollars" was not heard',
    'agent    I cannot talk about prices, but I can put you through.',
    'caller   (taken out: card numbers)',
    'agent    Please do not tell me your card number.',
  ])
}, 180_000)

function run(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { OPENAI_API_KEY: _, ...env } = process.env
  return new Promise((resolve) => {
    const child = execFile(
      join(root, 'node_modules/.bin/tsx'),
      [join(root, 'examples/guardrails/main.ts')],
      { cwd: root, env, timeout: 120_000 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}
