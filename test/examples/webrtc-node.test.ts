import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('the example of a call from Node.js hears its own words and ends by itself', { timeout: 180_000 }, async () => {
  const args = ['--import', 'tsx', 'examples/webrtc-node/main.ts']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 100_000 })
  expect(stdout).toMatch(/call rtc_\w+ is open/)
  expect(stdout).toContain('the server hears a voice')
  expect(stdout).toContain('the answer was heard, as loud as it was said')
})
