import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('webrtc-node: receives its own audio as an echo, and exits', { timeout: 180_000 }, async () => {
  const { code, stdout } = await runExample('webrtc-node/main.ts', [], { timeoutMs: 100_000 })
  expect(code).toBe(0)
  expect(stdout).toMatch(/call rtc_\w+ is open/)
  expect(stdout).toContain('the server detected speech')
  expect(stdout).toContain('received its own audio, at full level')
})
