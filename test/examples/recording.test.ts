import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('recording: writes and reads a log without text, audio, and keys', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+ ms local \{"type":"recording","startedAt":"/)
  expect(stdout).toContain('1 response.done')
  expect(stdout).toMatch(/^\d+ response\.output_audio\.delta$/m)
  expect(stdout).toContain('neither words nor keys are in it')
}, 180_000)

const run = () => runExample('recording/main.ts')
