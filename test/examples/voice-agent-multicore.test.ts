import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('voice-agent-multicore: calls are answered by all processes', { retry: 2 }, async () => {
  const { code, stdout } = await runExample('voice-agent-multicore/main.ts', [], { timeoutMs: 50_000 })
  expect(stdout).toMatch(/^4 calls were greeted by 2 processes: \d and \d\n$/)
  expect(code).toBe(0)
})
