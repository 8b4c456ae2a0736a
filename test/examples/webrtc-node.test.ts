import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('webrtc-node: receives its own audio as an echo, and exits', { timeout: 180_000 }, async () => {
  const args = ['--import', 'tsx', 'examples/webrtc-node/main.ts']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 100_000 })
  expect(stdout).toMatch(/call rtc_\w+ is open/)
  expect(stdout).toContain('the server detected speech')
  expect(stdout).toContain('received its own audio, at full level')
})
