import { expect, it } from 'vitest'
import { runExample } from '../support/run-example.js'

it('test-bench: holds a spoken call, and reports where a changed agent departs from its recording', async () => {
  const { code, stdout, stderr } = await run()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(stdout).toContain('the emulator recognized: What is the weather in Oslo?')
  expect(stdout).toMatch(/^caller: Thank you, goodbye\. \(interrupts\) answered after \d+ ms$/m)
  expect(stdout).toContain('the same agent: 0 departures')
  expect(stdout).toMatch(/item\.output is \{"city":"Oslo","sky":"sun"\} instead of \{"city":"Oslo","sky":"rain"\}/)
}, 180_000)

const run = () => runExample('test-bench/main.ts')
